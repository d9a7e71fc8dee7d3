package dev.aegis.gateway.http1;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The body of one message as it arrives, its framing checked and taken off.
 *
 * <p>Framing follows RFC 9112 sections 6.3 and 7.1, or is that of a stream (RFC 9113 section 8.1).
 * Chunk extensions end here (section 7.1.1 allows it). Trailer fields go on, but for those that the
 * gateway knows: what is decided by a head must not be said anew behind its back (RFC 9110 section
 * 6.5.1). Those of a request do not go on in chunks, because there are servers that know no trailer
 * and would take it for the next request. All are bounded and must be well-formed.
 */
public final class Body {
  private static final byte[] LAST_CHUNK = {'0', '\r', '\n'};
  private static final byte[] NOTHING = {};
  private static final int MAX_CHUNK_LINE = 256;
  private static final int MAX_TRAILER = 8 * 1024;
  private static final long UNTIL_CLOSE = -2;
  private static final long UNTIL_END = -3;
  private static final long CHUNKED = -1;

  private final Input input;
  private final boolean ofReply;
  private final long framing;
  private long remaining;
  private boolean first = true;
  private boolean done;
  private long taken;
  private long most = Long.MAX_VALUE;
  private @Nullable Output filling;
  private @Nullable Copy copy;
  private byte[] trailer = NOTHING;
  private @Nullable MessageDigest digest;
  private byte[] wanted = NOTHING;

  private Body(Input input, boolean ofReply, long framing) {
    this.input = input;
    this.ofReply = ofReply;
    this.framing = framing;
    this.remaining = Math.max(framing, 0);
    this.done = framing == 0;
  }

  /** Gets what is passed on of a body, piece by piece, without framing; on the same thread. */
  public interface Copy {
    /** The next piece, to be taken before this returns. */
    void add(byte[] bytes, int from, int count);
  }

  /** A body that is there already. */
  public static Body stored(byte[] bytes) {
    return new Body(Input.stored(bytes), false, bytes.length);
  }

  /** The body of a reply that ends where {@code input} does. */
  static Body untilEnd(Input input) {
    return new Body(input, true, UNTIL_CLOSE);
  }

  /** The body of a request. */
  public static Body of(RequestHead head, Input input) {
    return new Body(input, false, framing(head, input, 0));
  }

  /** That there is none. */
  public static Body none(Input input) {
    return new Body(input, true, 0);
  }

  /** The body of a reply to {@code method}. */
  public static Body of(ResponseHead head, String method, Input input) {
    if (!head.hasBody(method)) {
      return none(input);
    }
    return new Body(input, true, framing(head, input, UNTIL_CLOSE));
  }

  private static long framing(Head head, Input input, long otherwise) {
    if (head.chunked()) {
      return input.ofMessage() ? UNTIL_END : CHUNKED;
    }
    return head.contentLength() >= 0 ? head.contentLength() : otherwise;
  }

  /** Length in bytes, known beforehand, or -1. */
  public long length() {
    return framing >= 0 ? framing : -1;
  }

  /**
   * No more than this many bytes are wanted: a longer body ends in {@link
   * BadMessage.Kind#BODY_TOO_LARGE}, before anything of the piece that is too much was passed on.
   */
  public void atMost(long bytes) {
    most = bytes;
  }

  /** Fails at once where {@link #await} would, if the length is known and too large. */
  public void check() throws BadMessage {
    want(remaining);
  }

  /**
   * What its SHA-256 must be. If it is another, reading ends in {@link BadMessage.Kind#MALFORMED}
   * before its end is passed on: the last piece, or where the length was not known what says that
   * there are no more. So nobody gets the whole of it.
   *
   * @throws BadMessage at once when it is empty, and should not be
   */
  public void mustHave(byte[] sha256) throws BadMessage {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
    wanted = sha256.clone();
    if (done) {
      verify();
    }
  }

  /** From now on {@code other} gets what is passed on too. */
  public void copyTo(Copy other) {
    copy = other;
  }

