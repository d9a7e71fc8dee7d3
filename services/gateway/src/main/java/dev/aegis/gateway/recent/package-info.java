/** The last lines of the access log, kept in memory for the admin service to look through. */
package dev.aegis.gateway.recent;
