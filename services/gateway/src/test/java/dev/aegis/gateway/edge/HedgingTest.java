package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.http2.RawCaller;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request that is late goes to another target too, and the first good reply wins. */
final class HedgingTest {
  private static final String HOST = "Host: a.test\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + HOST + "\r\n";
  private static final String OK = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";
  private static final String BUSY = "HTTP/1.1 503 X\r\nContent-Length: 4\r\n\r\nbusy";
  private static final int FIRST = 1;
  private static final int HEDGE = 2;

  /** RFC 9113 section 7. */
  private static final int CANCEL = 8;

  private final List<AutoCloseable> started = new ArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();

  /** What a target does with a request, by its number in the order in which they came to both. */
  private interface Script {
    void serve(RawBackend.Leg leg, int number) throws Exception;
  }

  private RawBackend target(Script script) {
    RawBackend backend =
        RawBackend.start(
            leg -> {
              while (true) {
                leg.head();
                script.serve(leg, asked.incrementAndGet());
              }
            });
    started.add(backend);
    return backend;
  }

  private GatewayInProcess gateway(Map<String, ?> retries, Map<String, ?> more, RawBackend... of)
      throws Exception {
    List<Map<String, String>> targets = new ArrayList<>();
    for (RawBackend backend : of) {
      targets.add(Map.of("url", backend.url()));
    }
    Map<String, Object> rules = new HashMap<>();
    rules.putAll(Map.of("hedge_after_ms", 1, "min_per_second", 10_000, "backoff_ms", 0));
    rules.putAll(retries);
    Map<String, Object> definition = new HashMap<>(more);
    definition.putAll(Map.of("id", "u", "targets", targets, "retries", rules));
    GatewayInProcess gateway = GatewayInProcess.before(of[0].url());
    started.addFirst(gateway);
    gateway.put("tenants/a/upstreams/u", definition);
    return gateway;
  }

  /** Two targets that follow one script, and a gateway before them. */
  private GatewayInProcess two(Map<String, ?> retries, Script script) throws Exception {
    return gateway(retries, Map.of(), target(script), target(script));
  }

  private HttpProbe caller(GatewayInProcess gateway) throws Exception {
    HttpProbe caller = gateway.connect();
    started.addFirst(caller);
    return caller;
  }

  private static RequestEvent last(GatewayInProcess gateway, int count) {
    return gateway.finished(count).getLast().event();
  }

