package dev.aegis.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.egress.CallResult.Answered;
import dev.aegis.egress.CallResult.Failed;
import dev.aegis.egress.CallResult.Failure;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.StubUpstream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CallerTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final byte[] BODY = "{\"type\":\"x\"}".getBytes(StandardCharsets.UTF_8);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(400);

  private final AtomicInteger lookups = new AtomicInteger();
  private Caller caller = caller(List.of(LOOPBACK), LONG, "127.0.0.0/8");

  @AfterEach
  void close() {
    caller.close();
  }

  @Test
  void postsToTheAddressThatWasChecked() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      CallResult result = post("http://hooks.example:" + receiver.port() + "/a%20b?c=d%26e");

      assertThat(result)
          .isInstanceOfSatisfying(Answered.class, a -> assertThat(a.status()).isEqualTo(200));
      HttpMessage request = receiver.received().getFirst();
      assertThat(request.startLine()).isEqualTo("POST /a%20b?c=d%26e HTTP/1.1");
      assertThat(request.field("Host")).isEqualTo("hooks.example:" + receiver.port());
      assertThat(request.field("X-Test")).isEqualTo("yes");
      assertThat(request.body()).isEqualTo(BODY);
      // A name that leads elsewhere the second time finds nobody asking.
      assertThat(lookups).hasValue(1);
    }
  }

  @Test
  void callsNobodyWhenOneOfTheAddressesIsClosed() throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks")) {
      use(caller(List.of(LOOPBACK, InetAddress.ofLiteral("10.0.0.1")), LONG, "127.0.0.0/8"));

      assertThat(failure(post("http://hooks.example:" + receiver.port() + "/")))
          .isEqualTo(Failure.ADDRESS);
      assertThat(receiver.connections()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"})
  void callsNothingOnThisMachineUnlessAllowed(String host) throws Exception {
    try (StubUpstream receiver = StubUpstream.answering("thanks");
        SystemResolver system = new SystemResolver()) {
      use(
          new Caller(
              system,
              new EgressGuard(List.of()),
              (SSLSocketFactory) SSLSocketFactory.getDefault(),
              LONG,
              LONG));

      assertThat(failure(post("http://" + host + ":" + receiver.port() + "/")))
          .isIn(Failure.ADDRESS, Failure.DNS);
      assertThat(receiver.connections()).isZero();
    }
  }

  @Test
  void doesNotFollowRedirects() throws Exception {
    try (StubUpstream target = StubUpstream.answering("here");
        StubUpstream receiver =
            StubUpstream.start(
                (request, exchange) ->
                    exchange.reply(307, List.of("Location: " + target.url()), new byte[0]))) {
      assertThat(post(receiver.url() + "/"))
          .isInstanceOfSatisfying(Answered.class, a -> assertThat(a.status()).isEqualTo(307));
      assertThat(target.connections()).isZero();
    }
  }

  @Test
  void saysHowLongTheReceiverWantsToBeLeftAlone() throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> exchange.reply(503, List.of("retry-AFTER:  7 "), new byte[0]))) {
      assertThat(post(receiver.url()))
          .isInstanceOfSatisfying(Answered.class, a -> assertThat(a.retryAfter()).isEqualTo("7"));
    }
  }

  @Test
  void passesOverInterimReplies() throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) ->
                exchange
                    .send(
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                    .reply(204, List.of(), new byte[0]))) {
      assertThat(post(receiver.url()))
          .isInstanceOfSatisfying(Answered.class, a -> assertThat(a.status()).isEqualTo(204));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "\r\n\r\n"
      })
  void knowsGarbage(String reply) throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start((request, exchange) -> exchange.send(reply).close())) {
      assertThat(failure(post(receiver.url()))).isEqualTo(Failure.MALFORMED);
    }
  }

  @Test
  void doesNotReadAnEndlessHead() throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              exchange.send("HTTP/1.1 200 OK\r\n");
              while (true) {
                exchange.send("X-Filler: " + "x".repeat(1000) + "\r\n");
              }
            })) {
      assertThat(failure(post(receiver.url()))).isEqualTo(Failure.MALFORMED);
    }
  }

  @Test
  void doesNotReadAnEndlessBody() throws Exception {
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              exchange.send("HTTP/1.1 200 OK\r\n\r\n");
              while (true) {
                exchange.send("y".repeat(10_000));
              }
            })) {
      assertThat(post(receiver.url())).isInstanceOf(Answered.class);
    }
  }

  @Test
  void givesUpOnSilence() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    use(caller(List.of(LOOPBACK), SHORT, "127.0.0.0/8"));
    try (StubUpstream receiver = StubUpstream.start((request, exchange) -> never.await())) {
      assertThat(failure(post(receiver.url()))).isEqualTo(Failure.TIMEOUT);
    } finally {
      never.countDown();
    }
  }

  @Test
  void givesUpOnDripsThatNeverEnd() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    use(caller(List.of(LOOPBACK), SHORT, "127.0.0.0/8"));
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              exchange.send("HTTP/1.1 200 OK\r\nX-Drip: ");
              do {
                exchange.send("z");
              } while (!never.await(20, TimeUnit.MILLISECONDS));
            })) {
      assertThat(failure(post(receiver.url()))).isEqualTo(Failure.TIMEOUT);
    } finally {
      never.countDown();
    }
  }

  @Test
  void knowsALostConnection() throws Exception {
    try (StubUpstream receiver = StubUpstream.start((request, exchange) -> exchange.reset())) {
      assertThat(failure(post(receiver.url()))).isEqualTo(Failure.LOST);
    }
  }

  @Test
  void knowsAPortWhereNobodyListens() throws Exception {
    assertThat(failure(post("http://127.0.0.1:" + FreePorts.next() + "/")))
        .isEqualTo(Failure.CONNECT);
  }

  @Test
  void knowsANameWithoutAddress() throws Exception {
    use(
        new Caller(
            (host, limit) -> {
              throw new UnknownHostException(host);
            },
            new EgressGuard(List.of()),
            (SSLSocketFactory) SSLSocketFactory.getDefault(),
            LONG,
            LONG));

    assertThat(failure(post("http://nowhere.example/"))).isEqualTo(Failure.DNS);
  }

  @Test
  void endsACallThatIsToldToStop() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (StubUpstream receiver =
        StubUpstream.start(
            (request, exchange) -> {
              arrived.countDown();
              stopped.await();
            })) {
      Thread call =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      post(receiver.url());
                    } catch (InterruptedException e) {
                      stopped.countDown();
                    }
                  });
      arrived.await();
      call.interrupt();
      assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private CallResult post(String url) throws InterruptedException {
    return caller.post(URI.create(url), Map.of("X-Test", "yes"), BODY);
  }

  private static Failure failure(CallResult result) {
    return ((Failed) result).failure();
  }

  private void use(Caller other) {
    caller.close();
    caller = other;
  }

  private Caller caller(List<InetAddress> addresses, Duration total, String allowed) {
    return new Caller(
        (host, limit) -> {
          lookups.incrementAndGet();
          return addresses;
        },
        new EgressGuard(Network.parseList(allowed)),
        (SSLSocketFactory) SSLSocketFactory.getDefault(),
        LONG,
        total);
  }
}
