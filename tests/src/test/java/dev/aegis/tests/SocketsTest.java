package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.ChildProcess;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets through a gateway that is a process of its own. */
final class SocketsTest {
  /** A stop's last requests, its drain, its records and its events, by their bounds in turn. */
  private static final Duration BOUND = Duration.ofSeconds(15);

  private static final int AT_ONCE = 3;

  @TempDir Path data;

  /** RFC 6455 section 7.4.1: 1001 is what a server says that goes away. */
  @Test
  void aGatewayThatIsToldToStopSaysGoodbyeToBothSidesAndEnds() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient(); // it ends once its sockets have
        EchoSocket backend = new EchoSocket();
        Installation installation = new Installation(data)) {
      installation.start("admin");
      installation.start("gateway");
      installation.publish(backend.uri());
      installation.openRoute("/chat");

      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      List<WebSocket> sockets = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        WebSocket socket =
            client
                .newWebSocketBuilder()
                .header("Host", Installation.HOST)
                .buildAsync(installation.socket("/chat"), new Listener(heard))
                .get(20, TimeUnit.SECONDS);
        socket.sendText("hello", true).get(20, TimeUnit.SECONDS);
        assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("hello");
        sockets.add(socket);
      }

      ChildProcess gateway = installation.process("gateway");
      gateway.terminate();
      for (int i = 0; i < AT_ONCE; i++) {
        assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("closed 1001");
      }
      assertThat(gateway.awaitExit(BOUND)).isZero();
      await().untilAsserted(() -> assertThat(backend.goodbyes()).containsExactly(1001, 1001, 1001));
      assertThat(sockets).allMatch(WebSocket::isInputClosed);
    }
  }

  private record Listener(BlockingQueue<String> heard) implements WebSocket.Listener {
    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      heard.add(data.toString());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      heard.add("closed " + code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      heard.add(error.toString());
    }
  }
}
