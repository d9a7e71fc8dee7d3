/** Counts request events into cells with Kafka Streams; the only package that knows Streams. */
package dev.aegis.analytics.ingest;
