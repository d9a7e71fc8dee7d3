package dev.aegis.gateway.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.model.Finding;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a gateway says of its Redis. */
final class RedisProbeTest {
  private Instant now = Instant.parse("2030-01-01T00:00:00Z");

  @Test
  void saysWhetherItAnswers() {
    try (RedisPeer redis = RedisPeer.start();
        RedisProbe probe = new RedisProbe(Optional.of(new RedisAccess(redis.url())), () -> now)) {
      assertThat(probe.finding()).isNull(); // nobody has asked
      probe.ask();
      assertThat(probe.state()).isEqualTo("up");
      assertThat(probe.finding()).isNull();
      redis.kill();
      for (int i = 0; i < 3; i++) {
        probe.ask();
        assertThat(probe.state()).isEqualTo("down");
        assertThat(probe.finding())
            .isEqualTo(Finding.warning("redis", "it has not answered since 2030-01-01T00:00:00Z"));
        now = now.plusSeconds(5);
      }
      redis.restart();
      probe.ask();
      assertThat(probe.state()).isEqualTo("up");
      assertThat(probe.finding()).isNull();
    }
  }

  @Test
  void saysThatThereIsNone() {
    try (RedisProbe probe = new RedisProbe(Optional.empty(), () -> now)) {
      probe.ask();
      assertThat(probe.state()).isEqualTo("off");
    }
  }

  /** What answers every other command well, and this one with nonsense. */
  @Test
  void whatIsNoRedisIsDown() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        RedisProbe probe =
            new RedisProbe(
                Optional.of(new RedisAccess("redis://127.0.0.1:" + server.getLocalPort())),
                () -> now)) {
      Thread.ofVirtual().start(() -> answer(server));
      probe.ask();
      assertThat(probe.state()).isEqualTo("down");
    }
  }

  private static void answer(ServerSocket server) {
    byte[] bytes = new byte[4_096];
    try (Socket socket = server.accept()) {
      socket.setSoTimeout(2_000); // Jedis leaves it open
      for (int read; (read = socket.getInputStream().read(bytes)) > 0; ) {
        String commands = new String(bytes, 0, read, StandardCharsets.US_ASCII);
        String answer = commands.contains("PING") ? ":5\r\n" : "+OK\r\n";
        int asked = commands.length() - commands.replace("*", "").length();
        socket.getOutputStream().write(answer.repeat(asked).getBytes(StandardCharsets.US_ASCII));
      }
    } catch (SocketTimeoutException e) {
      return; // the probe has asked all it wanted
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
