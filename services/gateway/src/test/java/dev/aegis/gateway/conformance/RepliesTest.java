package dev.aegis.gateway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.conformance.RecordingBackend.Received;
import dev.aegis.gateway.conformance.RecordingBackend.Script;
import dev.aegis.gateway.edge.GatewayInProcess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The backend's leg of HTTP/1.1, byte by byte: for each row of {@code replies.txt} a backend says
 * these bytes, and the caller gets those. Whatever they are, the next request on the same
 * connection gets its own answer or none, and a request that was sent once came once.
 */
final class RepliesTest {
  private static final String END = "...";
  private static final String HOST = " HTTP/1.1\r\nHost: a.test\r\n";
  private static final String NEXT = "GET /next" + HOST + "\r\n";

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
    return Table.read("replies.txt", 6);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void isPassedOnAsTheRowSays(Table.Row row) throws Exception {
    backend.forget();
    String said = row.column(3);
    boolean stays = !said.endsWith(END);
    backend.say(new Script(stays ? said : without(said), stays));
    String[] request = row.column(2).split(", ", 2);
    String lines = request.length == 1 ? "" : request[1];
    try (HttpProbe caller = HttpProbe.connect(gateway.port())) {
      caller.send(request[0] + " /scripted" + HOST + lines + "\r\n" + NEXT).finish();
      if (row.column(4).matches("[0-9 ]+")) {
        refused(caller, row.column(4).split(" "));
      } else {
        passed(caller, row.column(4));
      }
    }
    List<Received> scripted = received("/scripted ");
    assertThat(scripted).hasSize(1);
    rest();
    HttpProbe.once(gateway.port(), "GET /after" + HOST + "Connection: close\r\n\r\n");
    rest(); // else the next row's connection may be kept before this one
    assertThat(received("/after ").getFirst().connection() == scripted.getFirst().connection())
        .isEqualTo(row.column(5).equals("kept"));
  }

  /** A connection to the backend is kept a moment after the reply. */
  private static void rest() {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> gateway.active() == 0);
  }

  /** Where Aegis counts, its numbers are the only ones; a caller could not tell whose are whose. */
  @Test
  void putsItsOwnLimitsInThePlaceOfTheBackends() throws Exception {
    try (GatewayInProcess limiting = GatewayInProcess.before(backend.url())) {
      limiting.put(
          "tenants/a/plugins/l",
          Map.of(
              "id",
              "l",
              "plugin",
              "rate_limit",
              "config",
              Map.of("limit", 5, "window_seconds", 60)));
      backend.say(
          new Script(
              "HTTP/1.1 200 OK\r\nRateLimit: \"x\";r=1;t=2\r\nRATELIMIT-POLICY: \"x\";q=1;w=2\r\n"
                  + "X-RateLimit-Limit: backends\r\nX-Ratelimit-Remaining: backends\r\n"
                  + "x-ratelimit-reset: backends\r\nX_RateLimit_Reset: backends\r\nContent-Length: 2\r\n\r\nok",
              true));
      HttpMessage reply = HttpProbe.once(limiting.port(), "GET /scripted" + HOST + "\r\n");
      assertThat(reply.field("RateLimit")).startsWith("\"l\";r=4;t=");
      assertThat(reply.field("RateLimit-Policy")).isEqualTo("\"l\";q=5;w=60");
      assertThat(reply.field("X-RateLimit-Limit")).isEqualTo("5");
      assertThat(reply.field("X-RateLimit-Remaining")).isEqualTo("4");
      assertThat(reply.fields("X-RateLimit-Reset")).hasSize(1);
      assertThat(reply.head()).doesNotContain("backends", "\"x\"");
    }
  }

  /** The caller's connection goes on behind a refusal: nothing of a reply was sent. */
  private static void refused(HttpProbe caller, String... statuses) throws Exception {
    for (String status : statuses) {
      assertThat(caller.read().status()).isEqualTo(Integer.parseInt(status));
    }
    HttpMessage next = caller.read();
    assertThat(next.text()).isEqualTo("for /next");
    assertThat(caller.ended()).isTrue();
  }

  private static void passed(HttpProbe caller, String column) throws Exception {
    String got =
        Own.withoutId(new String(caller.input().readAllBytes(), StandardCharsets.ISO_8859_1));
    if (column.endsWith(END)) {
      assertThat(got).startsWith(Own.reply(without(column))).doesNotContain("for /next");
      assertThat(received("/next ")).isEmpty();
      return;
    }
    assertThat(got)
        .isEqualTo(
            Own.reply(column + "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n{own}\r\nfor /next"));
  }

  private static List<Received> received(String target) {
    return backend.received().stream().filter(one -> one.bytes().contains(target)).toList();
  }

  private static String without(String column) {
    return column.substring(0, column.length() - END.length());
  }
}
