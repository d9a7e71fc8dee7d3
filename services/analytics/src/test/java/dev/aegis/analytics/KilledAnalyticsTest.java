package dev.aegis.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.Topics;
import dev.aegis.journal.MasterKey;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Processes;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exactly the requests that there were, whatever becomes of the process that counts them. */
class KilledAnalyticsTest {
  private static final int REQUESTS = 20_000;
  private static final String RUN = "run-1";
  private static final String MASTER_KEY = MasterKey.newText();
  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final Pattern LISTENS = Pattern.compile("analytics listens on (http\\S+)");
  private static final Pattern READY = Pattern.compile("analytics is ready");

  @TempDir Path data;

  @Test
  void aKillInTheMiddleAndEventsSentTwiceChangeNoCount() throws Exception {
    Instant begin = Instant.now().minus(Duration.ofHours(3));
    try (KafkaPeer kafka = KafkaPeer.start()) {
      Topics.ensure(new BusSettings(kafka.bootstrap(), "test"));
      try (RequestSender sender = new RequestSender(kafka.bootstrap())) {
        ChildProcess first = start(kafka);
        try (first;
            AnalyticsClient client = new AnalyticsClient(uri(first), MASTER_KEY)) {
          publish(sender, begin, 0, REQUESTS / 2);
          await().atMost(BOUND).until(() -> counted(client, begin) > REQUESTS / 20);
          first.kill();
        }
        // What a gateway sends again after it lost Kafka for a moment: old numbers, old order.
        publish(sender, begin, REQUESTS / 2 - 3_000, REQUESTS / 2);
        ChildProcess second = start(kafka);
        try (second;
            AnalyticsClient client = new AnalyticsClient(uri(second), MASTER_KEY)) {
          publish(sender, begin, REQUESTS / 2, REQUESTS * 3 / 4);
          await().atMost(BOUND).until(() -> counted(client, begin) > REQUESTS / 2);
          second.kill();
        }
        publish(sender, begin, REQUESTS * 3 / 4, REQUESTS);
        publish(sender, begin, REQUESTS - 3_000, REQUESTS);
        ChildProcess third = start(kafka);
        try (third;
            AnalyticsClient client = new AnalyticsClient(uri(third), MASTER_KEY)) {
          JsonNode series = awaitFinal(client, seriesPath(begin));
          assertThat(AnalyticsClient.sum(series.path("series"), "requests")).isEqualTo(REQUESTS);
          assertThat(AnalyticsClient.sum(series.path("series"), "errors"))
              .isEqualTo(REQUESTS / 100);
          assertThat(series.path("coverage").path("dropped").asLong()).isZero();

          JsonNode usage = client.json("/analytics/usage?tenant=tenant123&granularity=day");
          JsonNode total = usage.path("usage").path(0).path("total");
          JsonNode other = client.json("/analytics/usage?tenant=tenant456").path("usage").path(0);
          assertThat(
                  total.path("requests").asLong() + other.path("total").path("requests").asLong())
              .isEqualTo(REQUESTS);
          assertThat(total.path("bytes_in").asLong())
              .isEqualTo(10 * total.path("requests").asLong());
          assertThat(third.stop(Duration.ofSeconds(10))).isZero();
        }
        // A stop in order leaves the stores to be used again as they are.
        ChildProcess fourth = start(kafka);
        try (fourth;
            AnalyticsClient client = new AnalyticsClient(uri(fourth), MASTER_KEY)) {
          JsonNode series = awaitFinal(client, seriesPath(begin));
          assertThat(AnalyticsClient.sum(series.path("series"), "requests")).isEqualTo(REQUESTS);
        }
      }
    }
  }

  private ChildProcess start(KafkaPeer kafka) throws Exception {
    ChildProcess process =
        Processes.java(
            "services/analytics",
            "dev.aegis.analytics.AnalyticsMain",
            List.of(),
            Map.of(
                "AEGIS_DATA",
                data.toString(),
                "AEGIS_NODE",
                "analytics-1",
                "AEGIS_KAFKA_BOOTSTRAP",
                kafka.bootstrap(),
                "AEGIS_ANALYTICS_PORT",
                "0",
                "AEGIS_MASTER_KEY",
                MASTER_KEY));
    try {
      process.awaitLine(READY, BOUND);
    } catch (AssertionError e) {
      process.close();
      throw e;
    }
    return process;
  }

  private static URI uri(ChildProcess process) throws Exception {
    return URI.create(process.awaitLine(LISTENS, BOUND).group(1));
  }

  private static void publish(RequestSender sender, Instant begin, int from, int to)
      throws Exception {
    for (int i = from; i < to; i++) {
      sender.send(
          i % 3 == 0 ? "tenant456" : "tenant123",
          i % 100 == 0 ? 503 : 200,
          begin.plusMillis(100L * i),
          1_000 + i,
          RUN,
          i);
    }
    sender.flush();
  }

  private static long counted(AnalyticsClient client, Instant begin) throws Exception {
    return AnalyticsClient.sum(client.json(seriesPath(begin)).path("series"), "requests");
  }

  private static JsonNode awaitFinal(AnalyticsClient client, String path) {
    return await()
        .atMost(BOUND)
        .until(
            () -> client.json(path), answer -> answer.path("coverage").path("final").asBoolean());
  }

  private static String seriesPath(Instant begin) {
    return "/analytics/series?granularity=minute&metric=requests,errors&from="
        + begin
        + "&to="
        + begin.plus(Duration.ofMinutes(40));
  }
}
