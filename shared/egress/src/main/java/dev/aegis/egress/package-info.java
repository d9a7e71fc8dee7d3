/** Calls to the outside: which addresses may be called, and one bounded HTTP exchange with them. */
package dev.aegis.egress;
