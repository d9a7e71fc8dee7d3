package dev.aegis.admin.relay;

import static dev.aegis.admin.relay.ScriptedGateway.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.Json;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The access logs of several gateways as one. */
final class GatewayLogsTest {
  /** However busy the machine is: nobody waits for as long. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<Backend> backends = new ArrayList<>();
  private ScriptedGateway one;
  private ScriptedGateway two;

  @BeforeEach
  void start() throws IOException {
    one = new ScriptedGateway("gateway-1");
    two = new ScriptedGateway("gateway-2");
  }

  @AfterEach
  void stop() {
    backends.forEach(Backend::close);
    one.close();
    two.close();
  }

  private GatewayLogs logs(URI... gateways) {
    return logs(PATIENCE, gateways);
  }

  private GatewayLogs logs(Duration patience, URI... gateways) {
    List<GatewayLogs.Gateway> all = new ArrayList<>();
    for (URI uri : gateways) {
      Backend backend = new Backend("The gateway", uri, "secret");
      backends.add(backend);
      all.add(GatewayLogs.Gateway.of(uri, backend));
    }
    return new GatewayLogs(all, patience);
  }

  private static List<String> ids(GatewayLogs.Newest newest) {
    return newest.lines().stream().map(each -> each.shown().path("request_id").asText()).toList();
  }

  @Test
  void linesOfAllAreInTheOrderOfTheirTime() {
    one.write(line(1, "a", null), line(3, "c", null), line(5, "e", null));
    two.write(line(2, "b", null), line(4, "d", null));
    GatewayLogs logs = logs(one.uri(), two.uri());

    GatewayLogs.Newest newest = logs.newest(Json.object().put("status", "5xx"), 10);
    assertThat(ids(newest)).containsExactly("e", "d", "c", "b", "a");
    assertThat(newest.more()).isFalse();
    assertThat(newest.answered()).containsExactly("gateway-1", "gateway-2");
    assertThat(newest.unanswered()).isEmpty();
    assertThat(newest.since()).isEqualTo(Instant.parse("2026-02-28T00:00:00Z"));
    assertThat(one.questions().getFirst())
        .hasToString("{\"filters\":{\"status\":\"5xx\"},\"limit\":10}");
    assertThat(one.tokens()).containsExactly("Bearer secret");
  }

  @Test
  void nothingIsShownBesideAGap() {
    one.write(line(1, "a", null), line(3, "c", null), line(5, "e", null));
    two.write(line(2, "b", null), line(4, "d", null));
    GatewayLogs logs = logs(one.uri(), two.uri());

    // The first one says "e" and that it has older ones: what is older than "e" is not shown.
    one.says(
        """
        {"node":"gateway-1","position":"r:1","since":"2026-02-28T00:00:00Z","more":true,
         "items":[{"timestamp":"2026-03-01T00:00:05Z","request_id":"e"}]}
        """);
    GatewayLogs.Newest newest = logs.newest(Json.object(), 10);
    assertThat(ids(newest)).containsExactly("e");
    assertThat(newest.more()).isTrue();

    one.says(null);
    newest = logs.newest(Json.object(), 2);
    assertThat(ids(newest)).containsExactly("e", "d");
    assertThat(newest.more()).isTrue();
  }

  /** A gateway writes lines as requests end, and those of one moment in any order. */
  @Test
  void linesThatAreNotInTheOrderOfTheirTimeAreShown() {
    one.says(
        """
        {"node":"gateway-1","position":"r:1","since":"2026-02-28T00:00:00Z","more":true,
         "items":[{"timestamp":"2026-03-01T00:00:05.000001Z","request_id":"a"},
          {"timestamp":"2026-03-01T00:00:05Z","request_id":"b"},
          {"timestamp":"2026-03-01T00:00:05.000002Z","request_id":"c"}]}
        """);
    two.write(line(4, "d", null));
    GatewayLogs.Newest newest = logs(one.uri(), two.uri()).newest(Json.object(), 10);
    assertThat(ids(newest)).containsExactly("c", "a", "b");
    assertThat(newest.more()).isTrue();
  }

  @Test
  void whoIsAwayOrSilentIsNamed() throws Exception {
    two.write(line(2, "b", null));
    URI away = one.uri();
    one.stop();
    one.restart();
    one.silent();
    URI nobody = URI.create("http://127.0.0.1:1");

    assertThat(ids(logs(two.uri()).newest(Json.object(), 10))).as("warm").containsExactly("b");
    GatewayLogs.Newest newest =
        logs(Duration.ofSeconds(2), away, two.uri(), nobody).newest(Json.object(), 10);
    assertThat(ids(newest)).containsExactly("b");
    assertThat(newest.unanswered()).containsExactly(away.getAuthority(), "127.0.0.1:1");
    assertThat(logs(nobody).newest(Json.object(), 10).since()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no JSON",
        "[]",
        "{}",
        "{\"node\":\"g\",\"position\":\"r:1\",\"since\":\"soon\",\"items\":[]}",
        "{\"node\":\"g\",\"position\":\"r:1\\nid: x\",\"since\":\"2026-02-28T00:00:00Z\"}",
        "{\"node\":\"g\",\"position\":\"r:1\",\"since\":\"2026-02-28T00:00:00Z\",\"items\":[1]}",
        "{\"node\":\"g\",\"position\":\"r:1\",\"since\":\"2026-02-28T00:00:00Z\",\"items\":[{}]}",
        "{\"node\":1,\"position\":\"r:1\",\"since\":\"2026-02-28T00:00:00Z\",\"items\":[]}",
      })
  void whoTalksNonsenseHasNotAnswered(String nonsense) {
    two.write(line(2, "b", null));
    one.says(nonsense);
    GatewayLogs.Newest newest = logs(one.uri(), two.uri()).newest(Json.object(), 10);
    assertThat(ids(newest)).containsExactly("b");
    assertThat(newest.unanswered()).containsExactly(one.uri().getAuthority());
  }
}
