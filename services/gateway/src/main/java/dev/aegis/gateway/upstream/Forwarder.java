package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;
import dev.aegis.journal.UpstreamDefinition.Bounds;
import dev.aegis.journal.UpstreamDefinition.Retries;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Carries one request to a target of its upstream and the reply back.
 *
 * <p>Tried again elsewhere: always when no connection came about; when one broke before the reply,
 * only if the method is idempotent (RFC 9110 section 9.2.2) or the target has said that it did
 * nothing (RFC 9113 section 8.7), and the whole request is still at hand. Further attempts come out
 * of the upstream's budget, so they never multiply its load.
 */
public final class Forwarder {
  private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

  /** Replies that are compressed at once; each holds about 270 kB outside the heap. */
  static final int MOST_SQUEEZES = 256;

  private final Semaphore squeezes = new Semaphore(MOST_SQUEEZES);
  private final Deadlines deadlines;
  private final Mirrors mirrors = new Mirrors(this);

  /** A forwarder whose waits are ended by {@code deadlines}. */
  public Forwarder(Deadlines deadlines) {
    this.deadlines = deadlines;
  }

  /** Sends copies of requests. */
  public Mirrors mirrors() {
    return mirrors;
  }

  /**
   * Gives the caller a reply that is there already.
   *
   * @param message head and body, as they came over HTTP/1.1
   * @param notModified whether the caller has it, and needs to be told no more
   */
  public Exchange give(Outbound outbound, byte[] message, boolean notModified) {
    return new Relay(outbound, squeezes).give(message, notModified);
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
          Exchange exchange = entered(upstream, outbound);
          standing = Standing.of(exchange);
          yield exchange;
        } finally {
          breaker.ended(pass, standing, System.nanoTime());
        }
      }
    };
  }

  private Exchange entered(Upstream upstream, Outbound outbound) {
    if (!upstream.enter()) {
      return Exchange.refused(Fault.OVERLOADED, "", Duration.ZERO);
    }
    try {
      return carried(upstream, outbound);
    } finally {
      upstream.leave();
    }
  }

  private Exchange carried(Upstream upstream, Outbound outbound) {
    Relay relay = new Relay(outbound, squeezes);
    try {
      relay.compose();
    } catch (Failed e) {
      return relay.outcome(e.fault(), e.detail(), null, 0);
    }
    Retries rules = upstream.retries();
    Duration whole = upstream.timeouts().request();
    long end = System.nanoTime() + whole.toNanos();
    boolean idempotent = IDEMPOTENT.contains(outbound.method());
    Target target = null;
    int attempts = 0;
    Failed last = new Failed(Fault.NO_TARGET, "there is no target");
    List<Target> unreachable = List.of();
    while (true) {
      Target next = upstream.next(outbound, unreachable, System.nanoTime());
      if (next == null) {
        break;
      }
      Bounds bounds = upstream.bounds();
      long left = whole.isZero() ? Long.MAX_VALUE : end - System.nanoTime();
      long patience = Math.min(upstream.timeouts().connect().toNanos(), left);
      Seats.Answer seat = next.seats().take(bounds, patience);
      if (seat == Seats.Answer.TURNED_AWAY) {
        if (attempts == 0) {
          last = new Failed(Fault.OVERLOADED, "all connections are in use");
        }
        break;
      }
      target = next;
      attempts++;
      boolean more = attempts < rules.attempts();
      // When one idle connection was stale, so may be all of them: what follows is a new one.
      TargetLeg idle = attempts == 1 ? next.take(upstream.protocol(), deadlines) : null;
      boolean stale = false;
      boolean again;
      Standing standing = Standing.UNKNOWN;
      next.begin();
      try {
        TargetLeg leg =
            leg(idle, next, upstream, whole.isZero() ? Long.MAX_VALUE : end - System.nanoTime());
        if (!rules.perTry().isZero() && relay.repeatable()) {
          long tried = System.nanoTime() + rules.perTry().toNanos();
          leg.end(!whole.isZero() && end - tried < 0 ? end : tried);
        } else if (!whole.isZero()) {
          leg.end(end);
        }
        relay.over(
            leg,
            new Relay.Terms(
                !whole.isZero(),
                end,
                status ->
                    more
                        && idempotent
                        && rules.statuses().contains(status)
                        && relay.repeatable()
                        && upstream.budget().take(rules, System.nanoTime())));
        standing = Standing.of(relay.status());
        return relay.outcome(null, "", next, attempts);
      } catch (IOException e) {
        standing = Standing.BAD;
        last = new Failed(Fault.UPSTREAM_FAILED, "no connection: " + e.getMessage());
        again = more && upstream.budget().take(rules, System.nanoTime());
      } catch (Failed e) {
        last = e;
        boolean safe = (idempotent || e.isUntouched()) && relay.repeatable() && more;
        if (e.status() > 0) {
          standing = Standing.of(e.status());
          again = true; // the budget was asked before the reply was dropped
        } else {
          // That an idle connection was stale says nothing of its target, and costs it nothing.
          boolean rested =
              idle != null && relay.status() == 0 && e.fault() == Fault.UPSTREAM_FAILED;
          stale = rested && safe;
          standing = rested ? Standing.UNKNOWN : Standing.of(e.fault());
          boolean given = e.fault() == Fault.UPSTREAM_TIMEOUT && !rules.perTry().isZero();
          again =
              stale
                  || safe
                      && (given || e.fault() == Fault.UPSTREAM_FAILED)
                      && upstream.budget().take(rules, System.nanoTime());
        }
      } finally {
        next.end();
        if (seat == Seats.Answer.SEATED) {
          next.seats().leave(upstream.bounds());
        }
        upstream.ended(next, standing, System.nanoTime());
      }
      if (!again || !whole.isZero() && System.nanoTime() - end >= 0) {
        break;
      }
      if (!stale) {
        unreachable = plus(unreachable, next);
        rest(rules, attempts);
      }
    }
    return relay.outcome(last.fault(), last.detail(), target, attempts);
  }

  /** Up to the back-off, at random, so that requests which failed together do not come together. */
  private static void rest(Retries rules, int attempts) {
    long most = rules.backoff().toNanos() << attempts - 1;
    if (most > 0) {
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
    }
  }

  private static List<Target> plus(List<Target> targets, Target one) {
    List<Target> more = new ArrayList<>(targets);
    more.add(one);
    return more;
  }

  private TargetLeg leg(@Nullable TargetLeg idle, Target target, Upstream upstream, long left)
      throws IOException {
    Duration connect = upstream.timeouts().connect();
    Duration bound =
        connect.toNanos() <= left ? connect : Duration.ofNanos(Math.max(left, 1_000_000));
    TargetLeg leg = idle != null ? idle : target.open(upstream.protocol(), bound, deadlines);
    leg.bound(upstream.timeouts().idle(), upstream.timeouts().firstByte());
    return leg;
  }
}
