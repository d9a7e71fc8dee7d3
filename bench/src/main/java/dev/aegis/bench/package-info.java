/** How much processor time a request costs, always beside a bare nginx in the same run. */
package dev.aegis.bench;
