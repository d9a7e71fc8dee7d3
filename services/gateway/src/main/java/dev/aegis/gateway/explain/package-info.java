/** Says what would become of a request, for operators. */
package dev.aegis.gateway.explain;
