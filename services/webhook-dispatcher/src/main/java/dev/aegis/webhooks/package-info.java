/** The service that delivers tenants' events to the endpoints they registered. */
package dev.aegis.webhooks;
