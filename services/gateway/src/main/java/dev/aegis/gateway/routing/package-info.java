/** From host, method, path and headers to a tenant's route: tables compiled from definitions. */
package dev.aegis.gateway.routing;
