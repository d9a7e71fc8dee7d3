package dev.aegis.gateway.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.BadMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What is exact only where nobody takes what comes. */
final class Http2ConnectionTest {
  private static final String PREFACE =
      HexFormat.of()
              .formatHex("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1))
          + "000000040000000000";

  /** Bytes of a peer that has said all it has to say. */
  private static final class Said implements Transport {
    private final ByteArrayInputStream in;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Said(byte[] bytes) {
      in = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read(byte[] to, int from, int most) {
      return in.read(to, from, most);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
      out.write(bytes, from, length);
    }

    @Override
    public void awaits(Awaited what) {
      // It never waits.
    }

    @Override
    public void finish() {
      // Everything is there.
    }

    @Override
    public void close() {
      // The same.
    }

    synchronized String hex() {
      return HexFormat.of().formatHex(out.toByteArray());
    }
  }

  private static String served(byte[] said) throws Exception {
    Said transport = new Said(said);
    Http2Connection connection =
        new Http2Connection(transport, true, 100) {
          @Override
          protected void opened(Stream stream) {
            // Nobody takes its body.
          }

          @Override
          protected void opened(Stream stream, BadMessage wrong) {
            throw new AssertionError(wrong);
          }
        };
    connection.begin();
    connection.run();
    return transport.hex();
  }

  /** A POST on a stream, and {@code length} bytes of its body. */
  private static void post(ByteArrayOutputStream said, int stream, int length) {
    byte[] block = HexFormat.of().parseHex("83868401" + "03" + "612e74"); // :authority=a.t
    frame(said, FrameType.HEADERS, FrameType.END_HEADERS, stream, block);
    for (int left = length; left > 0; left -= FrameWriter.MAX_FRAME) {
      byte[] part = new byte[Math.min(left, FrameWriter.MAX_FRAME)];
      frame(said, FrameType.DATA, 0, stream, part);
    }
  }

  private static void frame(
      ByteArrayOutputStream said, int type, int flags, int stream, byte[] payload) {
    said.writeBytes(
        new byte[] {
          (byte) (payload.length >> 16),
          (byte) (payload.length >> 8),
          (byte) payload.length,
          (byte) type,
          (byte) flags,
          0,
          0,
          (byte) (stream >> 8),
          (byte) stream
        });
    said.writeBytes(payload);
  }

  private static ByteArrayOutputStream begun() {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    said.writeBytes(HexFormat.of().parseHex(PREFACE));
    return said;
  }

  /** RFC 9113 section 6.9.1: 16 streams of 64 KiB are 1 MiB less 16 bytes, and 16 more are left. */
  @Test
  void theWindowOfTheConnectionIsExact() throws Exception {
    ByteArrayOutputStream said = begun();
    for (int i = 0; i < 16; i++) {
      post(said, 2 * i + 1, 65_535);
    }
    post(said, 33, 16);
    assertThat(served(said.toByteArray())).doesNotContain(goAway(33, ErrorCode.FLOW_CONTROL_ERROR));
    post(said, 35, 1);
    assertThat(served(said.toByteArray())).endsWith(goAway(35, ErrorCode.FLOW_CONTROL_ERROR));
  }

  @Test
  void theWindowOfAStreamIsExact() throws Exception {
    ByteArrayOutputStream said = begun();
    post(said, 1, 65_535);
    assertThat(served(said.toByteArray())).doesNotContain("0000040300");
    frame(said, FrameType.DATA, 0, 1, new byte[1]);
    assertThat(served(said.toByteArray()))
        .contains("0000040300" + "00000001" + number(ErrorCode.FLOW_CONTROL_ERROR.number()));
  }

  private static String goAway(int last, ErrorCode why) {
    return "0000080700" + "00000000" + number(last) + number(why.number());
  }

  private static String number(int number) {
    return HexFormat.of().toHexDigits(number);
  }
}
