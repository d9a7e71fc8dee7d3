package dev.aegis.gateway.http2;

import dev.aegis.gateway.http1.Input;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One request and its reply on a connection that carries many. What the peer sends is an {@link
 * Input}: heads in the form of HTTP/1.1, then the body as it is, then the end. What it has sent and
 * nobody has taken is bounded by the stream's window.
 */
public final class Stream {
  private static final byte[] NOTHING = {};

  private final Http2Connection connection;
  private final int id;
  private final Condition changed;

  // All that follows is guarded by the connection's lock.
  private byte[] arrived = NOTHING;
  private int count;
  private int body; // bytes among them that the peer's window paid for
  private boolean peerEnded;
  private byte[] trailer = NOTHING;
  private boolean ended;
  private long window;
  private int granted = SharedWindow.INITIAL;
  private int taken;
  private @Nullable StreamFailure failure;
  private Runnable whenFailed = () -> {};
  private boolean readingGivenUp;
  boolean headed;
  boolean toHead;

  Stream(Http2Connection connection, int id, long window) {
    this.connection = connection;
    this.id = id;
    this.window = window;
    this.changed = connection.lock.newCondition();
  }

  /** Its number, unique on its connection. */
  public int id() {
    return id;
  }

  /** What the peer sends; used by one thread at a time. */
  public Input input(Waiting waiting) {
    return new StreamInput(waiting);
  }

  /**
   * Where the body goes, in DATA frames.
   *
   * @param most bytes gathered before they are sent
   */
  public StreamOutput output(Waiting waiting, int most) {
    return new StreamOutput(this, waiting, most);
  }

  /**
   * Puts the head of a reply, given in lines of HTTP/1.1 but the empty one; {@link #send} sends.
   */
  void reply(byte[] lines, int length, boolean last) throws StreamFailure {
    headers(FieldEncoder.reply(lines, 0, length), last);
  }

  /** Ends this side with a trailer, given in lines of HTTP/1.1. */
  void trailer(byte[] lines, Waiting waiting) throws IOException {
    try {
      headers(FieldEncoder.trailer(lines, 0, lines.length), true);
    } catch (StreamFailure e) {
      throw waiting.failure(e);
    }
    send();
  }

  /** Sends what was put. */
  void send() throws IOException {
    connection.writer.send();
  }

  private void headers(byte[] block, boolean last) throws StreamFailure {
    connection.lock.lock();
    try {
      check();
      connection.headers(id, block, last);
      if (last) {
        ended = true;
        connection.settled(this);
      }
    } finally {
      connection.lock.unlock();
    }
  }

  /** Runs {@code action}, which must not wait, when the stream ends before its time, or has. */
  public void whenFailed(Runnable action) {
    connection.lock.lock();
    try {
      whenFailed = action;
      if (failure != null) {
        action.run();
      }
    } finally {
      connection.lock.unlock();
    }
  }

  /** Whether the stream has ended before its time. */
  public boolean failed() {
    connection.lock.lock();
    try {
      return failure != null;
    } finally {
      connection.lock.unlock();
    }
  }

  /** Ends both sides at once; whoever waits is woken. Nothing happens when it is over anyway. */
  public void reset(ErrorCode code) {
    connection.lock.lock();
    try {
      if (failure == null && !(ended && peerEnded)) {
        connection.reset(this, code);
        fail(new StreamFailure(code, false, "it was reset from this side"));
        connection.writer.sendSoon();
      }
    } finally {
      connection.lock.unlock();
    }
  }

  /** Wakes whoever waits for the peer's bytes: nobody waits for them any more. */
  public void giveUpReading() {
    connection.lock.lock();
    try {
      readingGivenUp = true;
      changed.signalAll();
    } finally {
      connection.lock.unlock();
    }
  }

  // From here on called by the connection, with its lock held.

  boolean settled() {
    return ended && peerEnded;
  }

  boolean peerEnded() {
    return peerEnded;
  }

  /** Whether nothing of the reply has been finished yet. */
  boolean unfinished() {
    return !ended;
  }

  /** Nobody takes more of it; returns how many bytes of the body were left. */
  int abandoned() {
    int left = body;
    body = 0;
    count = 0;
    arrived = NOTHING;
    return left;
  }

  void endedAtOnce() {
    ended = true;
  }

  void fail(StreamFailure why) {
    if (failure == null) {
      failure = why;
      whenFailed.run();
    }
    changed.signalAll();
  }

  void grow(long more) {
    window += more;
    changed.signalAll();
  }

  long window() {
    return window;
  }

