package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.ResponseHead;
import java.io.IOException;
import java.time.Duration;

/**
 * One attempt's way to its target and back, whatever protocol the target speaks, with the bounds on
 * waiting for it. Carries one request at a time.
 */
abstract class TargetLeg extends Deadlines.Wait implements AutoCloseable {
  private final Deadlines deadlines;
  private final Target target;
  private final Deadlines.Wait writing = new Writing();
  private long bound = Duration.ofSeconds(60).toNanos();
  private long reply = bound;
  private boolean bounded;
  private long end;
  // Guarded by this: whether the wait for the target's bytes is on, and whether it may be.
  private boolean reading;
  private boolean sending;

  /** The reply's head. */
  final ResponseHead head = new ResponseHead();

  TargetLeg(Target target, Deadlines deadlines) {
    this.target = target;
    this.deadlines = deadlines;
    deadlines.add(this);
    deadlines.add(writing);
  }

  /** What the target sends: heads, and behind the last one the body. */
  abstract Input input();

  /**
   * Sends a request's head and what is gathered of its body.
   *
   * @param message lines of HTTP/1.1 with the empty one, and behind them bytes of the body
   * @param headLength bytes of the lines
   * @param length bytes of it all
   * @param last whether this is the whole request
   * @param trailers whether trailer fields are taken
   */
  abstract void begin(byte[] message, int headLength, int length, boolean last, boolean trailers)
      throws IOException;

  /** Sends more of the body. */
  abstract void send(byte[] bytes, int from, int length) throws IOException;

  /** Ends a body that was sent in parts. */
  abstract void endBody(byte[] trailer) throws IOException;

  /** Whether a body of unknown length must come in chunks. */
  abstract boolean chunks();

  /** The version of HTTP in which the target replies. */
  abstract String protocol();

  /**
   * The exchange is over: the way is kept for another one if nothing is in doubt, else closed.
   *
   * @param sent whether the target got the whole request
   * @param body of the reply
   */
  abstract void finish(boolean sent, Body body);

  /** Ends it at once; whoever waits for the target is woken. */
  abstract void cut();

  Target target() {
    return target;
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

  final synchronized void beginReading() {
    reading = true;
    if (!sending) {
      deadlines.until(this, soonest(reply));
    } else if (bounded) {
      deadlines.until(this, end);
    }
  }

  final synchronized void endReading() {
    reading = false;
    deadlines.end(this);
  }

  final void beginWriting() {
    deadlines.until(writing, soonest(bound));
  }

  final void endWriting() {
    deadlines.end(writing);
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

  /** Whether it was closed because the target took too long, to read or to answer. */
  final boolean late() {
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

  @Override
  protected void expire() {
    close();
  }

  @Override
  public final void close() {
    deadlines.remove(this);
    deadlines.remove(writing);
    cut();
  }

  private final class Writing extends Deadlines.Wait {
    @Override
    protected void expire() {
      close();
    }
  }
}
