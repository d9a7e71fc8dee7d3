package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    CircuitBreaker breaker = upstream.breaker();
    return switch (breaker.ask(System.nanoTime())) {
      case CircuitBreaker.Wait(long nanos) ->
          Exchange.refused(Fault.CIRCUIT_OPEN, "", Duration.ofNanos(nanos));
      case CircuitBreaker.Pass pass -> {
        Standing standing = Standing.UNKNOWN;
        try {
          Exchange exchange = carried(upstream, outbound);
          standing = Standing.of(exchange);
          yield exchange;
        } finally {
          breaker.ended(pass, standing, System.nanoTime());
        }
      }
    };
  }

  private Exchange carried(Upstream upstream, Outbound outbound) {
    Relay relay = new Relay(outbound);
    Target target = null;
    int attempts = 0;
    Failed last = new Failed(Fault.NO_TARGET, "there is no target");
    try {
      relay.compose();
    } catch (Failed e) {
      return relay.outcome(e.fault(), e.detail(), null, 0);
    }
    List<Target> unreachable = List.of();
    while (attempts < MAX_ATTEMPTS) {
      Target next = upstream.next(outbound, unreachable, System.nanoTime());
      if (next == null) {
        break;
      }
      target = next;
      attempts++;
      // When one idle connection was stale, so may be all of them: what follows is a new one.
      Connection idle = attempts == 1 ? next.takeIdle() : null;
      Standing standing = Standing.UNKNOWN;
      next.begin();
      try {
        relay.over(connection(idle, next, upstream));
        standing = Standing.of(relay.status());
        return relay.outcome(null, "", next, attempts);
      } catch (IOException e) {
        standing = Standing.BAD;
        last = new Failed(Fault.UPSTREAM_FAILED, "no connection: " + e.getMessage());
      } catch (Failed e) {
        last = e;
        // That an idle connection was stale says nothing of its target.
        boolean stale = idle != null && relay.status() == 0 && e.fault() == Fault.UPSTREAM_FAILED;
        standing = stale ? Standing.UNKNOWN : Standing.of(e.fault());
        boolean again = e.fault() == Fault.UPSTREAM_FAILED && relay.repeatable();
        if (!again || !IDEMPOTENT.contains(outbound.method())) {
          break;
        }
      } finally {
        next.end();
        upstream.ended(next, standing, System.nanoTime());
      }
      if (idle == null) {
        unreachable = plus(unreachable, next);
      }
    }
    return relay.outcome(last.fault(), last.detail(), target, attempts);
  }

  private static List<Target> plus(List<Target> targets, Target one) {
    List<Target> more = new ArrayList<>(targets);
    more.add(one);
    return more;
  }

  private Connection connection(@Nullable Connection idle, Target target, Upstream upstream)
      throws IOException {
    Connection connection =
        idle != null ? idle : Connection.open(target, upstream.timeouts().connect(), deadlines);
    connection.bound(upstream.timeouts().idle());
    return connection;
  }
}
