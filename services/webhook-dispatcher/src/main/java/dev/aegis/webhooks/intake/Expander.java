package dev.aegis.webhooks.intake;

import dev.aegis.bus.FanOut;
import dev.aegis.bus.TopicRecord;
import dev.aegis.events.Envelope;
import dev.aegis.events.MalformedEvent;
import dev.aegis.events.TenantEvent;
import dev.aegis.model.Ids;
import dev.aegis.tracing.TraceContext;
import dev.aegis.webhooks.delivery.Delivery;
import dev.aegis.webhooks.delivery.DeliveryKey;
import dev.aegis.webhooks.delivery.StoredDelivery;
import dev.aegis.webhooks.subscription.EndpointKey;
import dev.aegis.webhooks.subscription.Subscriptions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes of an event one delivery for each endpoint of its tenant that wants its type.
 *
 * <p>The delivery's id is the event's, so an event that its publisher sent twice is one delivery.
 */
public final class Expander implements FanOut.Expansion {
  private final Subscriptions subscriptions;
  private final InstantSource clock;

  /**
   * @param subscriptions who wants what
   * @param clock tells when a delivery was made
   */
  public Expander(Subscriptions subscriptions, InstantSource clock) {
    this.subscriptions = subscriptions;
    this.clock = clock;
  }

  @Override
  public List<TopicRecord> of(Envelope envelope, byte[] data) throws MalformedEvent {
    if (!TenantEvent.readable(envelope.type()) || !Ids.isTenant(envelope.tenant())) {
      return List.of();
    }
    if (!Ids.isObject(envelope.id())) {
      // It becomes a key, a part of a URL and a header of the call.
      throw new MalformedEvent("the event's id is not " + Ids.OBJECT_RULE);
    }
    TenantEvent event = TenantEvent.parse(envelope, data);
    long revision = subscriptions.revision();
    List<EndpointKey> endpoints = subscriptions.wanting(event.tenant(), event.type());
    if (endpoints.isEmpty()) {
      return List.of();
    }
    byte[] body = Message.of(event);
    TraceContext at = TraceContext.parse(envelope.traceparent());
    List<TopicRecord> records = new ArrayList<>();
    for (EndpointKey endpoint : endpoints) {
      Delivery delivery =
          Delivery.fresh(
              new DeliveryKey(endpoint, envelope.id()),
              envelope.id(),
              event.type(),
              clock.instant(),
              revision,
              at == null ? null : at.text());
      records.add(new StoredDelivery(delivery, body).toRecord());
    }
    return records;
  }
}
