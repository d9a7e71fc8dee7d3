/** The proxy that stands in front of every tenant's backends. */
package dev.aegis.gateway;
