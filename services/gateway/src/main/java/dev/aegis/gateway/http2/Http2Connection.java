package dev.aegis.gateway.http2;

import static dev.aegis.gateway.http2.FrameType.ACK;
import static dev.aegis.gateway.http2.FrameType.CONTINUATION;
import static dev.aegis.gateway.http2.FrameType.END_HEADERS;
import static dev.aegis.gateway.http2.FrameType.END_STREAM;
import static dev.aegis.gateway.http2.FrameType.HEADERS;
import static dev.aegis.gateway.http2.FrameType.RST_STREAM;
import static dev.aegis.gateway.http2.FrameType.SETTINGS;
import static dev.aegis.gateway.http2.FrameType.WINDOW_UPDATE;

import dev.aegis.gateway.http1.BadMessage;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection, of either leg (RFC 9113): one thread reads its frames and never waits for
 * anything else, the streams are read and written by threads of their own.
 *
 * <p>Strict: after an error of the connection nothing more is read. Bounded: by the windows, by the
 * number of streams that may be open or still at work here, by the size of field blocks, and by the
 * nuisance a peer may make.
 */
public abstract class Http2Connection {
  private static final int MAX_LINGER_BYTES = 1 << 20;

  final ReentrantLock lock = new ReentrantLock();
  final FrameWriter writer;
  private final Transport transport;
  private final FrameReader reader;
  private final boolean server;
  private final int maxStreams;

  // All that follows is guarded by the lock.
  private final Streams streams;
  private final PeerSettings peer;
  private final SharedWindow window = new SharedWindow();
  private boolean inside;
  private boolean leaving;
  private boolean left;
  private boolean finished;
  private boolean peerLeaving;
  private boolean closed;

  /**
   * @param server whether the peer opens the streams
   * @param maxStreams that the peer may have open at once
   */
  protected Http2Connection(Transport transport, boolean server, int maxStreams) {
    this.transport = transport;
    this.server = server;
    this.maxStreams = maxStreams;
    this.writer = new FrameWriter(transport, lock);
    this.reader = new FrameReader(transport);
    this.streams = new Streams(server, maxStreams);
    this.peer = new PeerSettings(server);
  }

  /** What a client says before its first frame (section 3.4), by which HTTP/2 can be told. */
  public static byte[] preface() {
    return FrameReader.preface();
  }

  /** A request has come, on a server; must not wait. {@link #finished} must follow. */
  protected abstract void opened(Stream stream);

  /** A request has come, and is none; the same holds. */
  protected abstract void opened(Stream stream, BadMessage wrong);

  /** Says hello (section 3.4); what the peer says is read by {@link #run}. */
  public final void begin() throws IOException {
    lock.lock();
    try {
      if (!server) {
        writer.raw(FrameReader.preface());
      }
      // MAX_CONCURRENT_STREAMS, or no ENABLE_PUSH; MAX_HEADER_LIST_SIZE
      writer.settings(server ? 3 : 2, server ? maxStreams : 0, 6, 32 * 1024);
      writer.frame(WINDOW_UPDATE, 0, window.widen());
      awaited();
    } finally {
      lock.unlock();
    }
    writer.send();
  }

