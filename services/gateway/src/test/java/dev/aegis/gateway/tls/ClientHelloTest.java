package dev.aegis.gateway.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

/** The first message of a handshake, as callers send it and as they should not. */
final class ClientHelloTest {
  private static byte[] hello(String host) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, null, null);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(host == null ? List.of() : List.of(new SNIHostName(host)));
    engine.setSSLParameters(parameters);
    ByteBuffer out = ByteBuffer.allocate(20_000);
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  private static ClientHello read(byte[] bytes) throws IOException {
    ClientHello hello = ClientHello.read(new ByteArrayInputStream(bytes));
    assertThat(hello.consumed().readAllBytes())
        .as("nothing is lost, and nothing invented")
        .isEqualTo(Arrays.copyOf(bytes, hello.consumed().available()));
    return hello;
  }

  /** The same message in records of at most {@code size} bytes. */
  private static byte[] inRecords(byte[] hello, int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 5; at < hello.length; at += size) {
      int length = Math.min(size, hello.length - at);
      out.write(hello, 0, 3);
      out.write(length >> 8);
      out.write(length);
      out.write(hello, at, length);
    }
    return out.toByteArray();
  }

  @Test
  void itsHostIsFoundHoweverItIsCutIntoRecords() throws Exception {
    byte[] hello = hello("Pay.Acme.test");
    for (int size = 1; size <= hello.length; size++) {
      byte[] bytes = inRecords(hello, size);
      ClientHello read = read(bytes);
      assertThat(read.host()).isEqualTo("pay.acme.test");
      assertThat(read.consumed().available()).isEqualTo(bytes.length);
    }
    assertThat(read(hello(null)).host()).isNull();
  }

  /** What follows the message, such as early data, stays with what is read later. */
  @Test
  void nothingBehindItIsWaitedFor() throws Exception {
    byte[] hello = hello("pay.acme.test");
    byte[] more = Arrays.copyOf(hello, hello.length + 100);
    assertThat(read(more).consumed().available()).isEqualTo(hello.length);
  }

  @Test
  void oneThatIsCutOffHasNoHost() throws Exception {
    byte[] hello = hello("pay.acme.test");
    for (int length = 0; length < hello.length; length++) {
      ClientHello read = read(Arrays.copyOf(hello, length));
      assertThat(read.host()).isNull();
      assertThat(read.consumed().available()).isEqualTo(length);
    }
  }

  @Test
  void otherBytesAreLeftToTls() throws Exception {
    byte[] http =
        "GET / HTTP/1.1\r\nHost: pay.acme.test\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    assertThat(read(http).host()).isNull();
    byte[] empty = {22, 3, 1, 0, 0};
    assertThat(read(empty).host()).isNull();
    byte[] long16 = new byte[40_000];
    long16[0] = 22;
    long16[3] = (byte) 0x40;
    long16[4] = 1; // one more than a record may have
    assertThat(read(long16).consumed().available()).isEqualTo(5);
    byte[] longMessage = {22, 3, 1, 0, 4, 1, 0, (byte) 0x80, 1};
    assertThat(read(longMessage).host()).isNull();
  }

  /** Whatever is wrong in it, there is a host, or none, and no more than was sent. */
  @Test
  void changedBytesDoNoHarm() throws Exception {
    byte[] hello = hello("pay.acme.test");
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      byte[] changed = hello.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      assertThat(read(changed).consumed().available()).isLessThanOrEqualTo(hello.length);
    }
  }
}
