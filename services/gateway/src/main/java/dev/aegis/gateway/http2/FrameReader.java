package dev.aegis.gateway.http2;

import static dev.aegis.gateway.http2.FrameType.ACK;
import static dev.aegis.gateway.http2.FrameType.CONTINUATION;
import static dev.aegis.gateway.http2.FrameType.DATA;
import static dev.aegis.gateway.http2.FrameType.END_HEADERS;
import static dev.aegis.gateway.http2.FrameType.GOAWAY;
import static dev.aegis.gateway.http2.FrameType.HEADERS;
import static dev.aegis.gateway.http2.FrameType.PADDED;
import static dev.aegis.gateway.http2.FrameType.PING;
import static dev.aegis.gateway.http2.FrameType.PRIORITIZED;
import static dev.aegis.gateway.http2.FrameType.PRIORITY;
import static dev.aegis.gateway.http2.FrameType.RST_STREAM;
import static dev.aegis.gateway.http2.FrameType.SETTINGS;
import static dev.aegis.gateway.http2.FrameType.WINDOW_UPDATE;

import dev.aegis.gateway.http1.Turnstile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Frames as they arrive (RFC 9113 section 4.1): one at a time, its payload where it lies. */
final class FrameReader {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER = 9;
  private static final int FIRST = 2 * 1024;
  private static final int WHOLE = HEADER + FrameWriter.MAX_FRAME;
  private static final int MAX_BLOCK = 64 * 1024;
  private static final int MAX_CONTINUATIONS = 32;

  private final Transport transport;
  private int filled;
  private int next;
  byte[] bytes = new byte[FIRST];

  // The frame.
  int type;
  int flags;
  int stream;
  int length;

  /** The field block of HEADERS. */
  byte[] block = {};

  /** What of its payload is not consumed. */
  int at;

  int end;

  FrameReader(Transport transport) {
    this.transport = transport;
  }

  /** What a client says first (section 3.4). */
  static byte[] preface() {
    return PREFACE.clone();
  }

  /** Hears whether the thread waits inside of something, or before a frame. */
  interface Place {
    void waits(boolean inside);
  }