  /** Reads frames until either side has ended, blocking. Whatever happens, all streams end. */
  public final void run() {
    ErrorCode why = ErrorCode.NO_ERROR;
    String detail = "the connection has ended";
    try {
      if (server) {
        reader.awaitPreface();
      }
      Arrivals arrivals = new Arrivals(this, reader, server, streams, peer, window);
      boolean first = true;
      FrameReader.Place place = this::between;
      while (reader.next(place)) {
        if (first && (reader.type != SETTINGS || (reader.flags & ACK) != 0)) {
          throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "the first frame is not SETTINGS");
        }
        first = false;
        handle(arrivals);
      }
    } catch (ConnectionError e) {
      why = e.code();
      detail = String.valueOf(e.getMessage());
    } catch (IOException e) {
      detail = "the connection was lost";
    }
    end(why, detail);
  }

  /** Where a frame begins: another thing is waited for from now on. */
  private void between(boolean isInside) {
    lock.lock();
    try {
      inside = isInside;
      awaited();
    } finally {
      lock.unlock();
    }
  }

  void awaited() {
    if (finished || closed) {
      return; // other bounds hold
    }
    if (inside) {
      transport.awaits(Transport.Awaited.REST);
    } else {
      transport.awaits(streams.idle() ? Transport.Awaited.STREAM : Transport.Awaited.FRAME);
    }
  }

  private void end(ErrorCode why, String detail) {
    boolean tell = why != ErrorCode.NO_ERROR;
    lock.lock();
    try {
      closed = true;
      for (Stream stream : streams.all()) {
        stream.fail(new StreamFailure(why, false, detail));
      }
      streams.clear();
      if (tell) {
        writer.goAway(streams.lastPeers(), why);
      }
    } finally {
      lock.unlock();
    }
    try {
      writer.sendAll(); // a peer that has ended its own side may still read
      if (tell) {
        transport.finish();
        linger();
      }
    } catch (IOException e) {
      // The peer is gone: nobody is left to be told.
    }
    lock.lock();
    try {
      writer.close();
    } finally {
      lock.unlock();
    }
  }

  /** Reads on for a moment, so that what was said last is not lost to a reset. */
  private void linger() throws IOException {
    byte[] dropped = new byte[4096];
    int most = MAX_LINGER_BYTES;
    while (most > 0) {
      int count = transport.read(dropped, 0, dropped.length);
      most = count < 0 ? 0 : most - count;
    }
  }

  private void handle(Arrivals arrivals) throws IOException {
    lock.lock();
    try {
      int before = writer.length();
      arrivals.handle();
      if (writer.length() > before) {
        writer.sendSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * @param unknown whether the peer may not know yet that it has ended
   */
  void forget(Stream stream, boolean unknown) {
    if (streams.ended(stream, unknown)) {
      awaited();
      leaveIfDone();
    }
  }

  void leaveIfDone() {
    boolean going = left || peerLeaving && !server;
    if (going && streams.idle() && !finished) {
      finished = true;
      Thread.ofVirtual().name("goodbye").start(this::sayGoodbye);
    }
  }

  /** Whether the peer was told that streams it opens from now on are ignored. */
  boolean left() {
    return left;
  }

  /** The peer takes no more streams. */
  void peerLeaves() {
    peerLeaving = true;
  }

  private void sayGoodbye() {
    try {
      writer.sendAll();
      transport.finish();
    } catch (IOException e) {
      transport.close();
    }
  }

  // What streams ask for, with the lock held.

  /** Resets a stream from this side. */
  void reset(Stream stream, ErrorCode code) {
    if (!closed && streams.open(stream.id()) != null) {
      writer.frame(RST_STREAM, stream.id(), code.number());
      forget(stream, true);
    }
  }

  /** Forgets a stream when both sides of it have ended. */
  void settled(Stream stream) {
    if (stream.settled()) {
      forget(stream, false);
    }
  }

  void headers(int id, byte[] block, boolean last) {
    int from = 0;
    do {
      int part = Math.min(block.length - from, FrameWriter.MAX_FRAME);
      int flags = from == 0 && last ? END_STREAM : 0;
      flags |= from + part == block.length ? END_HEADERS : 0;
      writer.frame(from == 0 ? HEADERS : CONTINUATION, flags, id, block, from, part);
      from += part;
    } while (from < block.length);
  }

  SharedWindow window() {
    return window;
  }

  /** Bytes of a body were taken; true when the peer was granted more. */
  boolean taken(int bytes) {
    return server && credit(bytes);
  }

  /** Lets the peer send so many bytes again; true when it is told so now. */
  boolean credit(int bytes) {
    int more = closed ? 0 : window.taken(bytes);
    if (more > 0) {
      writer.frame(WINDOW_UPDATE, 0, more);
    }
    return more > 0;
  }

  void grant(int stream, int bytes) {
    if (!closed && streams.open(stream) != null) {
      writer.frame(WINDOW_UPDATE, stream, bytes);
    }
  }

  /** The work on a request has ended, on a server. */
  public final void finished(Stream stream) {
    stream.reset(ErrorCode.NO_ERROR); // what the caller still sends is not wanted (section 8.1)
    lock.lock();
    try {
      streams.workEnded();
      credit(stream.abandoned());
      awaited();
      leaveIfDone();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Opens a stream for a request, on a client.
   *
   * @param lines request line and header lines of HTTP/1.1, but the empty one
   * @param secure whether the target is reached by TLS
   * @param trailers whether the caller takes trailer fields
   * @return null when the connection takes no more
   */
  public final @Nullable Stream open(
      byte[] lines, int length, boolean secure, boolean trailers, boolean last) {
    byte[] block = FieldEncoder.request(lines, 0, length, secure, trailers);
    lock.lock();
    try {
      if (!room()) {
        return null;
      }
      Stream stream = new Stream(this, streams.nextOwn(), peer.window());
      stream.toHead = length > 5 && lines[0] == 'H' && lines[1] == 'E' && lines[4] == ' ';
      streams.opened(stream);
      headers(stream.id(), block, last);
      if (last) {
        stream.endedAtOnce();
      }
      awaited();
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a client may open another stream. */
  public final boolean hasRoom() {
    lock.lock();
    try {
      return room();
    } finally {
      lock.unlock();
    }
  }

  private boolean room() {
    return !closed
        && !leaving
        && !peerLeaving
        && streams.size() < peer.maxStreams()
        && streams.numbersLeft();
  }

  /** Whether it is over. */
  public final boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Sends what was put; for those who opened a stream. */
  public final void send() throws IOException {
    writer.send();
  }

  /**
   * Asks the peer to open no more streams (section 6.8). Those on their way are still served until
   * {@link #leave}.
   */
  public final void leaveSoon() {
    lock.lock();
    try {
      if (!leaving && !closed) {
        leaving = true;
        writer.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
        writer.sendSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more streams, and ends when the last one has. */
  public final void leave() {
    lock.lock();
    try {
      if (!left && !closed) {
        leaving = true;
        left = true;
        writer.goAway(streams.lastPeers(), ErrorCode.NO_ERROR);
        writer.sendSoon();
        leaveIfDone();
      }
    } finally {
      lock.unlock();
    }
  }
}
