/**
 * HTTP/2 on both legs (RFC 9113): connections, their streams, and field blocks (RFC 7541). Heads
 * leave and enter as lines of HTTP/1.1, so that the rest of the gateway knows one form of them.
 */
@org.jspecify.annotations.NullMarked
package dev.aegis.gateway.http2;
