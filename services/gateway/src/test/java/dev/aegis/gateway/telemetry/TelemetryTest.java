package dev.aegis.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.bus.OutgoingEvent;
import dev.aegis.events.Blame;
import dev.aegis.events.PluginCallsFailed;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.RequestsLost;
import dev.aegis.events.TenantEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Log lines and folded events. */
final class TelemetryTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05.678901Z");

  private static Finished refused(
      @Nullable String tenant, @Nullable String route, String limit, String subject, Instant at) {
    return new Finished(
        event(tenant, route, subject, 429, "rate_limited", "/x", at), "ip", limit, null);
  }

  static RequestEvent event(
      @Nullable String tenant,
      @Nullable String route,
      @Nullable String subject,
      int status,
      @Nullable String code,
      String path,
      Instant at) {
    return new RequestEvent(
        "r-1",
        tenant,
        route,
        "u",
        subject,
        "jwt",
        "GET",
        path,
        status,
        code,
        Blame.CALLER,
        3,
        4,
        at,
        12_345,
        12_000,
        345,
        1,
        "127.0.0.1:1",
        null,
        "agent",
        null,
        "node");
  }

  @Test
  void tellsTheFirstOfABurstAtOnceAndTheRestTogether() {
    Bursts bursts = new Bursts();
    bursts.add(refused("a", "r", "l", "alice", START));
    List<TenantEvent> first = bursts.due(START, false);
    assertThat(first).hasSize(1);
    assertThat(first.getFirst().type()).isEqualTo("rate_limit.exceeded");
    assertThat(first.getFirst().data().path("count").asLong()).isEqualTo(1);

    for (int i = 1; i <= 500; i++) {
      bursts.add(refused("a", "r", "l", "bob-" + i, START.plusMillis(i)));
      assertThat(bursts.due(START.plusMillis(i), false)).isEmpty();
    }
    assertThat(bursts.due(START.plusMillis(9_999), false)).isEmpty();
    List<TenantEvent> rest = bursts.due(START.plusSeconds(10), false);
    assertThat(rest).hasSize(1);
    JsonNode data = rest.getFirst().data();
    assertThat(data.path("count").asLong()).isEqualTo(500);
    assertThat(data.path("subject").asText()).isEqualTo("bob-500");
    assertThat(data.path("request_id").asText()).isEqualTo("r-1");
    assertThat(data.path("plugin_id").asText()).isEqualTo("l");
    assertThat(data.path("route_id").asText()).isEqualTo("r");
    assertThat(data.path("first_at").asText()).isEqualTo(START.plusMillis(1).toString());
    assertThat(data.path("last_at").asText()).isEqualTo(START.plusMillis(500).toString());
    assertThat(bursts.due(START.plusSeconds(20), false)).isEmpty();
    assertThat(bursts.due(START.plusSeconds(30), true)).isEmpty();
  }

  @Test
  void foldsFailuresOfPluginsAndTellsAtOnceThatOneIsOff() {
    Bursts bursts = new Bursts();
    bursts.add(failed("a", false, START));
    assertThat(bursts.due(START, false)).hasSize(1);
    for (int i = 1; i <= 4; i++) {
      bursts.add(failed("a", false, START.plusMillis(i)));
    }
    bursts.add(failed("a", true, START.plusMillis(5)));
    List<TenantEvent> off = bursts.due(START.plusMillis(5), false);
    assertThat(off).hasSize(1);
    assertThat(off.getFirst().type()).isEqualTo("plugin.failed");
    assertThat(off.getFirst().tenant()).isEqualTo("a");
    assertThat(off.getFirst().data().path("switched_off").asBoolean()).isTrue();
    assertThat(off.getFirst().data().path("count").asLong()).isEqualTo(1);
    List<TenantEvent> rest = bursts.due(START.plusSeconds(10), false);
    assertThat(rest).hasSize(1);
    JsonNode data = rest.getFirst().data();
    assertThat(data.path("switched_off").asBoolean()).isFalse();
    assertThat(data.path("count").asLong()).isEqualTo(4);
    assertThat(data.path("first_at").asText()).isEqualTo(START.plusMillis(1).toString());
    assertThat(data.path("last_at").asText()).isEqualTo(START.plusMillis(4).toString());
  }

  private static PluginCallsFailed failed(String tenant, boolean off, Instant at) {
    return new PluginCallsFailed(tenant, "greet", "greeting", "request_headers", off, 1, at, at);
  }

  @Test
  void foldsOnlyWhatBelongsTogether() {
    Bursts bursts = new Bursts();
    bursts.add(refused("a", "r", "l", "x", START));
    bursts.add(refused("b", "r", "l", "x", START));
    bursts.add(refused("a", "s", "l", "x", START));
    bursts.add(refused("a", null, "l", "x", START));
    bursts.add(refused("a", "r", "m", "x", START));
    bursts.add(refused("a", "r", "l", "y", START));
    bursts.add(refused(null, "r", "l", "x", START));
    bursts.add(new Finished(event("a", "r", "x", 200, null, "/", START), "ip", null, null));
    List<TenantEvent> due = bursts.due(START, false);
    assertThat(due).hasSize(5);
    assertThat(due.stream().mapToLong(event -> event.data().path("count").asLong()).sum())
        .isEqualTo(6);
  }

  @Test
  void leavesNothingBehindAtTheEnd() {
    Bursts bursts = new Bursts();
    bursts.add(refused("a", "r", "l", "x", START));
    assertThat(bursts.due(START, false)).hasSize(1);
    bursts.add(refused("a", "r", "l", "x", START));
    assertThat(bursts.due(START, true)).hasSize(1);
  }

  @Test
  void tellsHowManyRequestsNoEventTellsOf() throws Exception {
    Losses losses = new Losses();
    assertThat(losses.isEmpty()).isTrue();
    losses.add(event("a", "r", "x", 200, null, "/", START));
    losses.add(event("a", "s", "y", 500, null, "/", START.plusSeconds(10)));
    losses.add(event("a", "r", "x", 200, null, "/", START.plusSeconds(60)));
    losses.add(event(null, null, null, 404, "unknown_tenant", "/", START));

    losses.tell(event -> false);
    List<OutgoingEvent> told = new ArrayList<>();
    losses.tell(told::add);
    assertThat(losses.isEmpty()).isTrue();
    Instant minute = Instant.parse("2026-01-02T03:04:00Z");
    assertThat(told).allSatisfy(event -> assertThat(event.type()).isEqualTo(RequestsLost.TYPE));
    List<String> counts = new ArrayList<>();
    for (OutgoingEvent event : told) {
      RequestsLost lost = RequestsLost.parse(event.data());
      assertThat(event.timeMillis()).isEqualTo(lost.minute().toEpochMilli());
      counts.add(event.tenant() + " " + lost.minute() + " " + lost.count());
    }
    assertThat(counts)
        .containsExactlyInAnyOrder(
            "a " + minute + " 2", "a " + minute.plusSeconds(60) + " 1", "_none " + minute + " 1");
  }

  @Test
  void keepsLossesWithinABound() throws Exception {
    Losses losses = new Losses();
    for (int i = 0; i < 12_000; i++) {
      losses.add(event("t" + i, "r", "x", 200, null, "/", START));
    }
    List<OutgoingEvent> told = new ArrayList<>();
    losses.tell(told::add);
    assertThat(told).hasSize(10_001);
    long sum = 0;
    for (OutgoingEvent event : told) {
      sum += RequestsLost.parse(event.data()).count();
    }
    assertThat(sum).isEqualTo(12_000);
  }

  /** Contract, "Files": one JSON object a line, and nobody's bytes can begin another. */
  @Test
  void writesOneObjectALine() throws Exception {
    AccessLines lines = new AccessLines();
    String nasty = "/a\"\\\n\u0001\u00e9{}";
    lines.add(
        new Finished(
            event("a", "r", "al\"ice\r\n{", 200, null, nasty, START), "::1", null, "no \"exp\""));
    lines.add(
        new Finished(event(null, null, null, 404, "unknown_tenant", "/", START), "ip", null, null));
    lines.add(
        new Finished(event("a", null, null, 502, "upstream_failed", "/", START), "ip", null, null));
    String text = new String(lines.take(), StandardCharsets.UTF_8);
    assertThat(lines.take()).isEmpty();
    String[] each = text.split("\n", -1);
    assertThat(each).hasSize(4);
    assertThat(each[3]).isEmpty();
    ObjectMapper json = new ObjectMapper();
    JsonNode first = json.readTree(each[0]);
    assertThat(first.path("uri").asText()).isEqualTo(nasty);
    assertThat(first.path("user_id").asText()).isEqualTo("al\"ice\r\n{");
    assertThat(first.path("timestamp").asText()).startsWith("2026-01-02T03:04:05.69");
    assertThat(first.path("level").asText()).isEqualTo("INFO");
    assertThat(first.path("service").asText()).isEqualTo("gateway");
    assertThat(first.path("latency_ms").asDouble()).isEqualTo(12.345);
    assertThat(first.path("upstream_ms").asDouble()).isEqualTo(12.0);
    assertThat(first.path("bytes_in").asInt()).isEqualTo(3);
    assertThat(first.path("bytes_out").asInt()).isEqualTo(4);
    assertThat(first.path("client_ip").asText()).isEqualTo("::1");
    assertThat(first.path("detail").asText()).isEqualTo("no \"exp\"");
    assertThat(json.readTree(each[1]).has("detail")).isFalse();
    assertThat(first.path("backend_addr").asText()).isEqualTo("127.0.0.1:1");
    List<String> names = new ArrayList<>();
    json.readTree(each[1]).fieldNames().forEachRemaining(names::add);
    assertThat(names).contains("tenant_id", "user_id", "route_id", "status", "code", "trace_id");
    assertThat(json.readTree(each[1]).path("level").asText()).isEqualTo("WARN");
    assertThat(json.readTree(each[1]).path("tenant_id").isNull()).isTrue();
    assertThat(json.readTree(each[2]).path("level").asText()).isEqualTo("ERROR");
  }
}
