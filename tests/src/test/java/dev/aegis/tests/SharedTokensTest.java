package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two gateways that tell each other in Redis which tokens they have verified, under load, while
 * Redis is killed, comes back, hangs and is emptied, and while revocations, roles and keys change:
 * each answer is the one that the configuration in force says. The figures are printed.
 */
final class SharedTokensTest {
  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final List<String> GATEWAYS = List.of("gateway", "gateway-2");
  private static final int CALLERS = 8;
  private static final int REMEMBERED = 200;
  private static final Set<Integer> ADMITTED = Set.of(200);
  private static final Set<Integer> UNKNOWN = Set.of(401);
  private static final Set<Integer> FORBIDDEN = Set.of(403);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Jwts.Key otherKey = Jwts.key("main", "RS256");
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLongArray byStatus = new AtomicLongArray(600);
  private final AtomicLong slowest = new AtomicLong();
  private final List<Kind> kinds = new ArrayList<>();
  private volatile boolean enough;

  @TempDir Path data;

  /** Callers of whom the same is expected. */
  private static final class Kind {
    private final String name;
    private final Minting minting;
    private final List<String> tokens = new CopyOnWriteArrayList<>();
    private volatile Set<Integer> expected;

    Kind(String name, Set<Integer> expected, Minting minting) {
      this.name = name;
      this.expected = expected;
      this.minting = minting;
    }

    /** A token that nobody has seen, or one that may have been seen by each gateway. */
    String token() {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      if (tokens.isEmpty() || random.nextBoolean()) {
        String token = minting.token(Map.of("nonce", random.nextLong()));
        if (tokens.size() < REMEMBERED) {
          tokens.add(token);
        } else {
          tokens.set(random.nextInt(REMEMBERED), token);
        }
        return token;
      }
      return tokens.get(random.nextInt(tokens.size()));
    }
  }

  private interface Minting {
    String token(Map<String, ?> more);
  }

  private interface Change {
    HttpResponse<String> make() throws IOException, InterruptedException;
  }

