/** Signatures of requests, by RFC 9421, and digests of their bodies, by RFC 9530. */
package dev.aegis.gateway.signature;
