/** From one event to a delivery for each endpoint that wants it. */
package dev.aegis.webhooks.intake;