  @Test
  void neverChangeADecision() throws Exception {
    try (RedisPeer redis = RedisPeer.start();
        EchoBackend backend = new EchoBackend();
        Installation installation =
            new Installation(data, Map.of("AEGIS_REDIS_URL", redis.url()))) {
      installation.start("admin");
      for (String gateway : GATEWAYS) {
        installation.start(gateway);
      }
      installation.publish(backend.uri());
      Change narrow = () -> role(installation, "/else");
      Change wide = () -> role(installation, "/**");
      applied(wide.make());

      Kind good = kind("good", ADMITTED, more -> installation.token(more));
      Kind plain = kind("plain", FORBIDDEN, more -> of(installation, "bob", "none", more));
      Kind forged = kind("forged", UNKNOWN, this::ofOtherKey);
      Kind changing =
          kind("changing", ADMITTED, more -> of(installation, "carol", "changing", more));
      List<Kind> leavers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String subject = "leaver-" + i;
        leavers.add(kind(subject, ADMITTED, more -> of(installation, subject, "everything", more)));
      }

      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int first = i;
        callers.add(Thread.ofVirtual().start(() -> call(installation, first)));
      }
      try {
        phase(installation, "Redis up", "shared_hit");
        change(changing, FORBIDDEN, narrow);
        change(leavers.get(0), UNKNOWN, () -> revoke(installation, leavers.get(0)));
        phase(installation, "changed while it is up", "shared_hit");

        redis.kill();
        phase(installation, "Redis killed", "shared_no_answer");
        change(changing, ADMITTED, wide);
        change(leavers.get(1), UNKNOWN, () -> revoke(installation, leavers.get(1)));
        phase(installation, "changed while it is away", "shared_no_answer");

        redis.restart();
        phase(installation, "Redis restored", "shared_hit");
        redis.process().freeze();
        phase(installation, "Redis hanging", "shared_no_answer");
        change(changing, FORBIDDEN, narrow);
        change(leavers.get(2), UNKNOWN, () -> revoke(installation, leavers.get(2)));
        redis.process().thaw();
        phase(installation, "Redis going on", "shared_hit");

        // What was in Redis at the first of these changes is there again, and says nothing wrong.
        change(changing, ADMITTED, wide);
        change(leavers.get(3), UNKNOWN, () -> revoke(installation, leavers.get(3)));
        phase(installation, "changed again", "shared_hit");

        for (Kind kind : List.of(good, plain, changing)) {
          kind.expected = union(kind.expected, UNKNOWN);
        }
        forged.expected = union(ADMITTED, UNKNOWN);
        applied(issuer(installation, otherKey));
        for (Kind kind : List.of(good, plain, changing)) {
          kind.expected = UNKNOWN;
        }
        forged.expected = ADMITTED;
        phase(installation, "the issuer has another key", "shared_hit");
      } finally {
        enough = true;
        for (Thread caller : callers) {
          caller.join();
        }
      }
      System.out.println(
          answers
              + " answers (200: "
              + byStatus.get(200)
              + ", 401: "
              + byStatus.get(401)
              + ", 403: "
              + byStatus.get(403)
              + "), "
              + wrong.size()
              + " wrong; the slowest took "
              + slowest.get() / 1_000_000
              + " ms");
      assertThat(wrong).isEmpty();
      assertThat(total(installation, "shared_not_ours")).isZero();
    }
  }

  private Kind kind(String name, Set<Integer> expected, Minting minting) {
    Kind kind = new Kind(name, expected, minting);
    kinds.add(kind);
    return kind;
  }

  private static String of(
      Installation installation, String subject, String role, Map<String, ?> more) {
    Map<String, Object> claims = new HashMap<>(more);
    claims.put("sub", subject);
    claims.put("role_ids", List.of(role));
    return installation.token(claims);
  }

  /** As good as any, but for the key. */
  private String ofOtherKey(Map<String, ?> more) {
    Map<String, Object> claims =
        new HashMap<>(
            Jwts.claims(
                "https://idp.test",
                "acme",
                "alice",
                List.of("everything"),
                Instant.now(),
                Duration.ofHours(1)));
    claims.putAll(more);
    return otherKey.token(claims);
  }

  private void call(Installation installation, int first) {
    for (int turn = first; !enough; turn++) {
      Kind kind = kinds.get(turn % kinds.size());
      String token = kind.token();
      for (int i = 0; i < GATEWAYS.size(); i++) {
        ask(installation, GATEWAYS.get((turn + i) % GATEWAYS.size()), kind, token);
      }
    }
  }

  /** An answer that was expected when it was asked for, or when it came, is right. */
  private void ask(Installation installation, String gateway, Kind kind, String token) {
    Set<Integer> before = kind.expected;
    long from = System.nanoTime();
    try {
      int status =
          installation.ask(gateway, "/chunked", "Authorization", "Bearer " + token).statusCode();
      slowest.accumulateAndGet(System.nanoTime() - from, Math::max);
      byStatus.incrementAndGet(status);
      if (!before.contains(status) && !kind.expected.contains(status)) {
        wrong.add(gateway + " answered " + kind.name + " with " + status + ", not " + before);
      }
    } catch (IOException e) {
      wrong.add(gateway + " did not answer " + kind.name + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      wrong.add("interrupted");
    }
    answers.incrementAndGet();
  }

  /** From when the admin API says that both gateways run it, only the new answer is right. */
  private static void change(Kind kind, Set<Integer> then, Change change) throws Exception {
    kind.expected = union(kind.expected, then);
    applied(change.make());
    kind.expected = then;
  }

  private static Set<Integer> union(Set<Integer> one, Set<Integer> other) {
    return Set.of(one.iterator().next(), other.iterator().next());
  }

  private static void applied(HttpResponse<String> reply) throws IOException {
    assertThat(reply.statusCode()).as(reply.body()).isIn(200, 201);
    assertThat(JSON.readTree(reply.body()).at("/applied/complete").asBoolean())
        .as(reply.body())
        .isTrue();
  }

  private static HttpResponse<String> role(Installation installation, String path)
      throws IOException, InterruptedException {
    return installation.admin(
        "PUT",
        "tenants/acme/roles/changing?wait=applied",
        Map.of("id", "changing", "permissions", List.of(Map.of("paths", List.of(path)))));
  }

  private static HttpResponse<String> revoke(Installation installation, Kind leaver)
      throws IOException, InterruptedException {
    return installation.admin(
        "POST",
        "tenants/acme/revocations?wait=applied",
        Map.of("subject", leaver.name, "issued_before", "2100-01-01T00:00:00Z"));
  }

  private static HttpResponse<String> issuer(Installation installation, Jwts.Key key)
      throws IOException, InterruptedException {
    return installation.admin(
        "PUT",
        "tenants/acme/issuers/main?wait=applied",
        Map.of(
            "id",
            "main",
            "issuer",
            "https://idp.test",
            "algorithms",
            List.of("RS256"),
            "public_keys",
            List.of(key.jwk())));
  }

  /** Waits until enough was answered and enough of it was looked up in this way. */
  private void phase(Installation installation, String name, String outcome) throws Exception {
    Map<String, Long> before = totals(installation);
    long answered = answers.get();
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(250))
        .until(
            () ->
                answers.get() >= answered + 1_000
                    && total(installation, outcome) >= before.get(outcome) + 100);
    Map<String, Long> figures = totals(installation);
    figures.replaceAll((each, value) -> value - before.get(each));
    System.out.println(name + ": " + (answers.get() - answered) + " answers, " + figures);
  }

  private static Map<String, Long> totals(Installation installation) throws Exception {
    Map<String, Long> totals = new HashMap<>();
    for (String outcome :
        List.of("hit", "shared_hit", "miss", "shared_no_answer", "shared_not_ours")) {
      totals.put(outcome, total(installation, outcome));
    }
    return totals;
  }

  private static long total(Installation installation, String outcome) throws Exception {
    long total = 0;
    for (String gateway : GATEWAYS) {
      total += installation.metric(gateway, "aegis_jwt_cache_total{outcome=\"" + outcome + "\"} ");
    }
    return total;
  }
}
