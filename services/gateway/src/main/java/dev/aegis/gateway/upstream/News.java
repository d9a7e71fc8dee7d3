package dev.aegis.gateway.upstream;

import dev.aegis.events.UpstreamEvent;
import dev.aegis.events.UpstreamEvent.CircuitTurned;
import dev.aegis.events.UpstreamEvent.Reason;
import dev.aegis.events.UpstreamEvent.TargetTurned;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Tells of what becomes of one upstream, at the moment when it does. */
final class News {
  private final String tenant;
  private final String upstream;
  private final Consumer<UpstreamEvent> listener;
  private final InstantSource clock;

  /**
   * @param listener called on the threads of requests, and under locks: must not wait
   */
  News(String tenant, String upstream, Consumer<UpstreamEvent> listener, InstantSource clock) {
    this.tenant = tenant;
    this.upstream = upstream;
    this.listener = listener;
    this.clock = clock;
  }

  void target(Target target, Reason reason, boolean healthy) {
    listener.accept(
        new TargetTurned(tenant, upstream, target.authority(), reason, healthy, clock.instant()));
  }

  void circuit(boolean open) {
    listener.accept(new CircuitTurned(tenant, upstream, open, clock.instant()));
  }
}
