package dev.aegis.gateway.http2;

import static dev.aegis.gateway.http2.FrameType.ACK;
import static dev.aegis.gateway.http2.FrameType.CONTINUATION;
import static dev.aegis.gateway.http2.FrameType.DATA;
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
import org.jspecify.annotations.Nullable;

/**
 * What the frames of a peer mean for a connection and its streams (RFC 9113 section 6). Guarded by
 * the connection's lock.
 */
final class Arrivals {
  private static final byte[] NOTHING = {};

  private final Http2Connection connection;
  private final FrameReader reader;
  private final boolean server;
  private final Streams streams;
  private final PeerSettings peer;
  private final SharedWindow window;
  private final FrameWriter writer;
  private final FieldDecoder decoder = new FieldDecoder();
  private final Calm resets = new Calm(100, "streams that are reset");
  private final Calm frames = new Calm(1_000, "frames that carry nothing");

  /**
   * @param server whether this side is one
   */
  Arrivals(
      Http2Connection connection,
      FrameReader reader,
      boolean server,
      Streams streams,
      PeerSettings peer,
      SharedWindow window) {
    this.connection = connection;
    this.reader = reader;
    this.server = server;
    this.streams = streams;
    this.peer = peer;
    this.window = window;
    this.writer = connection.writer;
  }

  /**
   * The frame that was read; does not wait.
   *
   * @throws ConnectionError when nothing more may be read
   */
  void handle() throws ConnectionError {
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
  }

  private void data() throws ConnectionError {
    int length = reader.length;
    window.arrived(length);
    Stream stream = known();
    boolean last = (reader.flags & END_STREAM) != 0;
    if (length > 0 || last) {
      frames.useful();
    } else {
      frames.disturbed(System.nanoTime());
    }
    if (stream == null) {
      connection.credit(length);
      return;
    }
    if (stream.peerEnded() || !stream.headed) {
      connection.credit(length);
      fail(stream, stream.headed ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR);
      return;
    }
    int body = reader.end - reader.at;
    // A caller who does not take a reply of a target must not stop the others on its connection.
    connection.credit(server ? length - body : length);
    if (!stream.arrived(reader.bytes, reader.at, body, length, last)) {
      fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (last) {
      connection.settled(stream);
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
    if (connection.left()) {
      streams.refused(id); // it was told that this one is ignored
      return;
    }
    if (streams.full()) {
      streams.refused(id);
      writer.frame(RST_STREAM, id, ErrorCode.REFUSED_STREAM.number());
      resets.disturbed(System.nanoTime());
      return;
    }
    Stream opened = new Stream(connection, id, peer.window());
    opened.headed = true;
    streams.begun(opened);
    connection.awaited();
    try {
      opened.arrived(fields.request(last), last);
      connection.opened(opened);
    } catch (BadMessage e) {
      opened.arrived(NOTHING, last);
      connection.opened(opened, e);
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
      connection.settled(stream);
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
    connection.forget(stream, false);
  }

  private void settings() throws ConnectionError {
    frames.disturbed(System.nanoTime());
    if ((reader.flags & ACK) != 0) {
      return;
    }
    while (reader.at < reader.end) {
      int id = reader.half();
      long more = peer.set(id, reader.number() & 0xffff_ffffL);
      if (more != 0) {
        for (Stream stream : streams.all()) {
          if (stream.window() + more > SharedWindow.MOST) {
            throw SharedWindow.beyondMost();
          }
          stream.grow(more);
        }
      }
    }
    writer.answer(SETTINGS, ACK, NOTHING);
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
    connection.peerLeaves();
    if (server) {
      return;
    }
    for (Stream stream : streams.all()) {
      if (stream.id() > last) {
        stream.fail(new StreamFailure(code, true, "the peer leaves, and has not begun with it"));
        connection.forget(stream, false);
      }
    }
    connection.leaveIfDone();
  }

  private void windowUpdate() throws ConnectionError {
    long more = reader.number() & Integer.MAX_VALUE;
    if (reader.stream == 0) {
      if (more == 0) {
        throw broken("WINDOW_UPDATE by nothing");
      }
      window.grow(more);
      streams.all().forEach(Stream::wake);
      return;
    }
    Stream stream = known();
    if (stream == null) {
      return;
    }
    if (more == 0) {
      fail(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (stream.window() + more > SharedWindow.MOST) {
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
    connection.forget(stream, true);
    if (server) {
      resets.disturbed(System.nanoTime()); // to make us reset is as cheap as to reset
    }
  }
}
