package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers see when backends misbehave. */
final class UpstreamFaultsTest {
  private static final String HOST = "Host: a.test\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
  private static final String POST = "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nhi";
  private static final String OK = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
  private static final EdgeSettings BOUNDS =
      new EdgeSettings(Duration.ofSeconds(20), Duration.ofSeconds(10), Duration.ofSeconds(10));

  private static void assertProblem(HttpMessage reply, int status, String code) {
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
    assertThat(reply.text()).contains("\"code\":\"" + code + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "garbage that is longer than a status line\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \u0000\r\n\r\n",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX0\r\n\r\n",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
      })
  void turnsBrokenRepliesInto502(String reply) throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(reply);
                  // Everything is there before the end is.
                  leg.socketEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertProblem(caller.send(POST).read(), 502, "upstream_failed");
      assertThat(backend.connections()).isEqualTo(1);
      // The caller's connection is not to blame.
      assertProblem(caller.send(POST).read(), 502, "upstream_failed");
      assertThat(gateway.finished(2)).hasSize(2);
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_failed");
      await().until(() -> backend.openConnections() == 0);
    }
  }

  /** RFC 9110 section 9.2.2. */
  @Test
  void triesIdempotentRequestsAgainWhenAResetComesBeforeTheReply() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  if (leg.number() == 1) {
                    leg.reset();
                  } else {
                    leg.send(OK);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
      assertThat(backend.connections()).isEqualTo(2);
      assertThat(gateway.finished(1).getFirst().event().attempts()).isEqualTo(2);
    }
  }

  @Test
  void givesUpAfterThreeAttempts() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.reset();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertProblem(caller.send(GET).read(), 502, "upstream_failed");
      assertThat(backend.connections()).isEqualTo(3);
    }
  }

  @Test
  void neverSendsWhatIsNotIdempotentTwice() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.reset();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (String method : List.of("POST", "PATCH", "LOCK")) {
        int before = backend.connections();
        String request = POST.replace("POST", method);
        assertProblem(caller.send(request).read(), 502, "upstream_failed");
        assertThat(backend.connections()).isEqualTo(before + 1);
      }
    }
  }

  @Test
  void refusesWhenTheBackendIsLostBehindAnInterimReply() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 103 Early Hints\r\n\r\n");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(caller.send(POST).read().status()).isEqualTo(103);
      assertProblem(caller.read(), 502, "upstream_failed");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"
      })
  void neverLetsHalfAReplyLookWhole(String half) throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      CountDownLatch seen = new CountDownLatch(1);
      try (RawBackend backend =
              RawBackend.start(
                  leg -> {
                    leg.head();
                    leg.send(half);
                    if (reset) {
                      seen.await(5, TimeUnit.SECONDS);
                      leg.reset();
                    }
                  });
          GatewayInProcess gateway = GatewayInProcess.before(backend.url());
          HttpProbe caller = gateway.connect()) {
        caller.send(GET);
        byte[] begun = caller.input().readNBytes(15);
        assertThat(new String(begun, java.nio.charset.StandardCharsets.ISO_8859_1))
            .isEqualTo("HTTP/1.1 200 X\r");
        seen.countDown();
        String rest;
        try {
          rest =
              new String(
                  caller.input().readAllBytes(), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
          rest = ""; // a reset tells it as well
        }
        assertThat(rest).doesNotContain("0\r\n\r\n", "HTTP/1.1");
        assertThat(backend.connections()).isEqualTo(1);
        assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_failed");
        assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void neverGivesSurplusBytesToTheNextRequest() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  while (true) {
                    String head = leg.head();
                    leg.send(
                        head.startsWith("GET /bad ")
                            ? OK + "HTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\npoison"
                            : OK);
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 5; i++) {
        assertThat(caller.send(GET.replace("/ ", "/bad ")).read().text()).isEqualTo("ok");
        assertThat(caller.send(GET).read().text()).isEqualTo("ok");
      }
    }
  }

  @Test
  void neverGivesSurplusBytesThatComeLaterToTheNextRequest() throws Exception {
    CyclicBarrier replied = new CyclicBarrier(2);
    CyclicBarrier poisoned = new CyclicBarrier(2);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(OK);
                  if (leg.number() == 1) {
                    replied.await(5, TimeUnit.SECONDS);
                    leg.send("HTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\npoison");
                    poisoned.await(5, TimeUnit.SECONDS);
                  }
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(caller.send(GET).read().text()).isEqualTo("ok");
      replied.await(5, TimeUnit.SECONDS);
      poisoned.await(5, TimeUnit.SECONDS);
      assertThat(caller.send(GET).read().text()).isEqualTo("ok");
      assertThat(backend.connections()).isEqualTo(2);
    }
  }

  /** A backend that goes away takes all idle connections with it. */
  @Test
  void findsAWayPastManyStaleConnections() throws Exception {
    int stale = 8;
    CyclicBarrier together = new CyclicBarrier(stale);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  if (leg.number() <= stale) {
                    together.await(5, TimeUnit.SECONDS);
                    leg.send(OK);
                    leg.head(); // closed only when it is used again, so no look can tell
                  } else {
                    leg.send(OK);
                    leg.toEnd();
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      List<CompletableFuture<Integer>> first = new ArrayList<>();
      for (int i = 0; i < stale; i++) {
        first.add(
            CompletableFuture.supplyAsync(() -> once(gateway, GET), Thread::startVirtualThread));
      }
      for (CompletableFuture<Integer> reply : first) {
        assertThat(reply.get(5, TimeUnit.SECONDS)).isEqualTo(200);
      }
      assertThat(once(gateway, GET)).isEqualTo(200);
    }
  }

  private static int once(GatewayInProcess gateway, String request) {
    try {
      return HttpProbe.once(gateway.port(), request).status();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void doesNotSendToAStaleConnectionTwiceWhatIsNotIdempotent() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(OK);
                  leg.head();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
      assertProblem(caller.send(POST).read(), 502, "upstream_failed");
      assertThat(backend.connections()).isEqualTo(1);
      assertThat(caller.send(GET).read().status()).isEqualTo(200);
    }
  }

  @Test
  void triesTheNextTargetWhenOneCannotBeReached() throws Exception {
    int dead = FreePorts.next();
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway =
            GatewayInProcess.before("http://127.0.0.1:" + dead, backend.url());
        HttpProbe caller = gateway.connect()) {
      for (int i = 0; i < 6; i++) {
        assertThat(caller.send(POST).read().text()).isEqualTo("ok");
      }
      assertThat(backend.received()).hasSize(6);
      assertThat(gateway.finished(6))
          .anySatisfy(record -> assertThat(record.event().attempts()).isEqualTo(2));
      assertThat(gateway.finished(6))
          .allSatisfy(
              record ->
                  assertThat(record.event().target()).isEqualTo("127.0.0.1:" + backend.port()));
    }
  }

  /** Which target is next is shared by all requests, what was tried is not. */
  @Test
  void triesEveryTargetOnceBeforeAnyTwice() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway =
            GatewayInProcess.before("http://127.0.0.1:" + FreePorts.next(), backend.url())) {
      List<CompletableFuture<Integer>> replies = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        replies.add(
            CompletableFuture.supplyAsync(() -> once(gateway, POST), Thread::startVirtualThread));
      }
      for (CompletableFuture<Integer> reply : replies) {
        assertThat(reply.get(20, TimeUnit.SECONDS)).isEqualTo(200);
      }
    }
  }

  @Test
  void saysSoWhenNoTargetCanBeReached() throws Exception {
    try (GatewayInProcess gateway =
            GatewayInProcess.before(
                "http://127.0.0.1:" + FreePorts.next(), "http://127.0.0.1:" + FreePorts.next());
        HttpProbe caller = gateway.connect()) {
      assertProblem(caller.send(POST).read(), 502, "upstream_failed");
      assertProblem(caller.send(GET).read(), 502, "upstream_failed");
    }
  }

  @Test
  void doesNotWaitForeverForAReply() throws Exception {
    try (RawBackend backend = RawBackend.start(RawBackend.Leg::toEnd);
        GatewayInProcess gateway = GatewayInProcess.before(BOUNDS, 300, backend.url());
        HttpProbe caller = gateway.connect()) {
      assertProblem(caller.send(GET).read(), 504, "upstream_timeout");
      assertThat(backend.connections()).isEqualTo(1);
      await().until(() -> backend.openConnections() == 0);
      assertProblem(caller.send(POST).read(), 504, "upstream_timeout");
    }
  }

  @Test
  void doesNotWaitForeverForTheRestOfAReply() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(BOUNDS, 300, backend.url());
        HttpProbe caller = gateway.connect()) {
      HttpMessage reply = caller.send(GET).read();
      assertThat(reply.complete()).isFalse();
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("upstream_timeout");
    }
  }

  /** A slow caller is not the upstream's fault: the wait for a reply begins behind the request. */
  @Test
  void doesNotBlameTheUpstreamForASlowCaller() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("ok");
        GatewayInProcess gateway = GatewayInProcess.before(BOUNDS, 400, backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
      // Nothing can be waited for: it is the passing of time itself that must not matter.
      CompletableFuture<Void> later =
          CompletableFuture.runAsync(
              () -> {}, CompletableFuture.delayedExecutor(1200, TimeUnit.MILLISECONDS));
      later.get(5, TimeUnit.SECONDS);
      HttpMessage reply = caller.send("0\r\n\r\n").read();
      assertThat(reply.status()).isEqualTo(200);
    }
  }

  /** RFC 9112 section 9.3: a backend may answer, and refuse, before it has read the request. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void relaysAnEarlyReplyToAnUpload(boolean closing) throws Exception {
    int size = 20_000_000;
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 413 X\r\nContent-Length: 3\r\n\r\nbig");
                  if (!closing) {
                    leg.toEnd();
                  }
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: " + size + "\r\n\r\n");
      CompletableFuture<Boolean> sent =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  caller.send(new byte[size]);
                  return true;
                } catch (IOException e) {
                  return false;
                }
              });
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(413);
      assertThat(reply.text()).isEqualTo("big");
      assertThat(sent.get(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(413);
    }
  }

  @Test
  void tellsTheCallerWhenTheBackendIsLostInAnUpload() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.read(100_000);
                  leg.reset();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("PUT / HTTP/1.1\r\n" + HOST + "Content-Length: 400000\r\n\r\n");
      caller.send(new byte[400_000]);
      HttpMessage reply = caller.read();
      assertProblem(reply, 502, "upstream_failed");
      assertThat(backend.connections()).isEqualTo(1); // it cannot be sent again
    }
  }

  @Test
  void letsGoOfTheBackendWhenTheCallerIsGone() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 40000\r\n\r\nabc");
        await().until(() -> backend.connections() == 1);
      }
      await().until(() -> backend.openConnections() == 0);
      assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
      await().until(() -> gateway.active() == 0);
    }
  }

  @Test
  void neverReusesAConnectionWhoseRequestWasNotSentWhole() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(OK); // keeps the connection, as if it would read the body later
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 40000\r\n\r\nabc");
        assertThat(caller.read().text()).isEqualTo("ok");
      }
      assertThat(once(gateway, GET)).isEqualTo(200);
      assertThat(backend.connections()).isEqualTo(2);
      assertThat(backend.legs().getFirst().text()).doesNotContain("GET /");
    }
  }

  @Test
  void dropsWhatOnlyConnectsOneLeg() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send(
                      "HTTP/1.1 200 X\r\n"
                          + "Connection: x, y\r\n"
                          + "X: 1\r\n"
                          + "Keep-Alive: 1\r\n"
                          + "Upgrade: z\r\n"
                          + "Proxy-Connection: 1\r\n"
                          + "Trailer: q\r\n"
                          + "X-Request-Id: theirs\r\n"
                          + "Z: 1\r\n"
                          + "Content-Length: 0\r\n\r\n");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      HttpMessage reply = caller.send(GET.replace(HOST, HOST + "X-Request-Id: r\r\n")).read();
      assertThat(reply.head())
          .isEqualTo(
              "HTTP/1.1 200 X\r\nZ: 1\r\nContent-Length: 0\r\n"
                  + "X-Request-Id: r\r\nVia: 1.1 aegis\r\n\r\n");
    }
  }

  @Test
  void readsNothingIntoAnEndedConnection() throws Exception {
    try (GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1");
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HT").finish();
      assertThatThrownBy(caller::read).isInstanceOfAny(IOException.class, EOFException.class);
    }
  }

  /** A caller that leaves while it waits is found out, and its target told. */
  @Test
  void aCallerWhoLeavesIsNotWorkedFor() throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                  told.complete("ended");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      try (HttpProbe caller = gateway.connect()) {
        caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        await().until(() -> backend.connections() == 1);
      }
      assertThat(told.get(20, TimeUnit.SECONDS)).isEqualTo("ended");
      assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(499);
    }
  }

  /** What a caller sends while it waits for a slow reply is the next request, byte for byte. */
  @Test
  void aRequestThatComesBeforeASlowReplyIsServedAfterIt() throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  slow.await();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
                  String second = leg.head();
                  leg.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
                  leg.send(second.startsWith("POST /second ") ? "two" : "???");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
      await().pollDelay(Duration.ofMillis(1_500)).until(() -> backend.connections() == 1);
      caller.send("POST /second HTTP/1.1\r\nHost: a.test\r\nContent-Len");
      caller.send("gth: 0\r\n\r\n");
      slow.countDown();
      assertThat(caller.read().text()).isEqualTo("one");
      assertThat(caller.read().text()).isEqualTo("two");
    }
  }
}
