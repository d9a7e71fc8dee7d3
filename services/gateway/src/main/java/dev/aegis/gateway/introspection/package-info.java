/** Issuers that are asked about tokens which only they can read (RFC 7662). */
package dev.aegis.gateway.introspection;
