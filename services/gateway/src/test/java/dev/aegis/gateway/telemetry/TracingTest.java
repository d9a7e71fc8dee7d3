package dev.aegis.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.events.Envelope;
import dev.aegis.events.TenantEvent;
import dev.aegis.gateway.edge.GatewayInProcess;
import dev.aegis.gateway.http2.RawCaller;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import dev.aegis.tracing.Span;
import dev.aegis.tracing.Spans;
import dev.aegis.tracing.TraceContext;
import io.opentelemetry.api.common.AttributeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces through a gateway: what backends are told, and which spans are made. */
final class TracingTest {
  private static final Tracing ALL = Tracing.on(1, Duration.ZERO, false);
  private static final Tracing NONE = Tracing.on(0, Duration.ZERO, false);
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";
  private static final String SAMPLED = "00-" + TRACE + "-" + PARENT + "-01";

  private static String get(String... lines) {
    return "GET /orders?token=secret HTTP/1.1\r\nHost: a.test\r\nUser-Agent: me/1\r\n"
        + String.join("", List.of(lines).stream().map(line -> line + "\r\n").toList())
        + "\r\n";
  }

  private static List<Span> spans(Finished of) {
    List<Span> all = new ArrayList<>();
    new RequestSpans(
            new Spans() {
              @Override
              public boolean wanted() {
                return true;
              }

              @Override
              public void add(Span span) {
                all.add(span);
              }
            })
        .add(of);
    return all;
  }

  private static List<Span> spansOf(GatewayInProcess gateway, String request) throws Exception {
    int before = gateway.finished(0).size();
    try (HttpProbe caller = gateway.connect()) {
      caller.send(request).read();
    }
    return spans(gateway.finished(before + 1).get(before));
  }

  private static @Nullable String text(Span span, String name) {
    return span.about().attributes().get(AttributeKey.stringKey(name));
  }

  private static @Nullable Long number(Span span, String name) {
    return span.about().attributes().get(AttributeKey.longKey(name));
  }

  /** What the backend was told last. */
  private static @Nullable TraceContext told(StubUpstream backend) {
    HttpMessage last = backend.received().getLast();
    assertThat(last.fields("traceparent")).hasSizeLessThan(2);
    return TraceContext.parse(last.field("traceparent"));
  }

  @Test
  void aRequestAndItsAttemptAreSpansAndTheBackendIsBelowTheLatter() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      List<Span> spans = spansOf(gateway, get());
      assertThat(spans).hasSize(2);
      Span server = spans.getFirst();
      Span client = spans.getLast();

      assertThat(server.name()).isEqualTo("GET /**");
      assertThat(server.kind()).isEqualTo(Span.Kind.SERVER);
      assertThat(server.parentId()).isNull();
      assertThat(server.failed()).isFalse();
      assertThat(server.at().flags()).isEqualTo(TraceContext.SAMPLED | TraceContext.RANDOM);
      assertThat(text(server, "http.request.method")).isEqualTo("GET");
      assertThat(text(server, "http.route")).isEqualTo("/**");
      assertThat(text(server, "url.path")).isEqualTo("/orders");
      assertThat(text(server, "url.scheme")).isEqualTo("http");
      assertThat(text(server, "server.address")).isEqualTo("a.test");
      assertThat(text(server, "client.address")).isEqualTo("127.0.0.1");
      assertThat(text(server, "user_agent.original")).isEqualTo("me/1");
      assertThat(text(server, "network.protocol.version")).isEqualTo("1.1");
      assertThat(text(server, "aegis.tenant.id")).isEqualTo("a");
      assertThat(text(server, "aegis.route.id")).isEqualTo("all");
      assertThat(text(server, "aegis.upstream.id")).isEqualTo("u");
      assertThat(number(server, "http.response.status_code")).isEqualTo(200);
      assertThat(server.toString() + server.about().attributes()).doesNotContain("secret");