  void awaitPreface() throws IOException {
    if (!fill(PREFACE.length)
        || !Arrays.equals(bytes, 0, PREFACE.length, PREFACE, 0, PREFACE.length)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "no preface");
    }
    next = PREFACE.length;
  }

  /**
   * Reads the next frame; one of HEADERS together with those of CONTINUATION that follow it, as one
   * field block without padding.
   *
   * @return false when the peer has ended
   */
  boolean next(Place place) throws IOException {
    if (filled == next) {
      place.waits(false);
      if (!fill(1)) {
        return false;
      }
    }
    if (!whole()) {
      place.waits(true);
    }
    if (!frame()) {
      return false;
    }
    if (type == DATA || type == HEADERS) {
      unpad();
    }
    return type != HEADERS || block();
  }

  /** Whether a frame that nothing must follow is there. */
  private boolean whole() {
    if (filled - next < HEADER) {
      return false;
    }
    int size = (bytes[next] & 0xff) << 16 | (bytes[next + 1] & 0xff) << 8 | bytes[next + 2] & 0xff;
    boolean open = bytes[next + 3] == HEADERS && (bytes[next + 4] & END_HEADERS) == 0;
    return !open && filled - next >= HEADER + size;
  }

  private boolean frame() throws IOException {
    if (!fill(HEADER)) {
      return false;
    }
    int from = next;
    length = (bytes[from] & 0xff) << 16 | (bytes[from + 1] & 0xff) << 8 | bytes[from + 2] & 0xff;
    type = bytes[from + 3] & 0xff;
    flags = bytes[from + 4] & 0xff;
    at = from + 5;
    stream = read() & Integer.MAX_VALUE;
    if (length > FrameWriter.MAX_FRAME) {
      throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "a frame is larger than 16 KiB");
    }
    if (!fill(HEADER + length)) {
      return false;
    }
    at = next + HEADER;
    end = at + length;
    next = end;
    check();
    return true;
  }

  /** What its header must say whatever it is for (sections 6.1 to 6.10). */
  private void check() throws ConnectionError {
    switch (type) {
      case DATA, HEADERS, CONTINUATION -> stream(true);
      case PRIORITY -> {
        stream(true);
        length(length == 5);
      }
      case RST_STREAM -> {
        stream(true);
        length(length == 4);
      }
      case SETTINGS -> {
        stream(false);
        length((flags & ACK) == 0 ? length % 6 == 0 : length == 0);
      }
      case PING -> {
        stream(false);
        length(length == 8);
      }
      case GOAWAY -> {
        stream(false);
        length(length >= 8);
      }
      case WINDOW_UPDATE -> length(length == 4);
      default -> {} // of PUSH_PROMISE nothing is right, of unknown ones nothing is wrong
    }
  }

  private void stream(boolean one) throws ConnectionError {
    if ((stream != 0) != one) {
      throw new ConnectionError(
          ErrorCode.PROTOCOL_ERROR,
          "a frame of type " + type + (one ? " of the connection" : " of a stream"));
    }
  }

  private void length(boolean right) throws ConnectionError {
    if (!right) {
      throw new ConnectionError(
          ErrorCode.FRAME_SIZE_ERROR, "a frame of type " + type + " is not as long as it must be");
    }
  }

  /** Waits until so many bytes are there from {@link #next} on. */
  private boolean fill(int wanted) throws IOException {
    while (filled - next < wanted) {
      if (next > 0 && (filled == next || next + wanted > bytes.length)) {
        System.arraycopy(bytes, next, bytes, 0, filled - next);
        filled -= next;
        next = 0;
      }
      if (wanted > bytes.length) {
        bytes = Arrays.copyOf(bytes, WHOLE);
      }
      Turnstile.pass();
      int read = transport.read(bytes, filled, bytes.length - filled);
      if (read < 0) {
        return false;
      }
      filled += read;
    }
    return true;
  }

  /** The next four bytes of the payload. */
  int number() {
    return read();
  }

  /** The next two bytes of the payload. */
  int half() {
    return (bytes[at++] & 0xff) << 8 | bytes[at++] & 0xff;
  }

  private int read() {
    return (bytes[at++] & 0xff) << 24
        | (bytes[at++] & 0xff) << 16
        | (bytes[at++] & 0xff) << 8
        | bytes[at++] & 0xff;
  }

  /** A copy of the payload. */
  byte[] payload() {
    return Arrays.copyOfRange(bytes, at, end);
  }

  /** Takes padding off, and what HEADERS says of priority (sections 6.1 and 6.2). */
  private void unpad() throws ConnectionError {
    int padding = 0;
    if ((flags & PADDED) != 0) {
      need(1);
      padding = bytes[at++] & 0xff;
    }
    if (type == HEADERS && (flags & PRIORITIZED) != 0) {
      need(5);
      at += 5;
    }
    if (padding > end - at) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "more padding than there is");
    }
    end -= padding;
  }

  private void need(int count) throws ConnectionError {
    if (end - at < count) {
      throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "a frame is too short");
    }
  }

  /** Joins the field block (section 6.10). How many parts it has is bounded, and its length. */
  private boolean block() throws IOException {
    block = payload();
    int opened = stream;
    int first = flags;
    boolean ended = (flags & END_HEADERS) != 0;
    for (int more = 0; !ended; more++) {
      if (more == MAX_CONTINUATIONS || block.length > MAX_BLOCK) {
        throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, "a field block without end");
      }
      if (!frame()) {
        return false;
      }
      if (type != CONTINUATION || stream != opened) {
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, "a frame inside a field block");
      }
      ended = (flags & END_HEADERS) != 0;
      byte[] joined = Arrays.copyOf(block, block.length + length);
      System.arraycopy(bytes, at, joined, block.length, length);
      block = joined;
    }
    type = HEADERS;
    stream = opened;
    flags = first;
    return true;
  }
}
