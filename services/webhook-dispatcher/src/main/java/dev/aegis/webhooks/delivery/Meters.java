package dev.aegis.webhooks.delivery;

import java.time.Duration;

/** Counts what the dispatcher does. */
public interface Meters {
  /** A delivery came to its end. */
  void finished(Delivery.State outcome);

  /** A call was made and took this long. */
  void called(Duration latency);
}
