/**
 * HTTP/1.1 on both legs of the proxy, strict where an edge must be: heads are parsed once into
 * slices of the bytes they came in, bodies are copied with their framing checked.
 */
package dev.aegis.gateway.http1;
