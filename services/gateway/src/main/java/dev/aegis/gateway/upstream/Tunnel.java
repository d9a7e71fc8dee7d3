package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.Output;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Bytes both ways once a target has switched protocols, each passed on as it comes. Ends when the
 * target ends, when either leg breaks, or when neither side has said anything for the upstream's
 * idle bound; a caller that ends only its own direction still gets what the target has to say.
 *
 * <p>When the gateway is about to stop, both sides are told by a close frame that it goes away (RFC
 * 6455 section 7.4.1), each as soon as no frame is under way to it; what follows is dropped, and
 * the tunnel ends when both have answered.
 *
 * <p>However it ends, both connections are closed: HTTP is over on them.
 */
final class Tunnel extends Deadlines.Wait {
  private static final byte FINAL_CLOSE = (byte) 0x88;
  private static final int MASKED = 0x80;
  private static final int MASK_BYTES = 4;

  /** Status 1001, "going away". */
  private static final byte[] GOING_AWAY = {1001 >> 8, (byte) 1001};

  private final Connection connection;
  private final Outbound.Beyond beyond;
  private final Way in;
  private final Way out;
  private volatile boolean leaving;

  Tunnel(Connection connection, Outbound.Beyond beyond, Output caller) {
    this.connection = connection;
    this.beyond = beyond;
    // What goes to the target is masked, what goes to the caller never (RFC 6455 section 5.1).
    this.in = new Way(connection.output, true);
    this.out = new Way(caller, false);
  }

  /** Bytes from the caller so far. */
  long bytesIn() {
    return in.passed.get();
  }

  /** Bytes from the target so far. */
  long bytesOut() {
    return out.passed.get();
  }

  /** Passes bytes on until it is over, blocking. */
  void run() {
    Input input = beyond.input();
    connection.sending(); // the target owes no reply any more, so only this object bounds its waits
    connection.watch(this);
    Thread thread = Thread.ofVirtual().name("tunnel").start(() -> fromCaller(input));
    beyond.whenLeaving(this::leave);
    try {
      out.run(connection.input());
      if (leaving && !in.closed() && !out.broken()) {
        join(thread); // the caller is told, and may answer
      }
    } catch (IOException e) {
      // Either side broke it off, or both were silent for too long: that is how tunnels end.
    } finally {
      beyond.forgetLeaving();
      connection.unwatch(this);
      close();
      join(thread);
    }
  }

  private void fromCaller(Input input) {
    try {
      if (in.run(input)) {
        connection.endSending();
      } else if (out.closed()) {
        connection.close(); // both have said goodbye, and nothing more is waited for
      }
    } catch (IOException e) {
      connection.close(); // wakes the other thread, which ends the tunnel
    }
  }

  /** Neither side may keep the other, or whoever calls this, from being told. */
  private void leave() {
    leaving = true;
    Thread.ofVirtual().name("leave").start(out::leave);
    Thread.ofVirtual().name("leave").start(in::leave);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void close() {
    connection.close();
    beyond.close();
  }

  @Override
  protected void expire() {
    close();
  }

  /** Who may write to one side, settled between the thread that passes bytes on and the leaving. */
  private enum Turn {
    /** No frame is under way: whoever comes first. */
    BETWEEN,
    /** The thread that passes bytes on. */
    PASSING,
    /** The same, which says goodbye at the end of the frame. */
    LEAVING,
    /** Nobody any more: goodbye was said. */
    LEFT,
    /** The thread that passes bytes on; the other side has said goodbye. */
    CLOSED
  }

  /** One direction. */
  private final class Way implements Input.Passage {
    private final Output to;
    private final boolean masks;
    private final FrameEnds frames = new FrameEnds();
    private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.BETWEEN);
    private final AtomicLong passed = new AtomicLong();
    private boolean cut;

    Way(Output to, boolean masks) {
      this.to = to;
      this.masks = masks;
    }

    /** Whether a frame has begun and not ended, so that nothing else can be said. */
    boolean broken() {
      Turn now = turn.get();
      return now == Turn.PASSING || now == Turn.LEAVING;
    }

    /** Whether the side that speaks has said goodbye by itself. */
    boolean closed() {
      return turn.get() == Turn.CLOSED;
    }

    /**
     * Passes bytes on until there are no more, or the speaking side has said goodbye while leaving.
     *
     * @return whether there are no more
     */
    boolean run(Input from) throws IOException {
      while (!leaving || !frames.closed()) {
        int count = from.relay(to, this);
        if (count < 0) {
          return true;
        }
        passed.addAndGet(count);
        settle();
        connection.stir(Tunnel.this);
      }
      return false;
    }

    /** The rest of a frame that has begun goes on; what comes behind a goodbye does not. */
    @Override
    public int pass(byte[] bytes, int from, int to) {
      Turn now = turn.compareAndExchange(Turn.BETWEEN, Turn.PASSING);
      int end = now == Turn.LEFT ? from : to;
      for (int at = from; at < to; ) {
        at = frames.next(bytes, at, to);
        if (now == Turn.LEAVING && frames.between()) {
          now = Turn.LEFT; // once settled
          cut = !frames.closed();
          end = at;
        }
      }
      return end;
    }

    /** What has arrived was sent. */
    private void settle() throws IOException {
      if (cut) {
        cut = false;
        turn.set(Turn.LEFT);
        goodbye();
      } else if (frames.closed()) {
        if (turn.get() != Turn.LEFT) {
          turn.set(Turn.CLOSED);
        }
      } else if (frames.between()
          && turn.compareAndExchange(Turn.PASSING, Turn.BETWEEN) == Turn.LEAVING) {
        turn.set(Turn.LEFT);
        goodbye();
      }
    }

    void leave() {
      while (true) {
        if (turn.compareAndSet(Turn.BETWEEN, Turn.LEFT)) {
          try {
            goodbye();
          } catch (IOException e) {
            // This side is gone, and the thread that passes bytes on finds out by itself.
          }
          return;
        }
        if (turn.compareAndSet(Turn.PASSING, Turn.LEAVING) || turn.get() == Turn.CLOSED) {
          return;
        }
      }
    }

    /** RFC 6455 sections 5.2 and 5.5.1. */
    private void goodbye() throws IOException {
      byte[] mask = new byte[masks ? MASK_BYTES : 0];
      new SecureRandom().nextBytes(mask); // section 10.3: not to be foreseen
      byte[] reason = GOING_AWAY.clone();
      for (int i = 0; i < reason.length && masks; i++) {
        reason[i] ^= mask[i];
      }
      to.put(new byte[] {FINAL_CLOSE, (byte) (reason.length | (masks ? MASKED : 0))});
      to.put(mask);
      to.put(reason);
      to.flush();
    }
  }
}
