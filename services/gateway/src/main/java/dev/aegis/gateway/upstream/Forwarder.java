package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * Carries one request to a target of its upstream and the reply back.
 *
 * <p>Tried again elsewhere: always when no connection came about; when one broke before the reply,
 * only if the method is idempotent (RFC 9110 section 9.2.2) or the target has said that it did
 * nothing (RFC 9113 section 8.7), and the whole request is still at hand. Further attempts come out
 * of the upstream's budget, so they never multiply its load.
 */
public final class Forwarder {
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
      return Attempts.carry(upstream, outbound, new Relay(outbound, squeezes), deadlines);
    } finally {
      upstream.leave();
    }
  }
}