  /** Whether the body ends only where its connection does. */
  public boolean untilClose() {
    return framing == UNTIL_CLOSE;
  }

  /** Whether all of it has been taken. */
  public boolean done() {
    return done;
  }

  /** Bytes taken so far, without framing. */
  public long taken() {
    return taken;
  }

  /** The lines of its trailer that may go on, each with its CRLF; known when it is done. */
  public byte[] trailer() {
    return trailer;
  }

  /**
   * Passes the whole body to {@code out}, and flushes it before each wait, so that what has arrived
   * goes on at once.
   *
   * @param chunked whether {@code out} gets it in chunks, and behind those of a reply its trailer
   */
  public void relay(Output out, boolean chunked) throws IOException, BadMessage {
    filling = out;
    while (await()) {
      int count = count();
      look(count);
      if (chunked) {
        out.chunk(input.bytes, input.at, count);
      } else {
        out.write(input.bytes, input.at, count);
      }
      copied(count);
      take(count);
    }
    if (chunked) {
      out.put(LAST_CHUNK);
      if (ofReply) {
        out.put(trailer);
      }
      out.endLine();
    }
  }

  /** Puts the whole body, of known and small length, into {@code out} without sending it. */
  public void gather(Output out) throws IOException, BadMessage {
    while (await()) {
      int count = count();
      look(count);
      out.put(input.bytes, input.at, count);
      copied(count);
      take(count);
    }
  }

  /** Whether the next piece is there without a wait, as far as can be seen. */
  boolean ready() {
    // Behind a chunk its line end is there, and says nothing of what follows.
    return input.available() > (framing == CHUNKED && remaining == 0 ? 2 : 0);
  }

  /** Waits for the next piece and takes what fits of it; -1 when there are no more. */
  int read(byte[] into) throws IOException, BadMessage {
    if (!await()) {
      return -1;
    }
    int count = Math.min(count(), into.length);
    look(count);
    System.arraycopy(input.bytes, input.at, into, 0, count);
    copied(count);
    take(count);
    return count;
  }

  /** Waits for all of it; its size is bounded by {@link #atMost}. */
  public byte[] all() throws IOException, BadMessage {
    byte[] all = NOTHING;
    int count = 0;
    while (await()) {
      int more = count();
      look(more);
      if (all.length - count < more) {
        all = Arrays.copyOf(all, Math.max(count + more, 2 * count));
      }
      System.arraycopy(input.bytes, input.at, all, count, more);
      copied(more);
      take(more);
      count += more;
    }
    return all.length == count ? all : Arrays.copyOf(all, count);
  }

  /** Reads all of it and keeps nothing. */
  public void discard() throws IOException, BadMessage {
    digest = null;
    while (await()) {
      take(count());
    }
  }

  /** Waits for bytes of the body; false when there are no more. */
  private boolean await() throws IOException, BadMessage {
    if (done) {
      return false;
    }
    if (framing == CHUNKED && remaining == 0 && !nextChunk()) {
      verify();
      done = true;
      return false;
    }
    want(remaining);
    if (!ensure()) {
      if (framing == UNTIL_CLOSE || framing == UNTIL_END) {
        verify();
        finish();
        return false;
      }
      if (input.ofMessage()) {
        throw BadMessage.malformed("the body is shorter than Content-Length says");
      }
      throw new BadMessage(BadMessage.Kind.INCOMPLETE, "the body ends early");
    }
    want(count());
    return true;
  }

  private void want(long more) throws BadMessage {
    if (more > most - taken) {
      throw new BadMessage(
          BadMessage.Kind.BODY_TOO_LARGE, "the body has more than " + most + " bytes");
    }
  }

  /** Before a piece is passed on. */
  private void look(int count) throws BadMessage {
    MessageDigest sum = digest;
    if (sum != null) {
      sum.update(input.bytes, input.at, count);
      if (framing >= 0 && remaining == count) {
        verify();
      }
    }
  }

