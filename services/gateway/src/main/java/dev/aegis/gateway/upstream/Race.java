package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An attempt and, when it has no reply in time, a second one to another target, the hedge: the
 * first good reply wins (Dean and Barroso, "The Tail at Scale").
 *
 * <p>The first attempt stays on the request's own thread, and only a timer runs beside it; the
 * hedge's thread is started when it is needed. When the hedge wins, it ends the first attempt,
 * which wakes the request's thread, and that passes the hedge's reply on: the caller's side is used
 * by one thread only. Its lock is held for a few steps, never while anybody waits for a target.
 */
final class Race implements Attempt.Interims, AutoCloseable {
  private final Attempts attempts;
  private final Relay relay;
  private final Outbound outbound;
  private final Message message;
  private final Attempt first;
  private final CountDownLatch hedgeOver = new CountDownLatch(1);
  // Guarded by this.
  private boolean closed;
  private @Nullable Attempt winner;
  private @Nullable Failed hedgeFailed;
  private boolean handedOver;
  private volatile @Nullable Attempt hedge;
  private volatile boolean gone;

  Race(Attempts attempts, Relay relay, Outbound outbound, Message message, Attempt first) {
    this.attempts = attempts;
    this.relay = relay;
    this.outbound = outbound;
    this.message = message;
    this.first = first;
  }

  /**
   * Runs it, blocking until a reply's head has come.
   *
   * @param delay after which the hedge begins
   * @return whose reply is to be answered: one that should be tried again only if both are so
   * @throws Failed when all that were made have failed
   */
  Attempt run(Duration delay) throws Failed {
    Failed why = null;
    Future<?> timer =
        ForkJoinPool.commonPool().schedule(this::late, delay.toNanos(), TimeUnit.NANOSECONDS);
    try {
      outbound.whenGone(this::gone, false);
      attempts.open(first, true);
      relay.ask(first, message, this);
    } catch (Failed e) {
      why = e;
    } catch (RuntimeException e) {
      gone();
      throw e;
    } finally {
      timer.cancel(false);
    }
    return decided(why);
  }

  /** The hedge, null if there is none. */
  @Nullable Attempt hedge() {
    return hedge;
  }

  /**
   * An interim reply of the first: it goes on, and there is no hedge, unless it is there already.
   */
  @Override
  public void came(ResponseHead head) throws IOException {
    synchronized (this) {
      if (hedge != null) {
        return;
      }
      closed = true;
    }
    relay.interims().came(head);
  }

  /** The caller is gone, and nobody waits for either. */
  private void gone() {
    gone = true;
    first.cancel();
    Attempt other = hedge;
    if (other != null) {
      other.cancel();
    }
  }

  private void late() {
    Thread.ofVirtual().name("hedge").start(this::runHedge);
  }

  private void runHedge() {
    Attempt second = begun();
    if (second == null) {
      return;
    }
    if (gone) {
      second.cancel(); // it came before there was anybody to be told
    }
    Failed why = new Failed(Fault.UPSTREAM_FAILED, "a bug");
    try {
      attempts.open(second, true);
      second.send(message);
      second.await(head -> {}); // nobody gets its interim replies
      why = null;
    } catch (Failed e) {
      why = e;
    } catch (IOException e) {
      why = second.failed(Failed.of(e));
    } catch (BadMessage e) {
      why = second.failed(Failed.ofReply(e));
    } finally {
      over(second, why);
    }
  }

  /** Decides whether there is a hedge: from here on the first waits for what comes of it. */
  private synchronized @Nullable Attempt begun() {
    if (!closed) {
      closed = true;
      hedge = attempts.hedge(first.target());
      return hedge;
    }
    return null;
  }

  /** The hedge has its reply's head or has failed: its own thread is through. */
  private void over(Attempt second, @Nullable Failed why) {
    boolean wins;
    boolean taken;
    synchronized (this) {
      taken = why == null && winner == null;
      wins = taken && !attempts.drops(second.status());
      if (wins) {
        winner = second;
      }
      handedOver = taken;
      hedgeFailed = why;
    }
    hedgeOver.countDown();
    if (wins) {
      first.cancel();
    }
    if (!taken) {
      second.close();
      second.end();
    }
  }

  /** What comes of it now that the first has its reply's head or has failed. */
  private Attempt decided(@Nullable Failed why) throws Failed {
    boolean good = why == null && !attempts.drops(first.status());
    Attempt other;
    boolean won;
    synchronized (this) {
      closed = true;
      other = hedge;
      won = winner == null && good;
      if (won) {
        winner = first;
      }
    }
    if (won || other == null) {
      if (other != null) {
        other.cancel();
      }
      return had(first, why);
    }
    awaitHedge(other);
    Failed otherWhy;
    synchronized (this) {
      won = winner == other;
      otherWhy = hedgeFailed;
    }
    relay.heard(other);
    if (won) {
      if (why == null) {
        first.close();
        first.says(good ? Standing.UNKNOWN : Standing.of(first.status()));
      }
      return other;
    }
    if (why == null && otherWhy == null) {
      other.close();
      other.says(Standing.of(other.status()));
    }
    // Neither is good: a reply that would rather be tried again is better than none.
    return why == null ? first : otherWhy == null ? other : had(first, worse(why, otherWhy));
  }

  private Attempt had(Attempt attempt, @Nullable Failed why) throws Failed {
    if (why != null) {
      throw gone ? new Failed(Fault.CALLER_GONE, "gone") : why;
    }
    return attempt;
  }

  /** The one after which there may be no other attempt. */
  private static Failed worse(Failed one, Failed other) {
    return other.fault() == Fault.UPSTREAM_TIMEOUT ? other : one;
  }

  /** Waits as long as the bounds of the hedge let it take. */
  private void awaitHedge(Attempt other) {
    boolean interrupted = false;
    while (true) {
      try {
        hedgeOver.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        other.cancel();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the hedge, if it is not ended by its own thread. */
  @Override
  public void close() {
    Attempt other;
    boolean mine;
    synchronized (this) {
      closed = true;
      if (winner == null) {
        winner = first; // nobody takes the hedge's reply any more
      }
      other = hedge;
      mine = handedOver;
    }
    if (other != null && mine) {
      other.end();
    } else if (other != null) {
      other.cancel();
    }
  }
}
