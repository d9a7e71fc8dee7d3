/** What is left behind by each request: a log line, metrics and events, made off its thread. */
package dev.aegis.gateway.telemetry;