  private void verify() throws BadMessage {
    MessageDigest sum = digest;
    digest = null;
    if (sum != null && !MessageDigest.isEqual(sum.digest(), wanted)) {
      throw BadMessage.malformed("the body is not the one that Content-Digest tells of");
    }
  }

  private void copied(int count) {
    Copy other = copy;
    if (other != null) {
      other.add(input.bytes, input.at, count);
    }
  }

  private void finish() throws BadMessage {
    done = true;
    if (input.ofMessage()) {
      trailer = Trailer.passing(input.trailer());
    }
  }

  private int count() {
    int available = input.available();
    return framing >= CHUNKED ? (int) Math.min(available, remaining) : available;
  }

  private void take(int count) throws IOException, BadMessage {
    input.at += count;
    taken += count;
    if (framing < CHUNKED) {
      return;
    }
    remaining -= count;
    if (remaining == 0 && framing != CHUNKED) {
      if (input.ofMessage() && ensure()) {
        throw BadMessage.malformed("the body is longer than Content-Length says");
      }
      finish();
    }
  }

  /** Reads the line before the next chunk; false when it was the last one. */
  private boolean nextChunk() throws IOException, BadMessage {
    if (!first) {
      expect('\r');
      expect('\n');
    }
    first = false;
    long size = 0;
    int length = 0;
    byte b = next();
    for (int digit = Character.digit(b, 16); digit >= 0; digit = Character.digit(b, 16)) {
      if (++length > 15) {
        throw BadMessage.malformed("a chunk size has more than 15 digits");
      }
      size = size << 4 | digit;
      b = next();
    }
    if (length == 0) {
      throw BadMessage.malformed("a chunk has no size");
    }
    if (b == ';') {
      while (b != '\r') {
        if (++length > MAX_CHUNK_LINE || b < ' ' && b != '\t' || b == 0x7f) {
          throw BadMessage.malformed("a chunk extension is too long or has control bytes");
        }
        b = next();
      }
    }
    if (b != '\r') {
      throw BadMessage.malformed("a chunk size is followed by something else");
    }
    expect('\n');
    remaining = size;
    if (size == 0) {
      readTrailer();
    }
    return size > 0;
  }

  private void readTrailer() throws IOException, BadMessage {
    byte[] lines = NOTHING;
    int total = 0;
    while (true) {
      byte b = next();
      if (b == '\r') {
        expect('\n');
        trailer = Trailer.passing(Arrays.copyOf(lines, total));
        return;
      }
      boolean name = true;
      int begin = total;
      for (; b != '\r'; b = next()) {
        if (total >= MAX_TRAILER) {
          throw new BadMessage(BadMessage.Kind.HEAD_TOO_LARGE, "the trailer is too large");
        }
        if (name && b == ':' && total > begin) {
          name = false;
        } else if (name ? !Head.isToken(b) : b >= 0 && b < ' ' && b != '\t' || b == 0x7f) {
          throw BadMessage.malformed("a trailer line is not a name, a colon and a value");
        }
        if (total + 3 > lines.length) {
          lines = Arrays.copyOf(lines, Math.max(256, lines.length * 2));
        }
        lines[total++] = b;
      }
      if (name) {
        throw BadMessage.malformed("a trailer line has no colon");
      }
      expect('\n');
      lines[total++] = '\r';
      lines[total++] = '\n';
    }
  }

  private void expect(char wanted) throws IOException, BadMessage {
    if (next() != wanted) {
      throw BadMessage.malformed("a line of the chunked framing does not end in CRLF");
    }
  }

  private byte next() throws IOException, BadMessage {
    if (!ensure()) {
      throw new BadMessage(BadMessage.Kind.INCOMPLETE, "the body ends early");
    }
    return input.bytes[input.at++];
  }

  private boolean ensure() throws IOException {
    if (input.available() == 0 && filling != null) {
      filling.flush();
    }
    return input.ensure();
  }
}
