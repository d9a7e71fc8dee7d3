/** Replies kept for further callers: the rules of RFC 9111 for a shared cache, and the memory. */
package dev.aegis.gateway.cache;