  private static void open(CountDownLatch gate) throws Exception {
    assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : started) {
      one.close();
    }
  }

  @Test
  void passesTheHedgesReplyOnWhenTheFirstIsLate() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              if (number == FIRST) {
                leg.toEnd(); // which the gateway brings about, once it has the other's reply
                left.countDown();
              } else {
                leg.send(OK);
              }
            });
    HttpProbe caller = caller(gateway);
    assertThat(caller.send(GET).read().text()).isEqualTo("ok");
    open(left);
    assertThat(asked.get()).isEqualTo(2);
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
    assertThat(gateway.active()).isZero();
  }

  @Test
  void sendsABodyThatIsAtHandToBoth() throws Exception {
    List<String> bodies = new CopyOnWriteArrayList<>();
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              bodies.add(new String(leg.read(2), ISO_8859_1));
              if (number == FIRST) {
                leg.toEnd();
              }
              leg.send(OK);
            });
    HttpProbe caller = caller(gateway);
    caller.send("PUT / HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nhi");
    assertThat(caller.read().text()).isEqualTo("ok");
    assertThat(bodies).containsExactly("hi", "hi");
  }

  @Test
  void passesTheFirstsReplyOnAndEndsTheHedge() throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              if (number == FIRST) {
                open(both);
                leg.send(OK);
              } else if (number == HEDGE) {
                both.countDown();
                leg.toEnd();
                left.countDown();
              }
            });
    assertThat(caller(gateway).send(GET).read().text()).isEqualTo("ok");
    open(left);
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
  }

  /** Whoever wins, the caller gets one reply, whole, and the targets are as good as before. */
  @Test
  void givesOneWholeReplyHoweverCloseTheRaceIs() throws Exception {
    int times = 300;
    CyclicBarrier line = new CyclicBarrier(2);
    Script script =
        (leg, number) -> {
          line.await(10, TimeUnit.SECONDS);
          String body = String.valueOf(number % 10).repeat(40_000);
          leg.send("HTTP/1.1 200 X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        };
    GatewayInProcess gateway =
        gateway(
            Map.of(),
            Map.of("max_connections", 8, "health", Map.of("passive", Map.of("failures", 1))),
            target(script),
            target(script));
    HttpProbe caller = caller(gateway);
    for (int i = 0; i < times; i++) {
      HttpMessage reply = caller.send(GET).read();
      assertThat(reply.status()).isEqualTo(200);
      String text = reply.text();
      assertThat(text).isEqualTo(text.substring(0, 1).repeat(40_000));
    }
    assertThat(asked.get()).isEqualTo(2 * times);
    assertThat(gateway.finished(times))
        .allSatisfy(one -> assertThat(one.event().attempts()).isEqualTo(2));
    assertThat(gateway.heard()).isEmpty();
    assertThat(gateway.active()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no HTTP at all\r\n\r\n", BUSY, "HTTP/1.1 200"})
  void waitsForTheHedgeWhenTheFirstIsNoGood(String bad) throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of("statuses", List.of(503)),
            (leg, number) -> {
              if (number == FIRST) {
                open(both);
                leg.send(bad);
                failed.countDown();
                leg.socket().shutdownOutput();
                leg.toEnd();
              } else {
                both.countDown();
                open(failed);
                leg.send(OK);
              }
            });
    HttpMessage reply = caller(gateway).send(GET).read();
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).isEqualTo("ok");
    assertThat(asked.get()).isEqualTo(2);
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no HTTP at all\r\n\r\n", BUSY})
  void waitsForTheFirstWhenTheHedgeIsNoGood(String bad) throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of("statuses", List.of(503)),
            (leg, number) -> {
              if (number == FIRST) {
                open(failed);
                leg.send(OK);
              } else {
                leg.send(bad);
                if (bad.equals(BUSY)) { // which is kept for when the first has no reply at all
                  failed.countDown();
                }
                leg.socketEnd();
                failed.countDown();
              }
            });
    assertThat(caller(gateway).send(GET).read().text()).isEqualTo("ok");
    assertThat(last(gateway, 1).status()).isEqualTo(200);
  }

  /** Hedge and first count as two of three attempts; the third goes out as any other. */
  @ParameterizedTest
  @ValueSource(strings = {"", BUSY})
  void triesAgainWhenBothAreNoGood(String bad) throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of("attempts", 3, "statuses", List.of(503)),
            (leg, number) -> {
              if (number > HEDGE) {
                leg.send(OK);
                return;
              }
              if (number == HEDGE) {
                both.countDown();
              }
              open(both);
              leg.send(bad);
              leg.socketEnd();
            });
    assertThat(caller(gateway).send(GET).read().text()).isEqualTo("ok");
    assertThat(asked.get()).isEqualTo(3);
    assertThat(last(gateway, 1).attempts()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"per_try_timeout_ms", "first_byte_ms", "request_ms", "idle_ms"})
  void boundsHoldForBoth(String bound) throws Exception {
    CountDownLatch left = new CountDownLatch(2);
    Script silent =
        (leg, number) -> {
          leg.toEnd();
          left.countDown();
        };
    boolean perTry = bound.startsWith("per");
    GatewayInProcess gateway =
        gateway(
            perTry ? Map.of("attempts", 2, bound, 300) : Map.of(),
            perTry ? Map.of() : Map.of("timeouts", Map.of(bound, 300)),
            target(silent),
            target(silent));
    HttpMessage reply = caller(gateway).send(GET).read();
    assertThat(reply.status()).isEqualTo(504);
    assertThat(reply.text()).contains("\"code\":\"upstream_timeout\"");
    open(left);
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
    assertThat(asked.get()).isEqualTo(2);
  }

  @Test
  void refusesWhenBothFailAndNoAttemptIsLeft() throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of("attempts", 2),
            (leg, number) -> {
              if (number == HEDGE) {
                both.countDown();
              }
              open(both);
              leg.reset();
            });
    HttpMessage reply = caller(gateway).send(GET).read();
    assertThat(reply.status()).isEqualTo(502);
    assertThat(reply.text()).contains("\"code\":\"upstream_failed\"");
    assertThat(asked.get()).isEqualTo(2);
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
  }

  /** A reply that would be tried again is better than none. */
  @ParameterizedTest
  @ValueSource(ints = {FIRST, HEDGE})
  void passesOnTheOneReplyThatThereIs(int busy) throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of("attempts", 2, "statuses", List.of(503)),
            (leg, number) -> {
              if (number == HEDGE) {
                both.countDown();
              }
              open(both);
              if (number <= HEDGE && number != busy) {
                leg.reset();
              }
              leg.send(BUSY);
            });
    HttpProbe caller = caller(gateway);
    assertThat(caller.send(GET).read().text()).isEqualTo("busy");
    assertThat(last(gateway, 1).attempts()).isEqualTo(2);
    // The connection that brought it is as good as any.
    assertThat(caller.send(GET).read().status()).isEqualTo(503);
  }

  @Test
  void aCallerWhoLeavesEndsBoth() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CountDownLatch left = new CountDownLatch(2);
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              both.countDown();
              leg.toEnd();
              left.countDown();
            });
    HttpProbe caller = gateway.connect();
    caller.send(GET);
    open(both);
    caller.close();
    open(left);
    assertThat(last(gateway, 1).code()).isEqualTo("caller_gone");
    assertThat(last(gateway, 1).status()).isEqualTo(499);
    assertThat(asked.get()).isEqualTo(2);
    assertThat(gateway.heard()).isEmpty();
  }

  @Test
  void aResetByTheCallerEndsBoth() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CountDownLatch left = new CountDownLatch(2);
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              both.countDown();
              leg.toEnd();
              left.countDown();
            });
    try (RawCaller caller = RawCaller.connect(gateway.port())) {
      caller.get(1);
      open(both);
      caller.frame(RawCaller.RST_STREAM, 0, 1, RawCaller.number(CANCEL));
      open(left);
    }
    assertThat(last(gateway, 1).code()).isEqualTo("caller_gone");
    assertThat(asked.get()).isEqualTo(2);
  }

  /** A target in HTTP/2 that answers all streams but the first that comes to any of them. */
  private RawBackend streams(List<Integer> resets) {
    RawBackend backend =
        RawBackend.start(
            leg -> {
              leg.read(24); // the preface (RFC 9113 section 3.4)
              frame(leg, RawCaller.SETTINGS, 0, 0, new byte[0]);
              while (true) {
                byte[] head = leg.read(9);
                byte[] payload = leg.read((head[1] & 0xff) << 8 | head[2] & 0xff);
                int stream = (head[7] & 0xff) << 8 | head[8] & 0xff;
                if (head[3] == RawCaller.RST_STREAM) {
                  resets.add((int) payload[3]);
                } else if (head[3] == RawCaller.HEADERS && asked.incrementAndGet() != FIRST) {
                  byte[] block = RawCaller.block(":status=200");
                  frame(leg, RawCaller.HEADERS, RawCaller.END_HEADERS, stream, block);
                  frame(
                      leg, RawCaller.DATA, RawCaller.END_STREAM, stream, "ok".getBytes(ISO_8859_1));
                }
              }
            });
    started.add(backend);
    return backend;
  }

  private static void frame(RawBackend.Leg leg, int type, int flags, int stream, byte[] payload)
      throws Exception {
    byte[] bytes = new byte[9 + payload.length];
    bytes[2] = (byte) payload.length;
    bytes[3] = (byte) type;
    bytes[4] = (byte) flags;
    bytes[8] = (byte) stream;
    System.arraycopy(payload, 0, bytes, 9, payload.length);
    leg.send(bytes, bytes.length);
  }

  @Test
  void aStreamThatLosesIsResetAndItsConnectionGoesOn() throws Exception {
    List<Integer> resets = new CopyOnWriteArrayList<>();
    RawBackend one = streams(resets);
    RawBackend other = streams(resets);
    GatewayInProcess gateway = gateway(Map.of(), Map.of("protocol", "http2"), one, other);
    HttpProbe caller = caller(gateway);
    assertThat(caller.send(GET).read().text()).isEqualTo("ok");
    await().untilAsserted(() -> assertThat(resets).contains(CANCEL));
    for (int i = 0; i < 10; i++) {
      assertThat(caller.send(GET).read().text()).isEqualTo("ok");
    }
    assertThat(gateway.finished(1).getFirst().event().attempts()).isEqualTo(2);
    assertThat(one.connections()).isEqualTo(1);
    assertThat(other.connections()).isEqualTo(1);
    assertThat(gateway.heard()).isEmpty();
  }

  @Test
  void aTargetThatHangsWhileItIsConnectedToIsLeftBehind() throws Exception {
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // Nobody accepts there; when enough wait for it, no other connection comes about.
      for (int i = 0; i < 8; i++) {
        SocketChannel one = SocketChannel.open();
        waiting.add(one);
        one.configureBlocking(false);
        one.connect(full.getLocalSocketAddress());
      }
      RawBackend good = target((leg, number) -> leg.send(OK));
      GatewayInProcess gateway = GatewayInProcess.before(good.url());
      started.addFirst(gateway);
      String hanging = "http://127.0.0.1:" + full.getLocalPort();
      gateway.put(
          "tenants/a/upstreams/u",
          Map.of(
              "id",
              "u",
              "targets",
              List.of(Map.of("url", hanging), Map.of("url", good.url())),
              "timeouts",
              Map.of("connect_ms", 60_000), // longer than the caller waits
              "retries",
              Map.of("hedge_after_ms", 1, "min_per_second", 10_000)));
      HttpProbe caller = caller(gateway);
      for (int i = 0; i < 4; i++) {
        assertThat(caller.send(GET).read().text()).isEqualTo("ok");
      }
      assertThat(gateway.finished(4))
          .anySatisfy(one -> assertThat(one.event().attempts()).isEqualTo(2));
      assertThat(gateway.heard()).isEmpty();
    } finally {
      for (SocketChannel one : waiting) {
        one.close();
      }
    }
  }

  /** Interim replies cannot be told apart once there are two who say them. */
  @Test
  void dropsInterimRepliesWhileBothRun() throws Exception {
    CountDownLatch both = new CountDownLatch(1);
    GatewayInProcess gateway =
        two(
            Map.of(),
            (leg, number) -> {
              if (number == HEDGE) {
                both.countDown();
              }
              open(both);
              leg.send("HTTP/1.1 103 Early Hints\r\n\r\n");
              if (number == FIRST) {
                leg.toEnd();
              }
              leg.send(OK);
            });
    assertThat(caller(gateway).send(GET).read().status()).isEqualTo(200);
  }

  @Test
  void doesNotHedgeOnceTheTargetHasBegunToAnswer() throws Exception {
    GatewayInProcess gateway =
        two(
            Map.of("hedge_after_ms", 1_000),
            (leg, number) -> {
              leg.send("HTTP/1.1 103 Early Hints\r\n\r\n");
              LockSupport.parkNanos(1_500_000_000); // a target that takes its time
              leg.send(OK);
            });
    HttpProbe caller = caller(gateway);
    assertThat(caller.send(GET).read().status()).isEqualTo(103);
    assertThat(caller.read().status()).isEqualTo(200);
    assertThat(last(gateway, 1).attempts()).isEqualTo(1);
    assertThat(asked.get()).isEqualTo(1);
  }

  /** Answers each request, in its own time, and asserts that it came once. */
  private void assertNotHedged(Map<String, ?> retries, int targets, String request)
      throws Exception {
    List<RawBackend> all = new ArrayList<>();
    for (int i = 0; i < targets; i++) {
      all.add(
          RawBackend.start(
              leg -> {
                while (true) {
                  String head = leg.head();
                  asked.incrementAndGet();
                  if (head.contains("Expect")) {
                    leg.send("HTTP/1.1 100 Continue\r\n\r\n");
                  }
                  int at = head.indexOf("Content-Length: ");
                  if (at >= 0) {
                    leg.read(Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at))));
                  }
                  LockSupport.parkNanos(50_000_000); // many times the delay
                  leg.send(OK);
                }
              }));
    }
    started.addAll(all);
    GatewayInProcess gateway = gateway(retries, Map.of(), all.toArray(RawBackend[]::new));
    HttpProbe caller = caller(gateway);
    for (int i = 0; i < 4; i++) {
      HttpMessage reply = caller.send(request).read();
      while (reply.status() < 200) {
        reply = caller.read();
      }
      assertThat(reply.text()).isEqualTo("ok");
    }
    assertThat(asked.get()).isEqualTo(4);
    assertThat(gateway.finished(4))
        .allSatisfy(one -> assertThat(one.event().attempts()).isEqualTo(1));
  }

  @Test
  void doesNotHedgeWithTheSameTarget() throws Exception {
    assertNotHedged(Map.of(), 1, GET);
  }

  @Test
  void doesNotHedgeUnlessItIsTold() throws Exception {
    assertNotHedged(Map.of("hedge_after_ms", 0), 2, GET);
  }

  @Test
  void doesNotHedgeWhenTheBudgetIsEmpty() throws Exception {
    assertNotHedged(Map.of("budget_percent", 0, "min_per_second", 0), 2, GET);
  }

  /** RFC 9110 section 9.2.2, and bodies that are not kept. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST / HTTP/1.1\r\nContent-Length: 2\r\n",
        "PATCH / HTTP/1.1\r\nContent-Length: 2\r\n",
        "LOCK / HTTP/1.1\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 20000\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n",
        "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      })
  void doesNotHedgeWhatMustNotBeSentTwice(String head) throws Exception {
    int at = head.indexOf("Content-Length: ");
    int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
    assertNotHedged(Map.of(), 2, head + HOST + "\r\n" + "x".repeat(length));
  }

  @Test
  void doesNotHedgeWithATargetThatHasNoRoom() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger held = new AtomicInteger();
    Script script =
        (leg, number) -> {
          if (number <= 2) {
            held.incrementAndGet();
            open(gate);
          }
          leg.send(OK);
        };
    GatewayInProcess gateway =
        gateway(Map.of(), Map.of("max_connections", 1), target(script), target(script));
    HttpProbe one = caller(gateway).send("POST / HTTP/1.1\r\n" + HOST + "\r\n");
    await().until(() -> held.get() == 1);
    HttpProbe other = caller(gateway).send(GET); // the other target has room
    await().until(() -> held.get() == 2);
    LockSupport.parkNanos(100_000_000); // many times the delay
    assertThat(asked.get()).isEqualTo(2);
    gate.countDown();
    assertThat(one.read().text()).isEqualTo("ok");
    assertThat(other.read().text()).isEqualTo("ok");
    assertThat(gateway.finished(2))
        .allSatisfy(done -> assertThat(done.event().attempts()).isEqualTo(1));
  }
}