  void wake() {
    changed.signalAll();
  }

  /** A head, or a trailer, or the end has come. */
  void arrived(byte[] head, boolean last) {
    append(head, 0, head.length);
    peerEnded |= last;
    changed.signalAll();
  }

  /** The trailer has come, and with it the end. */
  void trailed(byte[] lines) {
    trailer = lines;
    peerEnded = true;
    changed.signalAll();
  }

  /**
   * Bytes of the body have come.
   *
   * @param paid bytes that the window paid, padding included
   * @return false when the window did not allow them
   */
  boolean arrived(byte[] bytes, int from, int length, int paid, boolean last) {
    if (paid > granted) {
      return false;
    }
    granted -= paid;
    taken += paid - length; // nobody takes padding
    append(bytes, from, length);
    body += length;
    peerEnded |= last;
    changed.signalAll();
    return true;
  }

  private void append(byte[] bytes, int from, int length) {
    if (count + length > arrived.length) {
      arrived =
          Arrays.copyOf(arrived, Math.max(count + length, Math.min(arrived.length * 2, 65536)));
    }
    System.arraycopy(bytes, from, arrived, count, length);
    count += length;
  }

  private void check() throws StreamFailure {
    StreamFailure why = failure;
    if (why != null) {
      throw new StreamFailure(why.code(), why.untouched(), String.valueOf(why.getMessage()));
    }
  }

  private final class StreamInput extends Input {
    private final Waiting waiting;

    StreamInput(Waiting waiting) {
      super(NOTHING);
      this.waiting = waiting;
    }

    @Override
    protected boolean fill() throws IOException {
      boolean waited = false;
      boolean granting;
      connection.lock.lock();
      try {
        while (count == 0 && !peerEnded) {
          check();
          if (readingGivenUp) {
            throw new StreamFailure(ErrorCode.CANCEL, false, "it took too long");
          }
          if (!waited) {
            waited = true;
            waiting.begin();
          }
          changed.awaitUninterruptibly();
        }
        if (count == 0) {
          return false;
        }
        granting = take();
      } catch (StreamFailure e) {
        throw waiting.failure(e);
      } finally {
        connection.lock.unlock();
        if (waited) {
          waiting.end();
        }
      }
      if (granting) {
        connection.writer.send();
      }
      return true;
    }

    /** Takes all that is there; true when the peer was granted more. */
    private boolean take() {
      int held = end - at;
      if (held == 0) {
        bytes = arrived;
        end = count;
      } else {
        byte[] joined = Arrays.copyOfRange(bytes, at, at + held + count);
        System.arraycopy(arrived, 0, joined, held, count);
        bytes = joined;
        end = held + count;
      }
      at = 0;
      taken += body;
      boolean granting = connection.taken(body);
      arrived = NOTHING;
      count = 0;
      body = 0;
      if (!peerEnded && taken >= SharedWindow.INITIAL / 2) {
        connection.grant(id, taken);
        granted += taken;
        taken = 0;
        granting = true;
      }
      return granting;
    }

    @Override
    public boolean ofMessage() {
      return true;
    }

    @Override
    public byte[] trailer() {
      connection.lock.lock();
      try {
        return trailer;
      } finally {
        connection.lock.unlock();
      }
    }
  }

  /** Sends bytes of the body as far as the peer's windows let it, waiting where they do not. */
  void data(byte[] bytes, int from, int length, boolean last, Waiting waiting) throws IOException {
    int at = from;
    int left = length;
    do {
      boolean full;
      boolean waited = false;
      connection.lock.lock();
      try {
        check();
        while (left > 0 && (window <= 0 || connection.window().left() <= 0)) {
          if (!waited) {
            waited = true;
            connection.writer.sendSoon();
            waiting.begin();
          }
          changed.awaitUninterruptibly();
          check();
        }
        int most =
            (int) Math.min(Math.min(window, connection.window().left()), FrameWriter.MAX_FRAME);
        int part = left == 0 ? 0 : Math.min(left, most);
        boolean end = last && part == left;
        connection.writer.frame(
            FrameType.DATA, end ? FrameType.END_STREAM : 0, id, bytes, at, part);
        window -= part;
        connection.window().spend(part);
        at += part;
        left -= part;
        if (end) {
          ended = true;
          connection.settled(this);
        }
        full = connection.writer.full();
      } catch (StreamFailure e) {
        throw waiting.failure(e);
      } finally {
        connection.lock.unlock();
        if (waited) {
          waiting.end();
        }
      }
      if (full || left == 0) {
        connection.writer.send();
      }
    } while (left > 0);
  }
}
