package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.OpenIdProvider;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An OpenID provider that others wrote, followed through the exchange of its keys. */
final class OpenIdProviderTest {
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int CALLERS = 8;
  private static final int OVERLAP_SECONDS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /**
   * Callers go on with tokens of the old key and of the new one. No request is refused until the
   * overlap is over; then those of the old key are, all of them.
   */
  @Test
  void isFollowedThroughARotationUnderLoad() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.fetchingKeys(folder, backend.url());
        OpenIdProvider provider = OpenIdProvider.start()) {
      gateway.put(
          "tenants/a/roles/all",
          Map.of("id", "all", "permissions", List.of(Map.of("paths", List.of("/**")))));
      gateway.put(
          "tenants/a/issuers/oidc",
          Map.of(
              "id",
              "oidc",
              "issuer",
              provider.issuer().toString(),
              "algorithms",
              List.of("RS256"),
              "audience",
              OpenIdProvider.AUDIENCE,
              "discovery",
              true,
              "keys_overlap_seconds",
              OVERLAP_SECONDS));
      gateway.route(Map.of("auth", "jwt"));
      String old = provider.token();
      try (HttpProbe probe = gateway.connect()) {
        assertThat(status(probe, old)).isEqualTo(200);
      }

      AtomicReference<String> latest = new AtomicReference<>(old);
      AtomicReference<@Nullable Instant> firstRefused = new AtomicReference<>();
      AtomicBoolean ended = new AtomicBoolean();
      AtomicLong requests = new AtomicLong();
      Map<Integer, LongAdder> ofOld = new ConcurrentHashMap<>();
      Map<Integer, LongAdder> ofLatest = new ConcurrentHashMap<>();
      Instant rotated;
      // With threads of their own, as callers of another process have: virtual ones that are always
      // ready would keep the gateway's timers from the few carriers that they share.
      try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          boolean keepsItsToken = i % 2 == 0;
          running.add(
              callers.submit(
                  () -> {
                    try (HttpProbe probe = gateway.connect()) {
                      while (!ended.get()) {
                        int status = status(probe, keepsItsToken ? old : latest.get());
                        if (keepsItsToken && status != 200) {
                          firstRefused.compareAndSet(null, Instant.now());
                        }
                        (keepsItsToken ? ofOld : ofLatest)
                            .computeIfAbsent(status, key -> new LongAdder())
                            .increment();
                        requests.incrementAndGet();
                      }
                    }
                    return null;
                  }));
        }
        try {
          await().atMost(BOUND).until(() -> requests.get() > 200);
          rotated = Instant.now();
          provider.rotate();
          String next = provider.token();
          assertThat(kid(next)).isNotEqualTo(kid(old));
          latest.set(next);
          await().atMost(BOUND).until(() -> firstRefused.get() != null);
          long then = requests.get();
          await().atMost(BOUND).until(() -> requests.get() > then + 200);
        } finally {
          ended.set(true);
        }
        for (Future<?> each : running) {
          each.get();
        }
      }
      Duration good = Duration.between(rotated, firstRefused.get());
      System.out.printf(
          "key rotation of oidc-provider: %d requests by %d callers, latest token %s, old token %s;"
              + " the old key was good for %d ms after the rotation, its overlap is %d s%n",
          requests.get(), CALLERS, ofLatest, ofOld, good.toMillis(), OVERLAP_SECONDS);
      assertThat(ofLatest).as("with the latest token").containsOnlyKeys(200);
      assertThat(ofOld).as("with the old token").containsOnlyKeys(200, 401);
      assertThat(good).isGreaterThanOrEqualTo(Duration.ofSeconds(OVERLAP_SECONDS));
      try (HttpProbe probe = gateway.connect()) {
        assertThat(status(probe, old)).isEqualTo(401);
        assertThat(status(probe, latest.get())).isEqualTo(200);
      }
      assertThat(gateway.keyFindings()).isEmpty();
    }
  }

  private static String kid(String token) throws Exception {
    byte[] header = Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.')));
    return JSON.readTree(header).path("kid").asText();
  }

  private static int status(HttpProbe probe, String token) throws IOException {
    String request = "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer %s\r\n\r\n";
    return probe.send(request.formatted(token)).read().status();
  }
}
