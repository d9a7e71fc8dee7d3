package dev.aegis.webhooks.delivery;

import dev.aegis.webhooks.subscription.EndpointKey;

/**
 * Names a delivery: one event on its way to one endpoint.
 *
 * @param endpoint where to
 * @param id unique within the endpoint; the event's id, so that an event read twice is one delivery
 */
public record DeliveryKey(EndpointKey endpoint, String id) {
  /** The record's key in the topic: {@code tenant/endpoint/id}. */
  @Override
  public String toString() {
    return endpoint + "/" + id;
  }
}
