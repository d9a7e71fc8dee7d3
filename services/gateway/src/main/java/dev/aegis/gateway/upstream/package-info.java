/** Backends: where they are, connections to them, and the exchange of one request with one. */
package dev.aegis.gateway.upstream;
