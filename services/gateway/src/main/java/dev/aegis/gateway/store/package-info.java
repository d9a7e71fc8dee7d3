/** What gateways keep in Redis together: an index that may be away or lost, never the truth. */
package dev.aegis.gateway.store;
