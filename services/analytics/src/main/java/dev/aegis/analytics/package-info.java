/** The service that turns request events into series, top lists and usage. */
package dev.aegis.analytics;
