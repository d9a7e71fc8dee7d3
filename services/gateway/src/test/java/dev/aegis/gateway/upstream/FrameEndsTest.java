package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where frames end, whatever their lengths and however they arrive. */
final class FrameEndsTest {
  private static final int TEXT = 0x81;
  private static final int CLOSE = 0x88;

  /** A frame whose length is written in {@code more} bytes behind the first two. */
  private static byte[] frame(int first, boolean masked, int more, long length, int payload) {
    ByteBuffer frame = ByteBuffer.allocate(2 + more + (masked ? 4 : 0) + payload);
    int mask = masked ? 0x80 : 0;
    frame.put((byte) first);
    switch (more) {
      case 0 -> frame.put((byte) (mask | length));
      case 2 -> frame.put((byte) (mask | 126)).putShort((short) length);
      case 8 -> frame.put((byte) (mask | 127)).putLong(length);
      default -> throw new AssertionError(more);
    }
    if (masked) {
      frame.putInt(0x88888888);
    }
    while (frame.hasRemaining()) {
      frame.put((byte) CLOSE); // looks like heads, and is none
    }
    return frame.array();
  }

  /** Whole frames, and one byte at a time. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0, 1",
    "0, 125",
    "2, 0",
    "2, 126",
    "2, 255",
    "2, 256",
    "2, 65535",
    "8, 0",
    "8, 1",
    "8, 65536",
    "8, 70000"
  })
  void findsTheEnd(int more, int length) {
    for (boolean masked : new boolean[] {false, true}) {
      byte[] frame = frame(TEXT, masked, more, length, length);
      FrameEnds whole = new FrameEnds();
      FrameEnds single = new FrameEnds();
      assertThat(whole.between()).isTrue();
      assertThat(whole.next(frame, 0, frame.length - 1)).isEqualTo(frame.length - 1);
      assertThat(whole.between()).isFalse();
      assertThat(whole.next(frame, frame.length - 1, frame.length)).isEqualTo(frame.length);
      assertThat(whole.between()).isTrue();
      for (int at = 0; at < frame.length; at++) {
        assertThat(single.next(frame, at, at + 1)).isEqualTo(at + 1);
        assertThat(single.between()).isEqualTo(at == frame.length - 1);
      }
      assertThat(single.closed()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void seesAWholeCloseFrame(boolean masked) {
    byte[] frame = frame(CLOSE, masked, 0, 2, 2);
    FrameEnds frames = new FrameEnds();
    frames.next(frame, 0, frame.length - 1);
    assertThat(frames.closed()).isFalse();
    frames.next(frame, frame.length - 1, frame.length);
    assertThat(frames.closed()).isTrue();
  }

  /** The most significant bit of a length is 0 (RFC 6455 section 5.2). */
  @Test
  void aLengthThatCannotBeNeverEnds() {
    for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      byte[] frame = frame(TEXT, true, 8, length, 1000);
      FrameEnds frames = new FrameEnds();
      assertThat(frames.next(frame, 0, frame.length)).isEqualTo(frame.length);
      assertThat(frames.between()).isFalse();
    }
  }

  /** Any frames in any pieces: the ends are those that were written. */
  @Test
  void piecesDoNotMatter() {
    SplittableRandom random = new SplittableRandom(6455);
    for (int round = 0; round < 300; round++) {
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      List<Integer> ends = new ArrayList<>();
      for (int i = random.nextInt(1, 20); i > 0; i--) {
        int more = new int[] {0, 2, 8}[random.nextInt(3)];
        int length = random.nextInt(more == 0 ? 126 : 2000);
        written.writeBytes(frame(random.nextInt(256), random.nextBoolean(), more, length, length));
        ends.add(written.size());
      }
      byte[] bytes = written.toByteArray();
      List<Integer> found = new ArrayList<>();
      FrameEnds frames = new FrameEnds();
      for (int at = 0; at < bytes.length; ) {
        int to = Math.min(bytes.length, at + random.nextInt(1, 700));
        while (at < to) {
          at = frames.next(bytes, at, to);
          if (frames.between()) {
            found.add(at);
          }
        }
      }
      assertThat(found).isEqualTo(ends);
    }
  }
}
