package dev.aegis.gateway.http2;

import static dev.aegis.gateway.http2.FrameType.GOAWAY;
import static dev.aegis.gateway.http2.FrameType.SETTINGS;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Frames on their way to the peer. Whoever has put some sends all that is there, unless another
 * thread is about it, which then sends these too; so no lock is held while a peer is slow. Methods
 * that put are called with the connection's lock held.
 */
final class FrameWriter {
  /** Most bytes of a frame: what every peer takes (RFC 9113 section 4.2). */
  static final int MAX_FRAME = 16 * 1024;

  /** Bytes from which on streams wait before they put more. */
  private static final int FULL = 4 * MAX_FRAME;

  /** Frames that answer frames of the peer, and were not sent yet: it does not read. */
  private static final int MAX_ANSWERS = 1_000;

  private static final int HEADER = 9;

  private final Transport transport;
  private final ReentrantLock lock;
  private final Condition room;
  private byte[] bytes = new byte[1024];
  private byte[] spare = new byte[1024];
  private int length;
  private int answers;
  private boolean sending;
  private boolean closed;

  FrameWriter(Transport transport, ReentrantLock lock) {
    this.transport = transport;
    this.lock = lock;
    this.room = lock.newCondition();
  }

  /** Whether so much is there that it should be sent before more is put. */
  boolean full() {
    return length >= FULL;
  }

  /** How many bytes wait to be sent. */
  int length() {
    return length;
  }

  /** Puts bytes that are no frame. */
  void raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
  }

  /** Puts a frame. */
  void frame(int type, int flags, int stream, byte[] payload, int from, int count) {
    reserve(HEADER + count);
    byte[] b = bytes;
    int at = length;
    b[at] = (byte) (count >> 16);
    b[at + 1] = (byte) (count >> 8);
    b[at + 2] = (byte) count;
    b[at + 3] = (byte) type;
    b[at + 4] = (byte) flags;
    put(b, at + 5, stream);
    System.arraycopy(payload, from, b, at + HEADER, count);
    length += HEADER + count;
  }

  /** Puts SETTINGS: pairs of a name and a value. */
  void settings(int... pairs) {
    byte[] payload = new byte[pairs.length * 3];
    for (int i = 0; i < pairs.length; i += 2) {
      payload[i * 3] = (byte) (pairs[i] >> 8);
      payload[i * 3 + 1] = (byte) pairs[i];
      put(payload, i * 3 + 2, pairs[i + 1]);
    }
    frame(SETTINGS, 0, 0, payload, 0, payload.length);
  }

  /** Puts GOAWAY. */
  void goAway(int last, ErrorCode why) {
    byte[] payload = new byte[8];
    put(payload, 0, last);
    put(payload, 4, why.number());
    frame(GOAWAY, 0, 0, payload, 0, 8);
  }

  /** Puts a frame of one number. */
  void frame(int type, int stream, int number) {
    byte[] payload = new byte[4];
    put(payload, 0, number);
    frame(type, 0, stream, payload, 0, 4);
  }

  /**
   * Puts a frame that answers one of the peer's.
   *
   * @throws ConnectionError when the peer asks and asks, and does not read
   */
  void answer(int type, int flags, byte[] payload) throws ConnectionError {
    if (++answers > MAX_ANSWERS) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "answers are not read");
    }
    frame(type, flags, 0, payload, 0, payload.length);
  }

  private static void put(byte[] to, int at, int number) {
    to[at] = (byte) (number >> 24);
    to[at + 1] = (byte) (number >> 16);
    to[at + 2] = (byte) (number >> 8);
    to[at + 3] = (byte) number;
  }

  private void reserve(int count) {
    if (length + count > bytes.length) {
      byte[] larger = new byte[Math.max(length + count, bytes.length * 2)];
      System.arraycopy(bytes, 0, larger, 0, length);
      bytes = larger;
    }
  }

  /** Drops what is there, and all that comes. */
  void close() {
    closed = true;
    length = 0;
    room.signalAll();
  }

  /** Sends what is there from another thread: this one must not wait for the peer. */
  void sendSoon() {
    if (!sending && !closed && length > 0) {
      Thread.ofVirtual().name("frames").start(this::sendOrClose);
    }
  }

  private void sendOrClose() {
    try {
      send();
    } catch (IOException e) {
      // The connection is closed: the thread that reads sees it, and tells the streams.
    }
  }

  /** Sends what is there, blocking, and waits for another thread that is about it. */
  void sendAll() throws IOException {
    lock.lock();
    try {
      while (sending && !closed) {
        room.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
    send();
  }

  /**
   * Sends what is there, blocking, unless another thread does; then it waits only while too much is
   * there. Called without the lock.
   */
  void send() throws IOException {
    lock.lock();
    try {
      if (sending) {
        while (full() && !closed) {
          room.awaitUninterruptibly();
        }
        return;
      }
      sending = true;
      try {
        while (length > 0 && !closed) {
          byte[] out = bytes;
          int count = length;
          bytes = spare;
          length = 0;
          answers = 0;
          lock.unlock();
          try {
            transport.write(out, 0, count);
          } catch (IOException e) {
            transport.close(); // half a frame may be out: nothing can follow it
            throw e;
          } finally {
            lock.lock();
          }
          spare = out.length <= FULL ? out : new byte[1024];
          room.signalAll();
        }
      } finally {
        sending = false;
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
