package dev.aegis.events;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * Something that became of a tenant's upstream, as one gateway sees it. Each gateway tells each
 * change once.
 */
public sealed interface UpstreamEvent {
  /** Whose upstream it is. */
  String tenant();

  /** The upstream. */
  String upstreamId();

  /** When it happened. */
  Instant at();

  /** The event as it is published. */
  TenantEvent event();

  /**
   * A target turned bad or good again: the data of {@code upstream.unhealthy} and {@code
   * upstream.recovered}.
   *
   * @param target {@code host:port}
   * @param reason how that was seen
   * @param healthy whether it is good now
   */
  record TargetTurned(
      String tenant, String upstreamId, String target, Reason reason, boolean healthy, Instant at)
      implements UpstreamEvent {
    /** What an endpoint subscribes to for bad news. */
    public static final String UNHEALTHY = "upstream.unhealthy";

    /** What an endpoint subscribes to for good news. */
    public static final String RECOVERED = "upstream.recovered";

    @Override
    public TenantEvent event() {
      ObjectNode data =
          JsonNodeFactory.instance
              .objectNode()
              .put("upstream_id", upstreamId)
              .put("target", target)
              .put("reason", reason.text())
              .put("at", at.toString());
      return new TenantEvent(healthy ? RECOVERED : UNHEALTHY, tenant, at, data);
    }
  }

  /** How the state of a target was seen. */
  enum Reason {
    /** By asking it. */
    HEALTH_CHECK("health_check"),
    /** By how requests to it end. */
    EJECTED("ejected");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** The word on the wire. */
    public String text() {
      return text;
    }
  }

  /**
   * An upstream is not asked any more, or is again: the data of {@code circuit.opened} and {@code
   * circuit.closed}.
   *
   * @param open whether it is not asked
   */
  record CircuitTurned(String tenant, String upstreamId, boolean open, Instant at)
      implements UpstreamEvent {
    /** What an endpoint subscribes to for bad news. */
    public static final String OPENED = "circuit.opened";

    /** What an endpoint subscribes to for good news. */
    public static final String CLOSED = "circuit.closed";

    @Override
    public TenantEvent event() {
      ObjectNode data =
          JsonNodeFactory.instance
              .objectNode()
              .put("upstream_id", upstreamId)
              .put("at", at.toString());
      return new TenantEvent(open ? OPENED : CLOSED, tenant, at, data);
    }
  }
}
