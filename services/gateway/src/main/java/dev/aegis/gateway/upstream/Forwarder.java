package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.util.Set;

/**
 * Carries one request to a target of its upstream and the reply back.
 *
 * <p>Tried again elsewhere: always when no connection came about; when one broke before the reply,
 * only if the method is idempotent (RFC 9110 section 9.2.2) and the whole request is still at hand.
 */
public final class Forwarder {
  private static final int MAX_ATTEMPTS = 3;
  private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

  private final Deadlines deadlines;

  /** A forwarder whose waits are ended by {@code deadlines}. */
  public Forwarder(Deadlines deadlines) {
    this.deadlines = deadlines;
  }

  /** Forwards to {@code upstream}, blocking until the reply is through. */
  public Exchange forward(Upstream upstream, Outbound outbound) {
    Relay relay = new Relay(outbound);
    Target target = null;
    int attempts = 0;
    Failed last = new Failed(Fault.NO_TARGET, "there is no target");
    try {
      relay.compose();
    } catch (Failed e) {
      return relay.outcome(e.fault(), e.detail(), null, 0);
    }
    while (attempts < MAX_ATTEMPTS) {
      Target next = upstream.next();
      if (next == null) {
        break;
      }
      target = next;
      attempts++;
      try {
        relay.over(connection(next, upstream));
        return relay.outcome(null, "", next, attempts);
      } catch (IOException e) {
        last = new Failed(Fault.UPSTREAM_FAILED, "no connection: " + e.getMessage());
      } catch (Failed e) {
        last = e;
        boolean again = e.fault() == Fault.UPSTREAM_FAILED && relay.repeatable();
        if (!again || !IDEMPOTENT.contains(outbound.method())) {
          break;
        }
      }
    }
    return relay.outcome(last.fault(), last.detail(), target, attempts);
  }

  private Connection connection(Target target, Upstream upstream) throws IOException {
    Connection idle = target.takeIdle();
    Connection connection =
        idle != null ? idle : Connection.open(target, upstream.timeouts().connect(), deadlines);
    connection.bound(upstream.timeouts().idle());
    return connection;
  }
}
