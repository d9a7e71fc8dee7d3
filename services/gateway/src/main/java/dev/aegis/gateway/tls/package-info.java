/** TLS on the callers' leg: which certificate is shown, and what a handshake may take. */
package dev.aegis.gateway.tls;
