/**
 * A real Kafka broker and controller as one small process, for {@code aegis up} and for tests.
 *
 * <p>A process of its own, because the server's libraries have no place on a service's class path.
 */
package dev.aegis.broker;
