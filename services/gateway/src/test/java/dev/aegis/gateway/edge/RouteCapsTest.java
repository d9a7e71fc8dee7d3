package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are larger than their route takes, announced and not, whatever targets speak. */
@ParameterizedClass
@EnumSource(TargetProtocol.class)
final class RouteCapsTest {
  private static final String HOST = "Host: a.test\r\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

  private final TargetProtocol protocol;

  RouteCapsTest(TargetProtocol protocol) {
    this.protocol = protocol;
  }

  private GatewayInProcess capped(String target) throws Exception {
    return capped(protocol, target);
  }

  private static GatewayInProcess capped(TargetProtocol protocol, String target) throws Exception {
    GatewayInProcess gateway = GatewayInProcess.before(protocol, target);
    gateway.route(Map.of("max_request_bytes", 10, "max_response_bytes", 10));
    return gateway;
  }

  @Test
  void whatFitsPasses() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("0123456789");
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (String body :
          List.of(
              "Content-Length: 10\r\n\r\n0123456789",
              CHUNKED + "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
              "\r\n")) {
        caller.send("POST / HTTP/1.1\r\n" + HOST + body);
        HttpMessage reply = caller.read();
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("0123456789");
      }
    }
  }

  @Test
  void whatIsAnnouncedAsTooLargeReachesNobody() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 11\r\n\r\n0123456789a");
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.text()).contains("\"payload_too_large\"");
      assertThat(reply.field("Connection")).isNull(); // it was small enough to be read
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 100000000\r\n\r\n");
      reply = caller.read();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.field("Connection")).isEqualTo("close");
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
      assertThat(gateway.finished(2)).allMatch(each -> each.event().status() == 413);
    }
  }

  @Test
  void aCallerThatAsksFirstIsSpared() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(
          "POST / HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(413);
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "b\r\n0123456789a\r\n0\r\n\r\n",
        "ffffffff\r\n",
        "fffffffffffffff\r\n",
        "5\r\n01234\r\n5\r\n56789\r\n1\r\na\r\n0\r\n\r\n"
      })
  void chunksThatAddUpToTooMuchNeverBecomeARequest(String chunks) throws Exception {
    try (RawBackend backend = RawBackend.start(RawBackend.Leg::toEnd);
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + CHUNKED + chunks);
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.field("Connection")).isEqualTo("close");
      assertThat(caller.ended()).isTrue();
      assertThat(backend.legs()).allMatch(leg -> !leg.text().contains("\r\n0\r\n\r\n"));
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("payload_too_large");
    }
  }

  @Test
  void aCallerWhoWasToldToGoOnIsStillStopped() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 100 Continue\r\n\r\n").toEnd();
                });
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\n" + CHUNKED);
      assertThat(caller.readHead().status()).isEqualTo(100);
      caller.send("b\r\n0123456789a\r\n0\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(413);
      assertThat(caller.ended()).isTrue();
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  @Test
  void aReplyThatWasBegunHasNoEndWhenTheRequestIsTooLarge() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun").toEnd();
                });
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + CHUNKED + "5\r\n01234\r\n");
      assertThat(caller.readHead().status()).isEqualTo(200);
      assertThat(caller.input().readNBytes(5)).hasSize(5);
      caller.send("6\r\n56789a\r\n0\r\n\r\n");
      assertThat(caller.ended()).isTrue();
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("payload_too_large");
      assertThat(backend.legs().getFirst().text()).doesNotContain("\r\n0\r\n\r\n");
    }
  }

  /** Else a caller could have a target left out by asking for what is large. */
  @Test
  void aReplyThatIsTooLargeIsNotTheTargetsFailure() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("0123456789a");
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.upstream(
          "u", backend.url(), Map.of("circuit_breaker", Map.of("consecutive_failures", 1)));
      for (int i = 0; i < 3; i++) {
        caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
        assertThat(caller.read().status()).isEqualTo(502);
      }
      assertThat(backend.received()).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 11\r\n\r\n0123456789a", "Content-Length: 11\r\n\r\n"})
  void aReplyAnnouncedAsTooLargeIsNotBegun(String rest) throws Exception {
    assertNotBegun(protocol, rest);
  }

  /** HTTP/2 has no chunks: there it shows when it has come. */
  @Test
  void aReplyWhoseFirstChunkIsTooLargeIsNotBegun() throws Exception {
    assertNotBegun(TargetProtocol.HTTP_1_1, CHUNKED + "b\r\n");
  }

  private static void assertNotBegun(TargetProtocol protocol, String rest) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\n" + rest).toEnd();
                });
        GatewayInProcess gateway = capped(protocol, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(502);
      assertThat(reply.text()).contains("\"upstream_failed\"");
      assertThat(backend.connections()).isEqualTo(1); // what was answered is not tried again
    }
  }

  @Test
  void aHeadMayAnnounceWhatItDoesNotSend() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n").toEnd();
                });
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("HEAD / HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(caller.readHead().status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aReplyThatTurnsOutTooLargeHasNoEnd(boolean chunked) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 OK\r\n" + (chunked ? CHUNKED + "4\r\n" : "\r\n"));
                  leg.send("0123" + (chunked ? "\r\n" : ""));
                  leg.read(1); // the test has seen the first part
                });
        GatewayInProcess gateway = capped(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HTTP/1.1\r\n" + HOST + "\r\n");
      assertThat(caller.readHead().status()).isEqualTo(200);
      assertThat(new String(caller.input().readNBytes(9), StandardCharsets.US_ASCII))
          .isEqualTo("4\r\n0123\r\n");
      backend.legs().getFirst().send(chunked ? "7\r\n456789a\r\n0\r\n\r\n" : "456789a");
      assertThat(caller.input().readAllBytes()).isEmpty();
      var event = gateway.finished(1).getFirst().event();
      assertThat(event.status()).isEqualTo(200);
      assertThat(event.code()).isEqualTo("upstream_failed");
    }
  }
}
