package dev.aegis.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.SharedTokens.Found;
import dev.aegis.gateway.identity.Thumbprint;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.RedisClient;

/** Verified tokens in a real Redis, and what becomes of them when it fails. */
final class RedisTokensTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final String SCOPE = "acme:one";
  private static final String TOKEN = "header.claims.signature";

  private final Instant now = Instant.now();
  private final Principal alice =
      new Principal(
          "alice",
          "acme",
          List.of("reader", "writer"),
          List.of("staff", "münchen"),
          Map.of("plan", List.of("gold", "7"), "empty", List.of()),
          List.of("orders"),
          "t-1",
          now.minusSeconds(5),
          Instant.EPOCH,
          now.plusSeconds(60),
          "holding",
          new Thumbprint("A".repeat(43)));

  @TempDir Path folder;

  private RedisPeer redis;
  private RedisTokens one;
  private RedisTokens other;
  private RedisClient client;

  @BeforeEach
  void start() {
    redis = RedisPeer.start();
    one = new RedisTokens(new RedisAccess(redis.url()), "secret", "1.0.0");
    other = new RedisTokens(new RedisAccess(redis.url()), "secret", "1.0.0");
    client = new RedisAccess(redis.url()).client(5_000);
  }

  private static RedisTokens tokens(String url, String version) {
    return new RedisTokens(new RedisAccess(url), "secret", version);
  }

  @AfterEach
  void stop() {
    client.close();
    one.close();
    other.close();
    redis.close();
  }

  /** Tells of the token until the other gateway knows it: what fails in between is forgotten. */
  private void awaitShared(Principal principal) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              one.put(SCOPE, TOKEN, principal, now);
              return other.find(SCOPE, TOKEN).equals(new Found.Known(principal));
            });
  }

  /** A machine that is busy with other things may take longer than a request would wait. */
  private static void awaitFound(RedisTokens tokens, String scope, Found found) {
    await().atMost(BOUND).until(() -> tokens.find(scope, TOKEN).equals(found));
  }

  private byte[] onlyKey() {
    Set<String> keys = client.keys("*");
    assertThat(keys).hasSize(1);
    return keys.iterator().next().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatOneGatewayVerifiedTheOtherKnows() {
    awaitShared(alice);
    awaitFound(other, "acme:two", new Found.Nothing());
    awaitFound(other, "globex:one", new Found.Nothing());
    Principal plain =
        new Principal("bob", "acme", List.of(), null, Instant.EPOCH, now.plusSeconds(9));
    awaitShared(plain);
  }

  @Test
  void whatIsThereTellsNoTokenAndEndsWithIt() {
    awaitShared(alice);
    byte[] key = onlyKey();
    String name = new String(key, StandardCharsets.UTF_8);
    assertThat(name).startsWith("aegis:jwt:3:1.0.0:acme:one:").doesNotContain("claims");
    assertThat(new String(client.get(key), StandardCharsets.ISO_8859_1))
        .doesNotContain("alice", "reader", "gold", "t-1");
    assertThat(client.pttl(key)).isBetween(1L, 60_000L);
    Principal late =
        new Principal("bob", "acme", List.of(), null, now, now.plus(Duration.ofDays(365)));
    awaitShared(late);
    assertThat(client.pttl(key)).isBetween(60_001L, 3_600_000L);
    Principal expired = new Principal("x", "acme", List.of(), null, now, now);
    one.put(SCOPE, "expired", expired, now);
    awaitShared(alice);
    assertThat(client.keys("*")).hasSize(1);
  }

  @Test
  void whatNoGatewayWroteIsNotBelieved() {
    awaitShared(alice);
    byte[] key = onlyKey();
    byte[] value = client.get(key);
    try (RedisTokens stranger =
        new RedisTokens(new RedisAccess(redis.url()), "another secret", "1.0.0")) {
      awaitFound(stranger, SCOPE, new Found.NotOurs());
    }
    for (int i = 0; i < value.length; i++) {
      byte[] changed = value.clone();
      changed[i] ^= 1;
      assertThat(new SealedPrincipal("secret").open(key, changed)).isNull();
    }
    for (byte[] wrong :
        List.of(new byte[32], Arrays.copyOf(value, value.length - 1), new byte[9])) {
      client.set(key, wrong);
      awaitFound(other, SCOPE, new Found.NotOurs());
    }
    client.del(key);
    client.lpush(key, value); // no string at all
    awaitFound(other, SCOPE, new Found.NotOurs());
    client.del(key);
    client.set(key, new byte[10_000_000]);
    awaitFound(other, SCOPE, new Found.NotOurs());
    // An entry that holds, under the key of another token or tenant.
    String moved = new String(key, StandardCharsets.UTF_8).replace("acme:one", "globex:one");
    client.set(moved.getBytes(StandardCharsets.UTF_8), value);
    awaitFound(other, "globex:one", new Found.NotOurs());
  }

  @Test
  void aKilledRedisIsDoneWithoutAndComesBack() {
    awaitShared(alice);
    redis.kill();
    awaitFound(other, SCOPE, new Found.NoAnswer());
    one.put(SCOPE, TOKEN, alice, now);
    redis.restart();
    awaitShared(alice);
  }

  @Test
  void aHangingRedisIsDoneWithoutAndComesBack() {
    awaitShared(alice);
    redis.process().freeze();
    awaitFound(other, SCOPE, new Found.NoAnswer());
    for (int i = 0; i < 10_000; i++) {
      one.put(SCOPE, TOKEN + i, alice, now);
      assertThat(other.find(SCOPE, TOKEN)).isEqualTo(new Found.NoAnswer());
    }
    redis.process().thaw();
    awaitShared(alice);
  }

  @Test
  void aRedisThatTakesNothingStillAnswers() throws IOException {
    awaitShared(alice);
    say("REPLICAOF 127.0.0.1 " + FreePorts.next());
    awaitDropped();
    say("REPLICAOF NO ONE");
    awaitShared(alice);
    client.configSet("maxmemory", "1");
    awaitDropped();
    client.configSet("maxmemory", "0");
    awaitShared(alice);
  }

  private void say(String command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('+');
    }
  }

  private void awaitDropped() {
    long before = one.dropped();
    await()
        .atMost(BOUND)
        .until(
            () -> {
              one.put(SCOPE, TOKEN, alice, now);
              return one.dropped() > before;
            });
  }

  @Test
  void aRedisThatWantsAPasswordIsDoneWithout() {
    client.configSet("requirepass", "open sesame");
    try (RedisTokens stranger = new RedisTokens(new RedisAccess(redis.url()), "secret", "1.0.0");
        RedisTokens known =
            new RedisTokens(
                new RedisAccess("redis://:open%20sesame@127.0.0.1:" + redis.port()),
                "secret",
                "1.0.0")) {
      awaitFound(known, SCOPE, new Found.Nothing());
      assertThat(stranger.find(SCOPE, TOKEN)).isEqualTo(new Found.NoAnswer());
    }
  }

  /** Who may only be greeted is not told anything, and nobody waits for it. */
  @Test
  void aRedisThatRefusesTheQuestionIsDoneWithout() throws IOException {
    say("ACL SETUSER limited on >open ~* +@all -getrange");
    try (RedisTokens limited = tokens("redis://limited:open@127.0.0.1:" + redis.port(), "1.0.0")) {
      awaitShared(alice);
      for (int i = 0; i < 1_000; i++) {
        assertThat(limited.find(SCOPE, TOKEN)).isEqualTo(new Found.NoAnswer());
      }
      say("ACL SETUSER limited +getrange");
      awaitFound(limited, SCOPE, new Found.Known(alice));
    }
  }

  @Test
  void gatewaysOfAnotherVersionAreNotBelieved() {
    awaitShared(alice);
    try (RedisTokens newer = tokens(redis.url(), "1.0.1")) {
      awaitFound(newer, SCOPE, new Found.Nothing());
    }
  }

  /** Whatever it says, the thread that asks goes on, and finds the Redis that comes after it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        ":5\r\n",
        ":five\r\n",
        "$-7\r\n",
        "$99999\r\nshort",
        "*-5\r\n",
        "*2\r\n$1\r\na\r\n",
        "+OK\r\n",
        "-\r\n",
        "\u0000"
      })
  void whatIsNoRedisIsDoneWithout(String answer) throws Exception {
    int port = FreePorts.next();
    try (RedisTokens tokens = tokens("redis://127.0.0.1:" + port, "1.0.0")) {
      Thread serving;
      try (ServerSocket server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
        AtomicInteger asked = new AtomicInteger();
        serving = Thread.ofVirtual().start(() -> accept(server, answer, asked));
        await()
            .atMost(BOUND)
            .until(
                () -> {
                  tokens.put(SCOPE, TOKEN, alice, now);
                  assertThat(tokens.find(SCOPE, TOKEN))
                      .isIn(new Found.NoAnswer(), new Found.NotOurs());
                  return asked.get() >= 3;
                });
      }
      serving.join();
      try (RedisPeer _ = RedisPeer.start(folder, port)) {
        awaitFound(tokens, SCOPE, new Found.Nothing());
      }
    }
  }

  /** Each connection by itself: Jedis leaves some open that it can make nothing of. */
  private static void accept(ServerSocket server, String answer, AtomicInteger asked) {
    List<Socket> accepted = new ArrayList<>();
    try {
      while (true) {
        Socket socket = server.accept();
        accepted.add(socket);
        Thread.ofVirtual().start(() -> answer(socket, answer, asked));
      }
    } catch (IOException e) {
      accepted.forEach(RedisTokensTest::end); // the test has closed the server
    }
  }

  private static void answer(Socket socket, String answer, AtomicInteger asked) {
    try {
      byte[] bytes = new byte[4_096];
      while (socket.getInputStream().read(bytes) > 0) {
        asked.incrementAndGet();
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      end(socket); // the gateway has
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:6379",
        "http://localhost",
        "rediss://localhost",
        "redis://",
        "redis://host:0",
        "redis://host:70000",
        "redis://secret@host",
        "redis://host/orders",
        "redis://host/-1",
        "redis://host?db=1",
        "re dis://a"
      })
  void whatIsNoRedisIsRefused(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> new RedisAccess(url));
  }

  @Test
  void anotherDatabaseIsAnotherPlace() {
    awaitShared(alice);
    try (RedisTokens elsewhere = tokens(redis.url() + "/1", "1.0.0");
        RedisTokens same = tokens(redis.url() + "/0", "1.0.0")) {
      awaitFound(elsewhere, SCOPE, new Found.Nothing());
      awaitFound(same, SCOPE, new Found.Known(alice));
    }
  }

  @Test
  void thePasswordIsNotTold() {
    assertThat(new RedisAccess("redis://user:secret@host:1")).hasToString("host:1");
    assertThat(new RedisAccess("redis://host")).hasToString("host:6379");
  }
}
