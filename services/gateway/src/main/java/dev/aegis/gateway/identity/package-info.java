/** Who a request comes from: tokens checked by the rules of their issuer, never by their own. */
package dev.aegis.gateway.identity;
