package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ResponseHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to one target. One request at a time; closed, never reused, after any
 * doubt about where a reply ended.
 */
final class Connection extends Deadlines.Wait implements AutoCloseable {
  private static final int BUFFER = 16 * 1024;
  private static final long MAX_IDLE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long FRESH_NANOS = Duration.ofMillis(500).toNanos();

  private final Wire wire;
  private final Deadlines deadlines;
  private final Target target;
  private final @Nullable TargetTls tls;
  final ResponseHead head = new ResponseHead();
  final Input input = new WireInput();
  final Output output = new WireOutput();
  private long bound = Duration.ofSeconds(60).toNanos();
  private long reply = bound;
  private boolean bounded;
  private long end;
  private long restingSince;
  private boolean reused;
  private final Deadlines.Wait writing = new Writing();
  // Guarded by this: whether the wait for the target's bytes is on, and whether it may be.
  private boolean reading;
  private boolean sending;

  private Connection(Wire wire, Target target, @Nullable TargetTls tls, Deadlines deadlines) {
    this.wire = wire;
    this.target = target;
    this.tls = tls;
    this.deadlines = deadlines;
    deadlines.add(this);
    deadlines.add(writing);
  }

  /** Connects to a target. */
  @SuppressWarnings("MustBeClosedChecker")
  static Connection open(Target target, Duration timeout, Deadlines deadlines) throws IOException {
    TargetTls tls = target.tls(); // before connecting: if it changes meanwhile, it is not kept
    return new Connection(Wire.open(target, timeout, List.of(), deadlines), target, tls, deadlines);
  }

  Target target() {
    return target;
  }

  /** How the target was spoken to over TLS when it was made, null when it was not. */
  @Nullable TargetTls tls() {
    return tls;
  }

  /**
   * The request is on its way by another thread: until {@link #sent}, the target owes no reply, and
   * waiting for one has no bound but the caller's.
   */
  synchronized void sending() {
    sending = true;
  }

  /** The request is through, or will not be: from now on the target is waited for. */
  synchronized void sent() {
    sending = false;
    if (reading) {
      deadlines.until(this, soonest(reply));
    }
  }

  private synchronized void beginReading() {
    reading = true;
    if (!sending) {
      deadlines.until(this, soonest(reply));
    } else if (bounded) {
      deadlines.until(this, end);
    }
  }

  private synchronized void endReading() {
    reading = false;
    deadlines.end(this);
  }

  /**
   * How long each wait for the target may take from now on.
   *
   * @param idle any wait
   * @param head a wait for bytes until {@link #headRead}, zero for no other bound
   */
  void bound(Duration idle, Duration head) {
    bound = idle.toNanos();
    reply = head.isZero() ? bound : Math.min(bound, head.toNanos());
    bounded = false;
  }

  /** No wait may last beyond this point on the monotonic clock. */
  synchronized void end(long nanoTime) {
    bounded = true;
    end = nanoTime;
  }

  /**
   * The reply's head is there: what follows has its own bounds.
   *
   * @param until no wait may last beyond it; only with {@code still}
   * @param still whether there is such a bound
   */
  synchronized void headRead(boolean still, long until) {
    reply = bound;
    bounded = still;
    end = until;
  }

  private long soonest(long wait) {
    long until = System.nanoTime() + wait;
    return bounded && end - until < 0 ? end : until;
  }

  /** Whether it has carried a request before, so that the target may have closed it meanwhile. */
  boolean reused() {
    return reused;
  }

  void rest() {
    restingSince = System.nanoTime();
    reused = true;
  }

  boolean stale() {
    return System.nanoTime() - restingSince > MAX_IDLE_NANOS;
  }

  /**
   * Whether the target has neither closed it nor said anything unasked, which would be taken for
   * the reply to the next request. Asks whether it is closed only when it has rested for a while.
   */
  boolean usable() {
    long rested = System.nanoTime() - restingSince;
    return rested <= MAX_IDLE_NANOS && wire.usable(rested >= FRESH_NANOS);
  }

  /** Sends bytes. */
  void send(byte[] bytes, int from, int length) throws LegFailure {
    ByteBuffer view = ByteBuffer.wrap(bytes, from, length);
    deadlines.until(writing, soonest(bound));
    try {
      wire.write(view);
    } catch (IOException e) {
      throw new LegFailure(LegFailure.Leg.UPSTREAM, late(), e);
    } finally {
      deadlines.end(writing);
    }
  }

  /** Whether it was closed because the target took too long, to read or to answer. */
  private boolean late() {
    return expired() || writing.expired();
  }

  /** Lets {@code wait} have an end of its own beside those of single waits for the target. */
  void watch(Deadlines.Wait wait) {
    deadlines.add(wait);
    stir(wait);
  }

  /** Something was said: {@code wait} begins anew. */
  void stir(Deadlines.Wait wait) {
    deadlines.until(wait, System.nanoTime() + bound);
  }

  void unwatch(Deadlines.Wait wait) {
    deadlines.remove(wait);
  }

  /** Tells the target that nothing more follows. */
  void endSending() throws IOException {
    wire.endSending();
  }

  @Override
  protected void expire() {
    close();
  }

  @Override
  public void close() {
    deadlines.remove(this);
    deadlines.remove(writing);
    wire.close();
  }

  private final class Writing extends Deadlines.Wait {
    @Override
    protected void expire() {
      close();
    }
  }

  private final class WireInput extends Input {
    private ByteBuffer view;

    WireInput() {
      super(new byte[BUFFER]);
      view = ByteBuffer.wrap(bytes);
    }

    @Override
    protected boolean fill() throws IOException {
      if (at == end) {
        at = 0;
        end = 0;
      } else if (end == bytes.length) {
        int held = end - at;
        if (at > 0) {
          System.arraycopy(bytes, at, bytes, 0, held);
        } else {
          bytes = Arrays.copyOf(bytes, bytes.length * 2);
          view = ByteBuffer.wrap(bytes);
        }
        at = 0;
        end = held;
      }
      view.limit(bytes.length).position(end);
      beginReading();
      int read;
      try {
        read = wire.read(view);
      } catch (IOException e) {
        throw new LegFailure(LegFailure.Leg.UPSTREAM, late(), e);
      } finally {
        endReading();
      }
      if (read <= 0) {
        return false;
      }
      end += read;
      return true;
    }
  }

  private final class WireOutput extends Output {
    WireOutput() {
      super(1024, BUFFER);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws IOException {
      Connection.this.send(bytes, from, length);
    }
  }
}
