package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How soon two gateways under load know that a caller may no longer do what it did. The figures are
 * printed, from before the admin API is asked to the first refusal of each gateway; asserted is
 * only that it comes.
 */
final class ChangesOfIdentityTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final List<String> GATEWAYS = List.of("gateway", "gateway-2");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  @Test
  void reachTwoGatewaysUnderLoad() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = new Installation(data)) {
      installation.start("admin");
      GATEWAYS.forEach(gateway -> start(installation, gateway));
      installation.publish(backend.uri());
      installation.openRoute("/sized");
      created(
          installation,
          "routes?wait=applied",
          Map.of(
              "id", "api", "paths", List.of("/**"), "upstream", "api-service-acme", "auth", "any"));
      try (SteadyLoad load =
          new SteadyLoad(
              8, "/sized", List.of(installation.at("gateway"), installation.at("gateway-2")))) {
        awaitMore(load, 1_000);

        String[] one = {"Authorization", "Bearer " + installation.token(Map.of("jti", "t-1"))};
        measure(
            installation,
            "a token revoked by jti",
            one,
            401,
            () -> created(installation, "revocations", Map.of("jti", "t-1")));

        String[] all = {"Authorization", "Bearer " + installation.token()};
        measure(
            installation,
            "a subject's tokens revoked",
            all,
            401,
            () ->
                created(
                    installation,
                    "revocations",
                    Map.of("subject", "alice", "issued_before", "2100-01-01T00:00:00Z")));

        Map<String, Object> ci = new HashMap<>();
        ci.put("id", "ci");
        ci.put("name", "ci");
        ci.put("subject", "svc-1");
        ci.put("roles", List.of("everything"));
        String[] key = {"X-API-Key", created(installation, "api-keys?wait=applied", ci)};
        measure(
            installation,
            "an API key revoked",
            key,
            401,
            () -> installation.admin("DELETE", "tenants/acme/api-keys/ci", Map.of()));

        String[] bob = {"Authorization", "Bearer " + installation.token(Map.of("sub", "bob"))};
        measure(
            installation,
            "a role changed",
            bob,
            403,
            () ->
                installation.admin(
                    "PUT",
                    "tenants/acme/roles/everything",
                    Map.of("permissions", List.of(Map.of("paths", List.of("/else"))))));

        List<String> failures = load.stop();
        System.out.println(
            "load meanwhile: " + load.done() + " requests, " + failures.size() + " failed");
        assertThat(failures).isEmpty();

        // What was refused stays refused by a gateway that was started anew.
        installation.process("gateway").stop(Duration.ofSeconds(20));
        installation.start("gateway");
        for (String[] credential : List.of(one, all, key)) {
          assertThat(installation.ask("gateway", "/chunked", credential).statusCode())
              .isEqualTo(401);
        }
      }
    }
  }

  private interface Change {
    Object make() throws Exception;
  }

  private static void measure(
      Installation installation, String what, String[] credential, int refusal, Change change)
      throws Exception {
    for (String gateway : GATEWAYS) {
      assertThat(installation.ask(gateway, "/chunked", credential).statusCode()).isEqualTo(200);
    }
    try (ExecutorService watching = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<String, Future<Long>> refused = new HashMap<>();
      long from = System.nanoTime();
      for (String gateway : GATEWAYS) {
        Callable<Long> watch =
            () -> {
              long end = from + BOUND.toNanos();
              while (installation.ask(gateway, "/chunked", credential).statusCode() != refusal) {
                if (System.nanoTime() > end) {
                  throw new AssertionError(what + ": " + gateway + " does not know it");
                }
              }
              return (System.nanoTime() - from) / 1_000_000;
            };
        refused.put(gateway, watching.submit(watch));
      }
      change.make();
      long told = (System.nanoTime() - from) / 1_000_000;
      StringBuilder figures = new StringBuilder(what + ": admin answered after " + told + " ms");
      for (String gateway : GATEWAYS) {
        figures.append(", ").append(gateway).append(" refused after ");
        figures.append(refused.get(gateway).get()).append(" ms");
      }
      System.out.println(figures);
    }
  }

  /** Creates an object of the tenant; returns the secret that was told, or nothing. */
  private static String created(Installation installation, String collection, Map<String, ?> object)
      throws Exception {
    HttpResponse<String> reply = installation.admin("POST", "tenants/acme/" + collection, object);
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
    return JSON.readTree(reply.body()).path("secret").asText();
  }

  private static void start(Installation installation, String gateway) {
    try {
      installation.start(gateway);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitMore(SteadyLoad load, int requests) {
    long before = load.done();
    await().atMost(BOUND).until(() -> load.done() > before + requests);
  }
}
