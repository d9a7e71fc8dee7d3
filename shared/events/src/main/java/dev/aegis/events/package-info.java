/**
 * Events as they stand on Kafka: the CloudEvents envelope, one record per type of data, and the
 * JSON Schema of each.
 */
package dev.aegis.events;
