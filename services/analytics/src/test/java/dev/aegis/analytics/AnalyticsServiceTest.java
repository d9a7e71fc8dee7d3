package dev.aegis.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.journal.MasterKey;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.RedisPeer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** The service in this process, on a real Kafka and a real Redis. */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class AnalyticsServiceTest {
  private static final String MASTER_KEY = MasterKey.newText();
  private static final Duration BOUND = Duration.ofSeconds(90);

  @TempDir Path data;

  @Test
  void aRequestIsInTheAnswersInRedisAndInTheMetrics() throws Exception {
    Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES).minusSeconds(120);
    try (KafkaPeer kafka = KafkaPeer.start();
        RedisPeer redis = RedisPeer.start();
        AnalyticsService service = service(kafka.bootstrap(), redis.url())) {
      service.start();
      try (AnalyticsClient client = client(service);
          RequestSender sender = new RequestSender(kafka.bootstrap());
          RedisClient seen = RedisClient.create(redis.url())) {
        await().atMost(BOUND).until(service::ready);
        for (int i = 0; i < 100; i++) {
          sender.send("acme", i < 5 ? 502 : 200, minute, 2_000, "run-1", i);
        }
        sender.flush();

        JsonNode series =
            await()
                .atMost(BOUND)
                .until(
                    () ->
                        client.json(
                            "/analytics/series?tenant=acme&group_by=status_class&from="
                                + minute.minusSeconds(60)
                                + "&to="
                                + minute.plusSeconds(60)),
                    answer ->
                        answer.path("coverage").path("final").asBoolean()
                            && AnalyticsClient.sum(answer.path("series"), "requests") > 0);
        assertThat(series.path("granularity").asText()).isEqualTo("minute");
        assertThat(series.path("from").asText()).isEqualTo(minute.minusSeconds(60).toString());
        assertThat(series.path("to").asText()).isEqualTo(minute.plusSeconds(60).toString());
        assertThat(series.path("coverage").toString())
            .isEqualTo("{\"final\":true,\"lag_records\":0,\"dropped\":0}");
        assertThat(series.path("series")).hasSize(2);
        JsonNode good = series.path("series").path(0);
        assertThat(good.path("group").toString()).isEqualTo("{\"status_class\":\"2xx\"}");
        assertThat(good.path("points").path(0).toString())
            .isEqualTo(
                "{\"time\":\""
                    + minute.minusSeconds(60)
                    + "\",\"requests\":0,\"errors\":0,\"p50\":null,\"p95\":null,\"p99\":null,"
                    + "\"bytes\":0}");
        JsonNode point = good.path("points").path(1);
        assertThat(point.path("requests").asInt()).isEqualTo(95);
        assertThat(point.path("bytes").asInt()).isEqualTo(95 * 167);
        assertThat(point.path("p95").asDouble()).isBetween(1.98, 2.02);
        assertThat(series.path("series").path(1).path("points").path(1).path("errors").asInt())
            .isEqualTo(5);

        JsonNode top = client.json("/analytics/top?tenant=acme&group_by=route&limit=2");
        assertThat(top.path("top")).hasSize(2);
        assertThat(top.path("top").path(0).path("group").path("route").asText())
            .startsWith("route-");
        assertThat(top.path("top").path(0).path("requests").asInt()).isEqualTo(20);

        String csv =
            client
                .get(
                    "/analytics/series?tenant=acme&group_by=route&metric=requests,p50&from="
                        + minute
                        + "&to="
                        + minute.plusSeconds(60),
                    "Accept",
                    "text/csv")
                .body();
        assertThat(csv.lines()).hasSize(6).first().isEqualTo("time,route,requests,p50");
        assertThat(csv).contains(minute + ",route-0,20,");

        String key = "aegis:live:acme:" + minute.getEpochSecond() / 60;
        await()
            .atMost(BOUND)
            .untilAsserted(
                () ->
                    assertThat(seen.hgetAll(key))
                        .isEqualTo(
                            Map.of(
                                "requests", "100",
                                "errors", "5",
                                "bytes_in", "1000",
                                "bytes_out", "15700")));
        assertThat(seen.ttl(key)).isPositive();
        await()
            .atMost(BOUND)
            .untilAsserted(
                () ->
                    assertThat(client.get("/metrics").body())
                        .contains("aegis_analytics_lag_records 0")
                        .contains("aegis_analytics_events_total{outcome=\"counted\"} 100"));
        assertThat(client.get("/status").body()).contains("\"kafka\":\"up\",\"redis\":\"up\"");

        redis.kill();
        sender.send("acme", 200, minute, 2_000, "run-1", 100);
        sender.flush();
        await()
            .atMost(BOUND)
            .until(
                () -> requests(client.json("/analytics/usage?tenant=acme")),
                requests -> requests == 101);
        await()
            .atMost(BOUND)
            .until(() -> client.get("/status").body().contains("\"redis\":\"down\""));
        assertThat(service.ready()).isTrue();
        redis.restart();
        // The connection of before is broken, which the first command on it finds out.
        await()
            .atMost(BOUND)
            .ignoreExceptionsInstanceOf(JedisConnectionException.class)
            .until(() -> "1".equals(seen.hget(key, "requests")));
      }
    }
  }

  @Test
  void whileKafkaIsAwayItAnswersWhatItHasAndSaysHowFarThatCanBeRelied() throws Exception {
    Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES).minusSeconds(120);
    String usage = "/analytics/usage?tenant=acme";
    try (KafkaPeer kafka = KafkaPeer.start();
        AnalyticsService service = service(kafka.bootstrap(), null)) {
      service.start();
      try (AnalyticsClient client = client(service);
          RequestSender sender = new RequestSender(kafka.bootstrap())) {
        await().atMost(BOUND).until(service::ready);
        for (int i = 0; i < 10; i++) {
          sender.send("acme", 200, minute, 2_000, "run-1", i);
        }
        sender.flush();
        await()
            .atMost(BOUND)
            .until(
                () -> client.json(usage),
                answer -> requests(answer) == 10 && lag(answer).asLong(-1) == 0);

        kafka.kill();
        JsonNode away = await().atMost(BOUND).until(() -> client.json(usage), a -> lag(a).isNull());
        assertThat(requests(away)).isEqualTo(10);
        assertThat(away.path("coverage").path("final").asBoolean()).isFalse();
        await()
            .atMost(BOUND)
            .until(() -> client.get("/status").body().contains("\"kafka\":\"down\""));

        kafka.restart();
        for (int i = 5; i < 30; i++) {
          sender.send("acme", 200, minute, 2_000, "run-1", i);
        }
        sender.flush();
        JsonNode back =
            await()
                .atMost(BOUND)
                .until(
                    () -> client.json(usage),
                    answer -> requests(answer) >= 30 && lag(answer).asLong(-1) == 0);
        assertThat(requests(back)).isEqualTo(30);
      }
    }
  }

  private static long requests(JsonNode usage) {
    return usage.path("usage").path(0).path("total").path("requests").asLong();
  }

  private static JsonNode lag(JsonNode answer) {
    return answer.path("coverage").path("lag_records");
  }

  @Test
  void withoutKafkaItListensAndSaysThatItIsNotReady() throws Exception {
    try (AnalyticsService service = service("127.0.0.1:" + FreePorts.next(), null)) {
      service.start();
      try (AnalyticsClient client = client(service)) {
        var refused = client.get("/analytics/series");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(refused.body()).contains("\"code\":\"not_ready\"");
        assertThat(client.get("/health/ready").statusCode()).isEqualTo(503);
        assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(client.get("/status").body()).contains("\"kafka\":\"down\",\"redis\":\"off\"");
        assertThat(client.get("/metrics").body()).contains("aegis_analytics_lag_records NaN");
      }
    }
  }

  @Test
  void onlyServicesMayAskAndQuestionsMustMakeSense() throws Exception {
    try (AnalyticsService service = service("127.0.0.1:" + FreePorts.next(), null)) {
      service.start();
      try (AnalyticsClient client = client(service)) {
        var missing = client.getWithout("/analytics/usage", null);
        assertThat(missing.statusCode()).isEqualTo(401);
        assertThat(missing.body()).contains("missing_credentials");
        assertThat(missing.headers().firstValue("WWW-Authenticate")).isPresent();
        for (String wrong : List.of("Bearer ", "Bearer nonsense", "Basic nonsense", "x")) {
          var invalid = client.getWithout("/analytics/usage", wrong);
          assertThat(invalid.statusCode()).isEqualTo(401);
          assertThat(invalid.body()).contains("\"code\":\"");
        }
        var odd = client.get("/analytics/series?tenannt=acme&metric=p96");
        assertThat(odd.statusCode()).isEqualTo(400);
        assertThat(odd.body())
            .contains("\"code\":\"invalid\"", "did you mean tenant?", "\\\"p96\\\"");
        assertThat(client.get("/analytics/other").statusCode()).isEqualTo(404);
      }
    }
  }

  @Test
  void whatStopsTheStartIsOneClearLine() throws Exception {
    assertThatThrownBy(() -> service(null, null))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("AEGIS_KAFKA_BOOTSTRAP");
    assertThatThrownBy(() -> service("127.0.0.1:1", "127.0.0.1:6379"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("AEGIS_REDIS_URL");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        AnalyticsService service =
            new AnalyticsService(
                settings("127.0.0.1:1", null).with(AnalyticsSettings.PORT, taken.getLocalPort()))) {
      assertThatThrownBy(service::start)
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining("AEGIS_ANALYTICS_PORT");
      assertThat(service.listeners()).isEmpty();
    }
  }

  private AnalyticsService service(String bootstrap, String redis) throws Exception {
    return new AnalyticsService(settings(bootstrap, redis));
  }

  private Settings settings(String bootstrap, String redis) throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("AEGIS_DATA", data.toString());
    environment.put("AEGIS_NODE", "analytics-1");
    environment.put("AEGIS_ANALYTICS_PORT", "0");
    environment.put("AEGIS_MASTER_KEY", MASTER_KEY);
    if (bootstrap != null) {
      environment.put("AEGIS_KAFKA_BOOTSTRAP", bootstrap);
    }
    if (redis != null) {
      environment.put("AEGIS_REDIS_URL", redis);
    }
    return Settings.read(AnalyticsSettings.ALL, List.of(), environment);
  }

  private static AnalyticsClient client(AnalyticsService service) {
    URI uri = service.listeners().getFirst().uri();
    return new AnalyticsClient(uri, MASTER_KEY);
  }
}
