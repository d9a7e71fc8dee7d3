package dev.aegis.gateway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.conformance.RecordingBackend.Received;
import dev.aegis.gateway.edge.GatewayInProcess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The caller's leg of HTTP/1.1, byte by byte: each row of {@code requests.txt} is sent over a
 * connection of its own, with another request right behind it. What the caller gets, whether the
 * second request is served, and every byte that the backend sees are as the row says.
 */
final class RequestsTest {
  private static final String NEXT = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
  private static final String CANARY =
      "GET /canary HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

  private static RecordingBackend backend;
  private static GatewayInProcess gateway;

  @BeforeAll
  static void start() throws Exception {
    backend = RecordingBackend.start();
    gateway = GatewayInProcess.before(backend.url());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    backend.close();
  }

  static List<Table.Row> rows() {
    return Table.read("requests.txt", 6);
  }

  /** The suite is as large as it says, so that a set which lost its members shows. */
  @Test
  void hasHundredsOfRows() {
    assertThat(rows()).hasSizeGreaterThan(900);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void isAnsweredAndForwardedAsTheRowSays(Table.Row row) throws Exception {
    backend.forget();
    String request = row.column(2);
    boolean keeps = row.column(4).equals("keeps");
    try (HttpProbe caller = HttpProbe.connect(gateway.port())) {
      caller.send(request + NEXT).finish();
      HttpMessage last = null;
      for (String status : row.column(3).split(" ")) {
        if (!status.equals("-")) {
          last = request.startsWith("HEAD ") ? caller.readHead() : caller.read();
          assertThat(last.status()).isEqualTo(Integer.parseInt(status));
          assertRefusal(last);
        }
      }
      if (keeps) {
        assertThat(caller.read().text()).isEqualTo("for /smuggled");
      } else if (last != null) {
        assertThat(last.field("Connection")).isEqualTo("close");
      }
      assertThat(caller.ended()).isTrue();
    }
    assertBackendGot(row.column(5), keeps);
    // Whatever the row has done to connections that are kept, the next answer is the next one's.
    assertThat(HttpProbe.once(gateway.port(), CANARY).text()).isEqualTo("for /canary");
  }

  private static void assertRefusal(HttpMessage reply) {
    if (reply.status() == 400) {
      assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
      assertThat(reply.text()).contains("\"code\":\"malformed_request\"");
      assertThat(reply.field("Connection")).isEqualTo("close");
    }
  }

  private static void assertBackendGot(String column, boolean keeps) {
    List<String> expected = new ArrayList<>();
    boolean begun = column.endsWith(BEGUN);
    if (!column.equals("-")) {
      expected.add(Own.request(begun ? column.substring(0, column.length() - 3) : column));
    }
    if (keeps) {
      expected.add(Own.request("GET /smuggled HTTP/1.1\r\nHost: a.test\r\n{own}\r\n"));
    }
    if (begun) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> backend.received().size() == expected.size());
      Received only = backend.received().getFirst();
      assertThat(only.whole()).isFalse();
      assertThat(Own.withoutId(only.bytes()))
          .startsWith(expected.getFirst())
          .doesNotContain("\r\nGET /smuggled");
      return;
    }
    assertThat(backend.received())
        .allSatisfy(request -> assertThat(request.whole()).isTrue())
        .extracting(request -> Own.withoutId(request.bytes()))
        .containsExactlyElementsOf(expected);
  }

  /** Ends a column whose request never came to its end. */
  private static final String BEGUN = "...";
}
