package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RedisPeerTest {
  @Test
  void keepsItsDataAcrossAStop() throws IOException {
    try (RedisPeer redis = RedisPeer.start()) {
      assertThat(say(redis, "SET key value")).isEqualTo("+OK");
      redis.stop();
      assertThat(FreePorts.free(redis.port())).isTrue();
      redis.restart();
      assertThat(say(redis, "EXISTS key")).isEqualTo(":1");
    }
  }

  private static String say(RedisPeer redis, String command) throws IOException {
    try (Socket socket = new Socket(FreePorts.LOOPBACK, redis.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      StringBuilder line = new StringBuilder();
      for (int c = socket.getInputStream().read(); c != '\r' && c >= 0; ) {
        line.append((char) c);
        c = socket.getInputStream().read();
      }
      return line.toString();
    }
  }
}
