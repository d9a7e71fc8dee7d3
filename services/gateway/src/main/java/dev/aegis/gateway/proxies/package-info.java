/** What stands in front of the gateway, and what it may say about callers. */
package dev.aegis.gateway.proxies;
