/** Calls to the other services' own interfaces, on an operator's behalf. */
package dev.aegis.admin.relay;
