/** The callers' leg over HTTP/1.1: connections in, replies out. */
package dev.aegis.gateway.edge;