      assertThat(client.name()).isEqualTo("GET");
      assertThat(client.kind()).isEqualTo(Span.Kind.CLIENT);
      assertThat(client.parentId()).isEqualTo(server.at().spanId());
      assertThat(client.remoteParent()).isFalse();
      assertThat(text(client, "server.address")).isEqualTo("127.0.0.1");
      assertThat(number(client, "server.port")).isEqualTo(backend.port());
      assertThat(number(client, "http.response.status_code")).isEqualTo(200);
      assertThat(number(client, "http.request.resend_count")).isNull();
      assertThat(client.startNanos()).isBetween(server.startNanos(), client.endNanos());
      assertThat(client.endNanos()).isLessThanOrEqualTo(server.endNanos() + 1000);

      assertThat(told(backend)).isEqualTo(client.at());
      Finished finished = gateway.finished(1).getFirst();
      assertThat(finished.event().traceId()).isEqualTo(server.at().traceId());
      assertThat(finished.traceparent()).isEqualTo(server.at().text());
    }
  }

  @Test
  void aCallersTraceGoesOnWithItsState() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      List<Span> spans =
          spansOf(gateway, get("traceparent: " + SAMPLED, "tracestate: a=1", "tracestate: b=2"));
      assertThat(spans.getFirst().at().traceId()).isEqualTo(TRACE);
      assertThat(spans.getFirst().parentId()).isEqualTo(PARENT);
      assertThat(spans.getFirst().remoteParent()).isTrue();
      assertThat(told(backend)).isEqualTo(spans.getLast().at());
      assertThat(told(backend)).isEqualTo(new TraceContext(TRACE, told(backend).spanId(), 1));
      assertThat(backend.received().getLast().fields("tracestate")).containsExactly("a=1", "b=2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        SAMPLED + "\r\ntraceparent: " + SAMPLED,
        "nonsense"
      })
  void whatNamesNoTraceBeginsOne(String given) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      List<Span> spans = spansOf(gateway, get("traceparent: " + given, "tracestate: a=1"));
      assertThat(spans.getFirst().parentId()).isNull();
      assertThat(spans.getFirst().at().traceId()).isNotEqualTo(TRACE);
      assertThat(told(backend)).isEqualTo(spans.getLast().at());
      assertThat(backend.received().getLast().field("tracestate")).isNull();
    }
  }

  @Test
  void offWhatACallerSaysGoesOnAsItCame() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      assertThat(spansOf(gateway, get("traceparent: " + SAMPLED, "tracestate: a=1"))).isEmpty();
      HttpMessage received = backend.received().getLast();
      assertThat(received.field("traceparent")).isEqualTo(SAMPLED);
      assertThat(received.field("tracestate")).isEqualTo("a=1");
      assertThat(gateway.finished(1).getFirst().event().traceId()).isEqualTo(TRACE);
      assertThat(spansOf(gateway, get())).isEmpty();
      assertThat(backend.received().getLast().field("traceparent")).isNull();
    }
  }

  @Test
  void theRateAndNotTheCallerSaysWhatIsKeptUnlessTrusted() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess own = GatewayInProcess.tracing(NONE, backend.url());
        GatewayInProcess trusting =
            GatewayInProcess.tracing(Tracing.on(0, Duration.ZERO, true), backend.url());
        GatewayInProcess trustingAll =
            GatewayInProcess.tracing(Tracing.on(1, Duration.ZERO, true), backend.url())) {
      assertThat(spansOf(own, get("traceparent: " + SAMPLED))).isEmpty();
      assertThat(told(backend).traceId()).isEqualTo(TRACE);
      assertThat(told(backend).sampled()).isFalse();
      assertThat(own.finished(1).getFirst().event().traceId()).isEqualTo(TRACE);
      assertThat(own.finished(1).getFirst().traced()).isNull();

      assertThat(spansOf(trusting, get("traceparent: " + SAMPLED))).hasSize(2);
      assertThat(told(backend).sampled()).isTrue();
      assertThat(spansOf(trusting, get())).isEmpty();
      String no = SAMPLED.substring(0, SAMPLED.length() - 1) + "0";
      assertThat(spansOf(trustingAll, get("traceparent: " + no))).isEmpty();
    }
  }

  @Test
  void failedAndSlowOnesAreKeptWhateverTheRate() throws Exception {
    try (StubUpstream failing =
            StubUpstream.start((request, exchange) -> exchange.reply(500, List.of(), new byte[0]));
        StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess before = GatewayInProcess.tracing(NONE, failing.url());
        GatewayInProcess slow =
            GatewayInProcess.tracing(Tracing.on(0, Duration.ofNanos(1), false), backend.url());
        GatewayInProcess nowhere =
            GatewayInProcess.tracing(NONE, "http://127.0.0.1:" + FreePorts.next())) {
      List<Span> spans = spansOf(before, get());
      assertThat(spans).hasSize(2).allMatch(Span::failed);
      assertThat(text(spans.getFirst(), "error.type")).isEqualTo("500");
      assertThat(told(failing).sampled()).isFalse(); // nobody knew
      assertThat(before.finished(1).getFirst().traceparent()).endsWith("-03");

      assertThat(spansOf(slow, get())).hasSize(2).noneMatch(Span::failed);

      List<Span> unreached = spansOf(nowhere, get());
      Span server = unreached.getFirst();
      assertThat(text(server, "error.type")).isEqualTo("upstream_failed");
      assertThat(text(server, "aegis.code")).isEqualTo("upstream_failed");
      assertThat(unreached.size()).isGreaterThan(1);
      assertThat(text(unreached.get(1), "error.type")).isEqualTo("upstream_failed");
    }
  }

  @Test
  void eachAttemptHasASpanOfItsOwn() throws Exception {
    try (StubUpstream busy =
            StubUpstream.start((request, exchange) -> exchange.reply(503, List.of(), new byte[0]));
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, busy.url())) {
      gateway.put(
          "tenants/a/upstreams/u",
          Map.of(
              "id",
              "u",
              "targets",
              List.of(Map.of("url", busy.url())),
              "retries",
              Map.of("attempts", 3, "statuses", List.of(503), "backoff_ms", 0)));
      List<Span> spans = spansOf(gateway, get());
      assertThat(spans).hasSize(4);
      List<String> parents =
          busy.received().stream()
              .map(each -> TraceContext.parse(each.field("traceparent")).spanId())
              .toList();
      assertThat(parents)
          .doesNotHaveDuplicates()
          .isEqualTo(spans.stream().skip(1).map(each -> each.at().spanId()).toList());
      assertThat(spans.stream().skip(1).map(each -> number(each, "http.request.resend_count")))
          .containsExactly(null, 1L, 2L);
    }
  }

  @Test
  void refusalsAndBytesThatAreNoRequestHaveASpan() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      List<Span> refused =
          spansOf(gateway, "BREW / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n");
      assertThat(refused).hasSize(1);
      assertThat(refused.getFirst().name()).isEqualTo("HTTP");
      assertThat(text(refused.getFirst(), "http.request.method")).isEqualTo("_OTHER");
      assertThat(text(refused.getFirst(), "http.request.method_original")).isEqualTo("BREW");
      List<Span> unread = spansOf(gateway, "\1\2\r\n\r\n");
      assertThat(unread).hasSize(1);
      assertThat(text(unread.getFirst(), "aegis.code")).isEqualTo("malformed_request");
    }
  }

  @Test
  void callersByHttp2AreTracedToo() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url());
        RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.frame(
          RawCaller.HEADERS,
          RawCaller.WHOLE,
          1,
          RawCaller.block(
              ":method=GET",
              ":scheme=http",
              ":authority=a.test",
              ":path=/x?y",
              "traceparent=" + SAMPLED));
      List<Span> spans = spans(gateway.finished(1).getFirst());
      assertThat(spans).hasSize(2);
      assertThat(text(spans.getFirst(), "network.protocol.version")).isEqualTo("2");
      assertThat(spans.getFirst().parentId()).isEqualTo(PARENT);
      assertThat(told(backend)).isEqualTo(spans.getLast().at());
    }
  }

  @Test
  void aWebSocketIsOneSpanHoweverLongItLasts() throws Exception {
    String upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) ->
                    exchange
                        .send("HTTP/1.1 101 Switching Protocols\r\n" + upgrade + "\r\n")
                        .close());
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url());
        GatewayInProcess quick =
            GatewayInProcess.tracing(Tracing.on(0, Duration.ofNanos(1), false), backend.url())) {
      String ask =
          get(
              upgrade.strip(),
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version: 13");
      try (HttpProbe caller = gateway.connect();
          HttpProbe other = quick.connect()) {
        assertThat(caller.send(ask).readHead().status()).isEqualTo(101);
        List<Span> spans = spans(gateway.finished(1).getFirst());
        assertThat(number(spans.getFirst(), "http.response.status_code")).isEqualTo(101);
        assertThat(told(backend)).isEqualTo(spans.getLast().at());
        assertThat(other.send(ask).readHead().status()).isEqualTo(101);
        assertThat(quick.finished(1).getFirst().traced()).isNull();
      }
    }
  }

  @Test
  void aRouteOfManyLongPathsHasAShortName() throws Exception {
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      paths.add("/" + i + "x".repeat(900));
    }
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      gateway.put(
          "tenants/a/routes/all",
          Map.of("id", "all", "paths", paths, "upstream", "u", "auth", "none"));
      List<Span> spans = spansOf(gateway, get().replace("/orders", paths.getFirst()));
      assertThat(text(spans.getFirst(), "aegis.route.id")).isEqualTo("all");
      assertThat(spans.getFirst().name()).startsWith("GET /0xxx").hasSize(1024);
    }
  }

  @Test
  void aCallerThatWentAwayIsNotSaidToBeTheBackendsFault() throws Exception {
    CountDownLatch came = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    try (StubUpstream backend =
            StubUpstream.start(
                (request, exchange) -> {
                  came.countDown();
                  over.await(20, TimeUnit.SECONDS);
                });
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send(get());
        assertThat(came.await(10, TimeUnit.SECONDS)).isTrue();
      }
      Finished finished = gateway.finished(1).getFirst();
      over.countDown();
      assertThat(finished.event().status()).isEqualTo(499);
      List<Span> spans = spans(finished);
      assertThat(spans).hasSize(2);
      assertThat(text(spans.getLast(), "error.type")).isEqualTo("caller_gone");
    }
  }

  @Test
  void whateverEditsSayThereIsOneTraceparent() throws Exception {
    Map<String, Object> route =
        Map.of(
            "id",
            "all",
            "paths",
            List.of("/**"),
            "upstream",
            "u",
            "auth",
            "none",
            "request_headers",
            Map.of("set", Map.of("Traceparent", SAMPLED, "X-Edited", "1")));
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url());
        GatewayInProcess off = GatewayInProcess.before(backend.url())) {
      gateway.put("tenants/a/routes/all", route);
      gateway.put(
          "tenants/a/plugins/c",
          Map.of("id", "c", "plugin", "correlation_id", "config", Map.of("header", "traceparent")));
      List<Span> spans = spansOf(gateway, get());
      assertThat(told(backend)).isEqualTo(spans.getLast().at());
      assertThat(backend.received().getLast().field("X-Edited")).isEqualTo("1");
      off.put("tenants/a/routes/all", route);
      spansOf(off, get());
      assertThat(backend.received().getLast().field("traceparent")).isEqualTo(SAMPLED);
    }
  }

  @Test
  void aBurstIsOfTheTraceOfItsLast() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.tracing(ALL, backend.url())) {
      spansOf(gateway, get());
      spansOf(gateway, get());
      List<Finished> all = gateway.finished(2);
      Bursts bursts = new Bursts();
      for (Finished each : all) {
        bursts.add(
            new Finished(
                TelemetryTest.event("a", "r", "s", 429, "rate_limited", "/", Instant.EPOCH),
                "ip",
                "limit",
                null,
                each.traced()));
      }
      TenantEvent event = bursts.due(Instant.EPOCH, true).getFirst();
      assertThat(event.traceparent()).isEqualTo(all.getLast().traceparent());
      assertThat(Envelope.TRACEPARENT_HEADER).isEqualTo("ce_traceparent");
    }
  }
}
