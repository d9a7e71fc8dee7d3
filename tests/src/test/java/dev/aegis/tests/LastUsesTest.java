package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.redis.KeyUses;
import dev.aegis.redis.RedisAccess;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the admin API says of when API keys were last used: two gateways tell it in Redis, which
 * hangs and is killed, and forgets a tenant that is deleted.
 */
final class LastUsesTest {
  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  @Test
  void lastUsesAreShownAndForgotten() throws Exception {
    try (RedisPeer redis = RedisPeer.start();
        KeyUses told = new KeyUses(new RedisAccess(redis.url()), BOUND);
        EchoBackend backend = new EchoBackend();
        Installation installation =
            new Installation(data, Map.of("AEGIS_REDIS_URL", redis.url()))) {
      for (String service : List.of("admin", "gateway", "gateway-2")) {
        installation.start(service);
      }
      installation.publish(backend.uri());
      made(
          installation,
          "routes",
          Map.of(
              "id",
              "keyed",
              "paths",
              List.of("/**"),
              "upstream",
              "api-service-acme",
              "auth",
              "api_key"));
      String never = key(installation, "never");
      String ci = key(installation, "ci");
      String other = key(installation, "other");
      assertThat(List.of(never, ci, other)).doesNotHaveDuplicates();
      assertThat(lastUse(installation, "ci").isNull()).isTrue();

      Instant from = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      assertThat(use(installation, "gateway", ci)).isEqualTo(200);
      assertThat(use(installation, "gateway-2", other)).isEqualTo(200);
      for (String id : List.of("ci", "other")) {
        awaitShown(installation, id);
        assertThat(Instant.parse(lastUse(installation, id).asText()))
            .isBetween(from, Instant.now());
      }
      JsonNode listed =
          JSON.readTree(installation.admin("GET", "tenants/acme/api-keys", Map.of()).body());
      for (JsonNode item : listed.path("items")) {
        assertThat(item.path("last_used_at").isNull())
            .as(item.toString())
            .isEqualTo(item.path("id").asText().equals("never"));
      }

      redis.process().freeze();
      for (int i = 0; i < 5; i++) {
        assertThat(lastUse(installation, "ci").isNull()).isTrue();
        assertThat(use(installation, "gateway", ci)).isEqualTo(200);
      }
      redis.process().thaw();
      awaitShown(installation, "ci");

      // Another key with the same id was not used before it was there.
      assertThat(installation.admin("DELETE", "tenants/acme/api-keys/ci", Map.of()).statusCode())
          .isEqualTo(204);
      String again = key(installation, "ci");
      assertThat(lastUse(installation, "ci").isNull()).isTrue();
      assertThat(use(installation, "gateway", ci)).isEqualTo(401);

      redis.kill();
      assertThat(lastUse(installation, "other").isNull()).isTrue();
      assertThat(use(installation, "gateway-2", again)).isEqualTo(200);
      redis.restart();
      awaitShown(installation, "ci");

      await() // the connection may be one to the Redis that was killed
          .atMost(BOUND)
          .ignoreExceptions()
          .until(() -> told.tenants().equals(Set.of("acme")));
      assertThat(installation.admin("DELETE", "tenants/acme", Map.of()).statusCode())
          .isEqualTo(204);
      await().atMost(BOUND).until(() -> told.tenants().isEmpty() && told.all("acme").isEmpty());
    }
  }

  private static HttpResponse<String> made(
      Installation installation, String collection, Map<String, ?> object) throws Exception {
    HttpResponse<String> reply =
        installation.admin("POST", "tenants/acme/" + collection + "?wait=applied", object);
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
    return reply;
  }

  /** The secret of a new key. */
  private static String key(Installation installation, String id) throws Exception {
    Map<String, ?> key =
        Map.of("id", id, "name", id, "subject", "svc-" + id, "roles", List.of("everything"));
    JsonNode made = JSON.readTree(made(installation, "api-keys", key).body());
    assertThat(made.path("last_used_at").isNull()).as(made.toString()).isTrue();
    return made.path("secret").asText();
  }

  private static int use(Installation installation, String gateway, String secret)
      throws IOException, InterruptedException {
    return installation.ask(gateway, "/chunked", "X-API-Key", secret).statusCode();
  }

  private static JsonNode lastUse(Installation installation, String id)
      throws IOException, InterruptedException {
    HttpResponse<String> reply = installation.admin("GET", "tenants/acme/api-keys/" + id, Map.of());
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    JsonNode shown = JSON.readTree(reply.body());
    assertThat(shown.has("last_used_at")).as(reply.body()).isTrue();
    return shown.path("last_used_at");
  }

  private static void awaitShown(Installation installation, String id) {
    await()
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(250))
        .until(() -> !lastUse(installation, id).isNull());
  }
}
