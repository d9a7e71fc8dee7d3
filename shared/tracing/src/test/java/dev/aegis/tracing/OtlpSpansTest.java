package dev.aegis.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Settings;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.OtlpReceiver;
import dev.aegis.tracing.Span.About;
import dev.aegis.tracing.Span.Kind;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Spans on their way to a collector, which may be away. */
final class OtlpSpansTest {
  private static final TraceContext AT =
      new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 0);

  private static OtlpSpans to(String url, Metrics metrics) throws Exception {
    Settings settings =
        Settings.read(
            CommonSettings.ALL,
            List.of("--tracing.otlp_headers=Authorization=Basic%20YTpi,x-scope=a+b"),
            Map.of());
    return OtlpSpans.to(URI.create(url), settings, "test", "test-1", metrics);
  }

  private static Span span(String name) {
    About about = new About().text("a", "b").text("none", null).number("n", 7);
    return new Span(name, Kind.CLIENT, AT, "00f067aa0ba902b7", true, 1_000, 5_000, true, about);
  }

  private static boolean told(Metrics metrics, String sample) {
    return metrics.exposition().lines().anyMatch(line -> line.equals(sample));
  }

  @Test
  void arriveAsTheyAre() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Metrics metrics = Metrics.create("test");
        OtlpSpans spans = to(receiver.url(), metrics)) {
      spans.add(span("one"));
      spans.add(span("x".repeat(10)));
      await().until(() -> receiver.spans().size() == 2);
      OtlpReceiver.Received one = receiver.spans().getFirst();
      assertThat(one.name()).isEqualTo("one");
      assertThat(one.kind()).isEqualTo("SPAN_KIND_CLIENT");
      assertThat(one.trace()).isEqualTo(AT.traceId());
      assertThat(one.id()).isEqualTo(AT.spanId());
      assertThat(one.parent()).isEqualTo("00f067aa0ba902b7");
      assertThat(one.startNanos()).isEqualTo(1_000);
      assertThat(one.endNanos()).isEqualTo(5_000);
      assertThat(one.failed()).isTrue();
      assertThat(one.about()).isEqualTo(Map.of("a", "b", "n", "7"));
      assertThat(one.resource())
          .containsEntry("service.name", "aegis-test")
          .containsEntry("service.instance.id", "test-1")
          .containsKey("service.version");
      assertThat(receiver.authorizations()).isNotEmpty().allMatch("Basic YTpi"::equals);
      await().until(() -> told(metrics, "aegis_spans_exported_total 2"));
    }
  }

  @Test
  void whatACollectorDoesNotTakeIsCountedAndLaterOnesArrive() throws Exception {
    int port = FreePorts.next();
    try (Metrics metrics = Metrics.create("test");
        OtlpSpans spans = to("http://127.0.0.1:" + port, metrics)) {
      spans.add(span("nobody is there"));
      await().until(() -> spans.wrong() != null);
      assertThat(told(metrics, "aegis_spans_dropped_total 1")).isTrue();
      try (OtlpReceiver receiver = OtlpReceiver.start(port)) {
        receiver.answer(400);
        spans.add(span("refused"));
        await().until(() -> told(metrics, "aegis_spans_dropped_total 2"));
        assertThat(spans.wrong()).isNotNull();
        receiver.answer(200);
        spans.add(span("taken"));
        await().until(() -> receiver.spans().size() == 1);
        assertThat(receiver.spans().getFirst().name()).isEqualTo("taken");
        await().until(() -> spans.wrong() == null);
      }
      for (int i = 0; i < 10_000; i++) {
        spans.add(span("too many"));
      }
      // What found no room was counted at once, whatever becomes of the others.
      assertThat(told(metrics, "aegis_spans_dropped_total 2")).isFalse();
    }
  }

  @Test
  void whatComesAfterTheEndIsCounted() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Metrics metrics = Metrics.create("test")) {
      OtlpSpans spans = to(receiver.url(), metrics);
      assertThat(spans.room(2)).isTrue();
      assertThat(spans.room(10_000)).isFalse();
      assertThat(told(metrics, "aegis_spans_dropped_total 10000")).isTrue();
      spans.close();
      spans.add(span("late"));
      assertThat(told(metrics, "aegis_spans_dropped_total 10001")).isTrue();
      assertThat(spans.room(1)).isFalse();
    }
  }

  @Test
  void aNameEndsAsTextsDo() {
    assertThat(span("x".repeat(2_000)).name()).hasSize(1_024);
    assertThat(span("x".repeat(1_023) + "\uD83D\uDE00").name()).hasSize(1_023);
  }
}
