/** What the gateway says of itself: the revision in force, its findings, its dependencies. */
package dev.aegis.gateway.ops;
