package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.BrokenBody;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.Transformed;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Brings a streamed body to the target on a virtual thread of its own, while another reads the
 * reply. When the target does not want it any more, the rest is read and dropped, so that the
 * caller gets to see the reply.
 */
final class Pump implements Exchange.Rest {
  private final Body body;
  private final TargetLeg leg;
  private final Thread thread;
  private volatile boolean dropping;
  private volatile boolean sentAll;
  private volatile @Nullable Failed failed;

  Pump(Body body, TargetLeg leg) {
    this.body = body;
    this.leg = leg;
    this.thread = Thread.ofVirtual().name("body").start(this::run);
  }

  /** The target gets no more of it. */
  void abandon() {
    dropping = true;
  }

  /** Whether the target got all of it. */
  boolean sentAll() {
    return sentAll;
  }

  /** What the caller did wrong with the body, or null. */
  @Nullable Failed failed() {
    return failed;
  }

  @Override
  public boolean settle(Duration bound) {
    try {
      return thread.join(bound) && failed == null && body.done();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run() {
    try {
      Output out = new Droppable();
      body.relay(out, body.length() < 0 && leg.chunks());
      out.flush();
      endUnlessDropping();
      sentAll = !dropping;
    } catch (LegFailure e) {
      fail(new Failed(Fault.of(e), "in its body"));
    } catch (BadMessage e) {
      fail(Failed.of(e));
    } catch (BrokenBody e) {
      fail(Failed.of(e.why()));
    } catch (Transformed.Stopped e) {
      fail(new Failed(Fault.PLUGIN_FAILED, "a plugin stopped its body"));
    } catch (IOException e) {
      fail(new Failed(Fault.CALLER_GONE, "in its body"));
    } finally {
      leg.sent();
    }
  }

  private void endUnlessDropping() {
    if (!dropping) {
      try {
        leg.endBody(body.trailer());
      } catch (IOException e) {
        dropping = true; // the reader of the reply will see why
      }
    }
  }

  private void fail(Failed failure) {
    failed = failure;
    leg.close(); // wakes the thread that waits for the reply
  }

  private final class Droppable extends Output {
    Droppable() {
      super(1024, 16 * 1024);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) {
      if (dropping) {
        return;
      }
      try {
        leg.send(bytes, from, length);
      } catch (IOException e) {
        dropping = true; // the reader of the reply will see why
        leg.sent();
      }
    }
  }
}
