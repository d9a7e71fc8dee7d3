package dev.aegis.gateway.http2;

import java.io.IOException;

/** What carries the bytes of one HTTP/2 connection, with its bounds on waiting for the peer. */
public interface Transport {
  /**
   * Waits for bytes.
   *
   * @return how many were put into {@code to} from {@code from} on, at most {@code most}; -1 when
   *     the peer has ended
   */
  int read(byte[] to, int from, int most) throws IOException;

  /** Writes all of it, blocking; called by one thread at a time. */
  void write(byte[] bytes, int from, int length) throws IOException;

  /** What the connection waits for from now on; called with the connection's lock held. */
  void awaits(Awaited what);

  /** All is said, by an orderly end: the peer should close now. */
  void finish();

  /** Closes it; whoever reads or writes is woken. */
  void close();

  /** What a connection can wait for. */
  enum Awaited {
    /** A next stream: there is none. */
    STREAM,
    /** The rest of a frame, or of a field block. */
    REST,
    /** Anything: the open streams have bounds of their own. */
    FRAME
  }
}
