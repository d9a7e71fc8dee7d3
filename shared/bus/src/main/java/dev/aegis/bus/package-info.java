/**
 * The event bus: the journal's reader and writer, the nodes' board, and the publisher of events
 * with its disk spool. The only module that sees the Kafka client.
 */
package dev.aegis.bus;
