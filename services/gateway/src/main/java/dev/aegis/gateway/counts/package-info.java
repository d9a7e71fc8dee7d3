/** How often something ended in each of the ways there are. */
package dev.aegis.gateway.counts;
