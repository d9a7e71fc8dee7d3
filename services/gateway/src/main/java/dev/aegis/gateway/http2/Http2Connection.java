package dev.aegis.gateway.http2;

import static dev.aegis.gateway.http2.FrameType.ACK;
import static dev.aegis.gateway.http2.FrameType.CONTINUATION;
import static dev.aegis.gateway.http2.FrameType.DATA;
import static dev.aegis.gateway.http2.FrameType.END_HEADERS;
import static dev.aegis.gateway.http2.FrameType.END_STREAM;
import static dev.aegis.gateway.http2.FrameType.GOAWAY;
import static dev.aegis.gateway.http2.FrameType.HEADERS;
import static dev.aegis.gateway.http2.FrameType.PING;
import static dev.aegis.gateway.http2.FrameType.PRIORITY;
import static dev.aegis.gateway.http2.FrameType.PUSH_PROMISE;
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
  /** Bytes that a stream may send before some are taken. */
  static final int WINDOW = 64 * 1024 - 1;

  /** Bytes that all streams together may send before some are taken. */
  private static final int SHARED_WINDOW = 1024 * 1024;

  private static final long MAX_WINDOW = Integer.MAX_VALUE;
  private static final int MAX_LINGER_BYTES = 1 << 20;
  private static final byte[] NOTHING = {};

  final ReentrantLock lock = new ReentrantLock();
  final FrameWriter writer;
  private final Transport transport;
  private final FrameReader reader;
  private final boolean server;
  private final int maxStreams;
  private final FieldDecoder decoder = new FieldDecoder();
  private final Calm resets = new Calm(100, "streams that are reset");
  private final Calm frames = new Calm(1_000, "frames that carry nothing");

  // All that follows is guarded by the lock.
  private final Streams streams;
  private long window = WINDOW;
  private long initialWindow = WINDOW;
  private long peersMaxStreams = 100; // until it says otherwise
  private int granted = WINDOW;
  private int taken;
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
      writer.frame(WINDOW_UPDATE, 0, SHARED_WINDOW - WINDOW);
      granted = SHARED_WINDOW;
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
      boolean first = true;
      FrameReader.Place place = this::between;
      while (reader.next(place)) {
        if (first && (reader.type != SETTINGS || (reader.flags & ACK) != 0)) {
          throw broken("the first frame is not SETTINGS");
        }
        first = false;
        handle();
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

  private void awaited() {
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

  private void handle() throws IOException {
    lock.lock();
    try {
      int before = writer.length();
      switch (reader.type) {
        case DATA -> data();
        case HEADERS -> headers();
        case RST_STREAM -> rstStream();
        case WINDOW_UPDATE -> windowUpdate();
        case PUSH_PROMISE -> throw broken("a push, which nobody may make");
        case CONTINUATION -> throw broken("CONTINUATION after no HEADERS");
        case GOAWAY -> goAway();
        case PRIORITY -> frames.disturbed(System.nanoTime()); // means nothing (section 5.3)
        case SETTINGS -> settings();
        case PING -> ping();
        default -> frames.disturbed(System.nanoTime()); // unknown ones mean nothing (section 4.1)
      }
      if (writer.length() > before) {
        writer.sendSoon();
      }
    } finally {
      lock.unlock();
    }
  }

  private void data() throws ConnectionError {
    int length = reader.length;
    granted -= length;
    if (granted < 0) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "DATA beyond the window");
    }
    Stream stream = known();
    boolean last = (reader.flags & END_STREAM) != 0;
    if (length > 0 || last) {
      frames.useful();
    } else {
      frames.disturbed(System.nanoTime());
    }
    if (stream == null) {
      credit(length);
      return;
    }
    if (stream.peerEnded() || !stream.headed) {
      credit(length);
      fail(stream, stream.headed ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR);
      return;
    }
    int body = reader.end - reader.at;
    // A caller who does not take a reply of a target must not stop the others on its connection.
    credit(server ? length - body : length);
    if (!stream.arrived(reader.bytes, reader.at, body, length, last)) {
      fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (last) {
      settled(stream);
    }
  }

  private void headers() throws ConnectionError {
    frames.useful();
    int id = reader.stream;
    boolean last = (reader.flags & END_STREAM) != 0;
    byte[] block = reader.block;
    Stream stream = streams.open(id);
    if (stream != null) {
      more(stream, block, last);
      return;
    }
    if (!streams.isNext(id)) {
      streams.checkLate(id, reader.type);
      decoder.decode(block, 0, block.length, line -> {});
      return;
    }
    streams.used(id);
    HeadFields fields = new HeadFields(HeadFields.Kind.REQUEST);
    decoder.decode(block, 0, block.length, fields);
    if (left) {
      streams.refused(id); // it was told that this one is ignored
      return;
    }
    if (streams.full()) {
      streams.refused(id);
      writer.frame(RST_STREAM, id, ErrorCode.REFUSED_STREAM.number());
      resets.disturbed(System.nanoTime());
      return;
    }
    Stream opened = new Stream(this, id, initialWindow);
    opened.headed = true;
    streams.begun(opened);
    awaited();
    try {
      opened.arrived(fields.request(last), last);
      opened(opened);
    } catch (BadMessage e) {
      opened.arrived(NOTHING, last);
      opened(opened, e);
    }
  }

  /** A reply, or a trailer. */
  private void more(Stream stream, byte[] block, boolean last) throws ConnectionError {
    boolean trailer = stream.headed;
    HeadFields fields = new HeadFields(trailer ? HeadFields.Kind.TRAILER : HeadFields.Kind.REPLY);
    decoder.decode(block, 0, block.length, fields);
    if (stream.peerEnded()) {
      fail(stream, ErrorCode.STREAM_CLOSED);
      return;
    }
    try {
      if (!trailer) {
        byte[] head = fields.reply(last, stream.toHead);
        stream.headed = head[9] != '1'; // "HTTP/1.1 1"
        stream.arrived(head, last);
      } else if (last) {
        stream.trailed(fields.trailer());
      } else {
        throw BadMessage.malformed("a trailer does not end the stream");
      }
    } catch (BadMessage e) {
      fail(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (last) {
      settled(stream);
    }
  }

  private void rstStream() throws ConnectionError {
    ErrorCode code = ErrorCode.of(reader.number());
    Stream stream = known();
    if (stream == null) {
      return;
    }
    if (server && stream.unfinished()) {
      resets.disturbed(System.nanoTime());
    }
    stream.fail(new StreamFailure(code, code == ErrorCode.REFUSED_STREAM, "the peer reset it"));
    forget(stream, false);
  }

  private void settings() throws ConnectionError {
    frames.disturbed(System.nanoTime());
    if ((reader.flags & ACK) != 0) {
      return;
    }
    while (reader.at < reader.end) {
      int id = reader.half();
      setting(id, reader.number() & 0xffff_ffffL);
    }
    writer.answer(SETTINGS, ACK, NOTHING);
  }

  private void setting(int id, long value) throws ConnectionError {
    switch (id) {
      case 2 -> {
        if (value > 1 || value == 1 && !server) {
          throw broken("ENABLE_PUSH is neither 0 nor 1, or a server's");
        }
      }
      case 3 -> peersMaxStreams = value;
      case 4 -> {
        if (value > MAX_WINDOW) {
          throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window beyond 2^31-1");
        }
        long more = value - initialWindow;
        initialWindow = value;
        for (Stream stream : streams.all()) {
          if (stream.window() + more > MAX_WINDOW) {
            throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window beyond 2^31-1");
          }
          stream.grow(more);
        }
      }
      case 5 -> {
        if (value < FrameWriter.MAX_FRAME || value > (1 << 24) - 1) {
          throw broken("MAX_FRAME_SIZE is out of its bounds");
        }
      }
      default -> {} // 1 and 6 bind only encoders with a table, or long heads; others are unknown
    }
  }

  private void ping() throws ConnectionError {
    frames.disturbed(System.nanoTime());
    if ((reader.flags & ACK) == 0) {
      writer.answer(PING, ACK, reader.payload());
    }
  }

  private void goAway() throws ConnectionError {
    int last = reader.number() & Integer.MAX_VALUE;
    ErrorCode code = ErrorCode.of(reader.number());
    peerLeaving = true;
    if (server) {
      return;
    }
    for (Stream stream : streams.all()) {
      if (stream.id() > last) {
        stream.fail(new StreamFailure(code, true, "the peer leaves, and has not begun with it"));
        forget(stream, false);
      }
    }
    leaveIfDone();
  }

  private void windowUpdate() throws ConnectionError {
    long more = reader.number() & Integer.MAX_VALUE;
    if (reader.stream == 0) {
      if (more == 0) {
        throw broken("WINDOW_UPDATE by nothing");
      }
      window += more;
      if (window > MAX_WINDOW) {
        throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window beyond 2^31-1");
      }
      streams.all().forEach(Stream::wake);
      return;
    }
    Stream stream = known();
    if (stream == null) {
      return;
    }
    if (more == 0) {
      fail(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (stream.window() + more > MAX_WINDOW) {
      fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else {
      stream.grow(more);
    }
  }

  /**
   * The open stream of the frame; null for one that has ended, when the peer may not know it yet.
   *
   * @throws ConnectionError when the peer must know (section 5.1)
   */
  private @Nullable Stream known() throws ConnectionError {
    Stream stream = streams.open(reader.stream);
    if (stream == null) {
      streams.checkLate(reader.stream, reader.type);
    }
    return stream;
  }

  private static ConnectionError broken(String detail) {
    return new ConnectionError(ErrorCode.PROTOCOL_ERROR, detail);
  }

  /** A stream's error (section 5.4.2), which is the peer's fault. */
  private void fail(Stream stream, ErrorCode code) throws ConnectionError {
    writer.frame(RST_STREAM, stream.id(), code.number());
    stream.fail(new StreamFailure(code, false, "the peer broke the rules of a stream"));
    forget(stream, true);
    if (server) {
      resets.disturbed(System.nanoTime()); // to make us reset is as cheap as to reset
    }
  }

  /**
   * @param unknown whether the peer may not know yet that it has ended
   */
  private void forget(Stream stream, boolean unknown) {
    if (streams.ended(stream, unknown)) {
      awaited();
      leaveIfDone();
    }
  }

  private void leaveIfDone() {
    boolean going = left || peerLeaving && !server;
    if (going && streams.idle() && !finished) {
      finished = true;
      Thread.ofVirtual().name("goodbye").start(this::sayGoodbye);
    }
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

  long window() {
    return window;
  }

  void spend(int bytes) {
    window -= bytes;
  }

  /** Bytes of a body were taken; true when the peer was granted more. */
  boolean taken(int bytes) {
    return server && credit(bytes);
  }

  private boolean credit(int bytes) {
    taken += bytes;
    if (taken < SHARED_WINDOW / 2 || closed) {
      return false;
    }
    writer.frame(WINDOW_UPDATE, 0, taken);
    granted += taken;
    taken = 0;
    return true;
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
      Stream stream = new Stream(this, streams.nextOwn(), initialWindow);
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
        && streams.size() < peersMaxStreams
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
