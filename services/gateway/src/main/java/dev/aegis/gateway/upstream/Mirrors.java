package dev.aegis.gateway.upstream;

import dev.aegis.gateway.counts.Counts;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Http1Reply;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.ResponseHead;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends copies of requests to upstreams whose replies nobody reads. A copy leaves when its request
 * has come to its end, on a thread of its own, and there are never many: what finds no place is
 * dropped and counted, so an upstream that hangs costs no caller anything.
 */
public final class Mirrors {
  /** Copies on their way at once. */
  static final int MOST = 256;

  /** Copies on their way to one upstream at once. */
  static final int MOST_PER_UPSTREAM = 64;

  private static final long MOST_BYTES = 32L << 20;
  private static final long MOST_REPLY_BYTES = 1L << 20;
  private static final long REPLY_NANOS = Duration.ofSeconds(30).toNanos();

  private final Forwarder forwarder;
  private final Semaphore places = new Semaphore(MOST);
  private final AtomicLong held = new AtomicLong();
  private final Counts<Outcome> counts = new Counts<>(Outcome.class);

  /** What became of a copy. */
  public enum Outcome {
    /** It was answered. */
    SENT("sent"),
    /** No target took it, or none answered. */
    FAILED("failed"),
    /** There were too many already. */
    FULL("full"),
    /** Its body is larger than the route copies. */
    TOO_LARGE("too_large");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    /** The value of the label {@code outcome} in metrics. */
    public String label() {
      return label;
    }
  }

  Mirrors(Forwarder forwarder) {
    this.forwarder = forwarder;
  }

  /** How many copies have ended so. */
  public long count(Outcome outcome) {
    return counts.of(outcome);
  }

  /**
   * Begins to copy a request; {@link Copy#close} must follow.
   *
   * @param most bytes of its body
   */
  public Copy copy(Upstream upstream, int most, Body body) {
    Copy copy = new Copy(upstream, most);
    if (body.length() > most) {
      copy.fail(Outcome.TOO_LARGE);
    } else {
      body.copyTo(copy);
    }
    return copy;
  }

  /** One request on its way to being copied. Its body may come on another thread. */
  public final class Copy implements Body.Copy, AutoCloseable {
    private final Upstream upstream;
    private final int most;
    // Guarded by this.
    private byte[] bytes = {};
    private int length;
    private boolean ended;
    private @Nullable Outcome failed;

    private Copy(Upstream upstream, int most) {
      this.upstream = upstream;
      this.most = most;
    }

    @Override
    public synchronized void add(byte[] source, int from, int count) {
      if (ended || failed != null) {
        return;
      }
      if (count > most - length) {
        fail(Outcome.TOO_LARGE);
        return;
      }
      if (length + count > bytes.length) {
        int larger = Math.min(most, Math.max(length + count, 2 * bytes.length));
        if (held.addAndGet(larger - bytes.length) > MOST_BYTES) {
          held.addAndGet(bytes.length - larger);
          fail(Outcome.FULL);
          return;
        }
        bytes = Arrays.copyOf(bytes, larger);
      }
      System.arraycopy(source, from, bytes, length, count);
      length += count;
    }

    private synchronized void fail(Outcome why) {
      failed = why;
      counts.add(why);
      release();
    }

    private void release() {
      held.addAndGet(-bytes.length);
      bytes = new byte[0];
    }

    /** Whether it can be sent, if the body has come to its end and had so many bytes. */
    public synchronized boolean complete(long taken) {
      return failed == null && length == taken;
    }

    /** Length of the body so far. */
    public synchronized int length() {
      return length;
    }

    /**
     * Sends it, once the body has come to its end.
     *
     * @param head request line and header lines, framing included, without the blank line
     */
    public synchronized void send(
        String method, byte[] head, String address, @Nullable String subject) {
      if (ended || failed != null) {
        return;
      }
      if (!upstream.enterMirror(MOST_PER_UPSTREAM)) {
        fail(Outcome.FULL);
        return;
      }
      if (!places.tryAcquire()) {
        upstream.leaveMirror();
        fail(Outcome.FULL);
        return;
      }
      ended = true;
      Body body = Body.stored(Arrays.copyOf(bytes, length));
      Request request =
          new Request(
              method,
              out -> out.put(head),
              address,
              subject,
              body,
              new Http1Reply(new Unread(), true));
      Thread.ofVirtual().name("mirror").start(() -> carry(request));
    }

    private void carry(Request request) {
      Outcome outcome = Outcome.FAILED;
      try {
        Exchange exchange = forwarder.forward(upstream, request);
        outcome = exchange.fault() == null ? Outcome.SENT : Outcome.FAILED;
      } finally {
        counts.add(outcome);
        places.release();
        upstream.leaveMirror();
        synchronized (this) {
          release();
        }
      }
    }

    /** Gives up what was not sent. */
    @Override
    public synchronized void close() {
      if (!ended) {
        ended = true;
        release();
      }
    }
  }

  /** A copy on its way. What ties a request to a target is told as far as it is still known. */
  private record Request(
      String method,
      Consumer<Output> lines,
      String address,
      @Nullable String subject,
      Body body,
      ReplyTo caller)
      implements OwnRequest {
    @Override
    public void head(Output out) {
      lines.accept(out);
    }

    @Override
    public @Nullable String field(String name) {
      return null;
    }

    @Override
    public Duration within() {
      return Duration.ZERO;
    }

    @Override
    public long mostReplyBytes() {
      return MOST_REPLY_BYTES;
    }

    @Override
    public Body.@Nullable Copy replied(ResponseHead head, Body reply) {
      return null;
    }

    @Override
    public boolean awaited() {
      return false;
    }

    @Override
    public void whenGone(Runnable action, boolean bodyIsRead) {
      // Nobody waits for the reply, so nobody can be gone.
    }

    @Override
    public void forgetGone() {
      // The same.
    }

    @Override
    public boolean gone() {
      return false;
    }
  }

  /** Where replies end that nobody reads; one that takes too long is broken off. */
  private static final class Unread extends Output {
    private final long end = System.nanoTime() + REPLY_NANOS;

    Unread() {
      super(1024, 16 * 1024);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws LegFailure {
      if (System.nanoTime() - end > 0) {
        throw new LegFailure(
            LegFailure.Leg.CALLER, true, new IOException("a copy's reply takes too long"));
      }
    }
  }
}
