package dev.aegis.webhooks;

import dev.aegis.chassis.Metrics;
import dev.aegis.webhooks.delivery.Delivery;
import dev.aegis.webhooks.delivery.Meters;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The dispatcher's counters, bound once. */
final class OutcomeMeters implements Meters {
  private final Map<Delivery.State, Metrics.Counter> finished = new EnumMap<>(Delivery.State.class);
  private final Metrics.Histogram calls;

  OutcomeMeters(Metrics metrics) {
    for (Delivery.State state : Delivery.State.values()) {
      if (state != Delivery.State.PENDING) {
        finished.put(
            state,
            metrics.counter(
                "aegis_webhook_deliveries_total",
                "Deliveries that came to their end, by how",
                "outcome",
                state.word()));
      }
    }
    calls =
        metrics.histogram(
            "aegis_webhook_delivery_seconds",
            "Time of a call to a receiver, until its reply or its failure",
            Metrics.durations());
  }

  @Override
  public void finished(Delivery.State outcome) {
    Metrics.Counter counter = finished.get(outcome);
    if (counter != null) {
      counter.add();
    }
  }

  @Override
  public void called(Duration latency) {
    calls.record(latency.toNanos());
  }
}
