package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.upstream.Mirrors.Outcome;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies of requests that somebody else gets too. */
@ParameterizedClass
@EnumSource(TargetProtocol.class)
final class RouteMirrorTest {
  private static final String POST = "POST /x?y HTTP/1.1\r\nHost: a.test\r\n";

  private final TargetProtocol protocol;

  RouteMirrorTest(TargetProtocol protocol) {
    this.protocol = protocol;
  }

  private static void mirror(GatewayInProcess gateway, String shadow, Map<String, ?> more) {
    gateway.upstream("shadow", shadow, Map.of("retries", Map.of("attempts", 1)));
    Map<String, Object> mirror = new HashMap<>(Map.of("upstream", "shadow"));
    mirror.putAll(more);
    gateway.route(Map.of("mirror", mirror));
  }

  private static void served(HttpProbe caller, String request) throws Exception {
    caller.send(request);
    HttpMessage reply = caller.read();
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).isEqualTo("real");
  }

  private static void counted(GatewayInProcess gateway, Outcome outcome, long count) {
    await().untilAsserted(() -> assertThat(gateway.mirrors().count(outcome)).isEqualTo(count));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: x\r\n\r\n",
        "Content-Length: 0\r\n\r\n",
        "\r\n"
      })
  void theShadowGetsWhatTheRealOneGot(String rest) throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of());
      served(caller, POST + "x-aegis-mirror: no\r\nX-Mine: 1\r\n" + rest);
      served(caller, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      await().until(() -> shadow.received().size() == 2);
      HttpMessage original = real.received().getFirst();
      HttpMessage copy =
          shadow.received().stream()
              .filter(each -> each.method().equals("POST"))
              .findFirst()
              .orElseThrow();
      assertThat(copy.startLine()).isEqualTo(original.startLine());
      assertThat(copy.text()).isEqualTo(original.text());
      assertThat(copy.fields("X-Aegis-Mirror")).containsExactly("true");
      assertThat(copy.field("Transfer-Encoding")).isNull();
      assertThat(copy.field("X-Mine")).isEqualTo("1");
      assertThat(copy.field("X-Request-Id")).isEqualTo(original.field("X-Request-Id"));
      assertThat(original.field("X-Aegis-Mirror")).isNull();
      counted(gateway, Outcome.SENT, 2);
      assertThat(gateway.finished(2))
          .hasSize(2)
          .allSatisfy(
              each -> {
                assertThat(each.event().upstreamId()).isEqualTo("u");
                assertThat(each.event().attempts()).isEqualTo(1);
              });
    }
  }

  @Test
  void aCallerThatAsksFirstIsCopiedWithoutTheQuestion() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of());
      caller.send(POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
      HttpMessage reply = caller.read();
      while (reply.status() == 100) {
        reply = caller.read();
      }
      assertThat(reply.status()).isEqualTo(200);
      await().until(() -> shadow.received().size() == 1);
      assertThat(shadow.received().getFirst().field("Expect")).isNull();
      assertThat(shadow.received().getFirst().text()).isEqualTo("hello");
    }
  }

  /** Nobody waits for its reply, so that cannot be late. */
  @Test
  void aCopyIsNotHedged() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    RawBackend.Script slow =
        leg -> {
          while (true) {
            leg.head();
            asked.incrementAndGet();
            LockSupport.parkNanos(50_000_000); // many times the delay
            leg.send("HTTP/1.1 204 X\r\n\r\n");
          }
        };
    try (StubUpstream real = StubUpstream.answering("real");
        RawBackend one = RawBackend.start(slow);
        RawBackend other = RawBackend.start(slow);
        GatewayInProcess gateway = GatewayInProcess.before(real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, one.url(), Map.of());
      gateway.put(
          "tenants/a/upstreams/shadow",
          Map.of(
              "id",
              "shadow",
              "targets",
              List.of(Map.of("url", one.url()), Map.of("url", other.url())),
              "retries",
              Map.of("hedge_after_ms", 1)));
      served(caller, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      served(caller, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      counted(gateway, Outcome.SENT, 2);
      assertThat(asked.get()).isEqualTo(2);
    }
  }

  @Test
  void aShadowThatHangsKeepsNobody() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        RawBackend shadow = RawBackend.start(RawBackend.Leg::toEnd);
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of());
      for (int i = 0; i < 70; i++) {
        served(caller, POST + "Content-Length: 5\r\n\r\nhello");
      }
      counted(gateway, Outcome.FULL, 6); // 64 are on their way
      assertThat(gateway.finished(70)).allMatch(each -> each.event().status() == 200);
    }
  }

  @Test
  void aShadowThatBreaksOffIsNotTheCallersConcern() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        RawBackend shadow =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.reset();
                });
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of());
      for (int i = 0; i < 10; i++) {
        served(caller, POST + "Content-Length: 5\r\n\r\nhello");
      }
      counted(gateway, Outcome.FAILED, 10);
    }
  }

  @Test
  void aShadowWhoseReplyIsHugeOrNonsenseIsNotRead() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        RawBackend shadow =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(
                          leg.number() == 1
                              ? "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
                              : "nonsense\r\n\r\n")
                      .toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of());
      served(caller, POST + "\r\n");
      counted(gateway, Outcome.FAILED, 1);
      served(caller, POST + "\r\n");
      counted(gateway, Outcome.FAILED, 2);
    }
  }

  @Test
  void whatIsTooLargeIsNotCopied() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of("max_body_bytes", 4));
      served(caller, POST + "Content-Length: 5\r\n\r\nhello");
      served(caller, POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
      served(caller, POST + "Content-Length: 4\r\n\r\nhell");
      counted(gateway, Outcome.SENT, 1);
      assertThat(gateway.mirrors().count(Outcome.TOO_LARGE)).isEqualTo(2);
      assertThat(shadow.received()).hasSize(1);
      assertThat(real.received()).hasSize(3);
    }
  }

  /** A body that nobody read is not known, so there is nothing to copy. */
  @Test
  void whatWasRefusedIsNotCopied() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      gateway.upstream(
          "u", "http://127.0.0.1:1", Map.of("circuit_breaker", Map.of("consecutive_failures", 1)));
      mirror(gateway, shadow.url(), Map.of());
      for (int status : new int[] {502, 503}) {
        caller.send(POST + "Content-Length: 5\r\n\r\nhello");
        assertThat(caller.read().status()).isEqualTo(status);
      }
      counted(gateway, Outcome.SENT, 1); // the one that was on its way
      assertThat(shadow.received()).hasSize(1);
      assertThat(shadow.received().getFirst().text()).isEqualTo("hello");
    }
  }

  @Test
  void noShareIsNone() throws Exception {
    try (StubUpstream real = StubUpstream.answering("real");
        StubUpstream shadow = StubUpstream.answering("shadow");
        GatewayInProcess gateway = GatewayInProcess.before(protocol, real.url());
        HttpProbe caller = gateway.connect()) {
      mirror(gateway, shadow.url(), Map.of("percent", 0));
      for (int i = 0; i < 20; i++) {
        served(caller, POST + "\r\n");
      }
      for (Outcome outcome : Outcome.values()) {
        assertThat(gateway.mirrors().count(outcome)).isZero();
      }
      assertThat(shadow.connections()).isZero();
    }
  }
}
