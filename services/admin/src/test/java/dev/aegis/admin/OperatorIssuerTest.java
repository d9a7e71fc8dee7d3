package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.IssuerSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.OpenIdProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators whom an OpenID issuer vouches for, and what is not taken for one. */
final class OperatorIssuerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String GRANTS =
      """
      [{"claim": "groups", "value": "admins", "role": "platform_admin"},
       {"claim": "groups", "value": "acme", "role": "tenant_admin", "tenant": "acme"}]
      """;

  private static KafkaPeer kafka;
  private static LoopbackIssuer issuer;
  private static AdminInstance admin;
  private static Path data;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    data = folder;
    kafka = KafkaPeer.start();
    issuer = new LoopbackIssuer();
    admin = instance("one", issuer);
    for (String tenant : List.of("acme", "other")) {
      admin.post(
          "/admin/tenants", "{\"id\":\"%s\",\"name\":\"T\",\"kind\":\"team\"}".formatted(tenant));
    }
  }

  @AfterAll
  static void stop() {
    admin.close();
    issuer.close();
    kafka.close();
  }

  private static AdminInstance instance(String node, LoopbackIssuer trusted) throws Exception {
    return new AdminInstance(
        kafka.bootstrap(), data.resolve(node), node, given -> trusted.trusted(given, GRANTS));
  }

  private static Answer by(AdminInstance instance, String token) {
    return instance.callAs(token, "GET", "/admin/tenants", null);
  }

  @Test
  void aTokenOfTheIssuerAdministers() {
    String token = issuer.token("ann", "staff", "admins");
    Answer made =
        admin.callAs(
            token,
            "POST",
            "/admin/tenants",
            "{\"id\":\"anns\",\"name\":\"Ann's\",\"kind\":\"team\"}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    Answer audit = admin.get("/admin/audit?tenant=anns");
    String actor = "oidc:" + issuer.name() + "#ann";
    assertThat(audit.json().at("/items/0/actor").asText()).isEqualTo(actor);
    String filter = "?actor=" + URLEncoder.encode(actor, StandardCharsets.UTF_8);
    assertThat(admin.get("/admin/audit" + filter).json().path("items")).isNotEmpty();
    assertThat(admin.get("/admin/revisions" + filter).json().path("items")).hasSize(1);
    String path = "/admin/tenants/anns";
    assertThat(admin.callAs(token, "DELETE", path, null).status()).isEqualTo(204);
  }

  @Test
  void whoIsOfATenantReachesNoOther() {
    String token = issuer.token("bob", "acme");
    assertThat(admin.callAs(token, "GET", "/admin/tenants/acme", null).status()).isEqualTo(200);
    assertThat(admin.callAs(token, "GET", "/admin/tenants/other", null).status()).isEqualTo(404);
    assertThat(admin.callAs(token, "GET", "/admin/plugins", null).status()).isEqualTo(403);
  }

  @Test
  void whoIsNothingHereIsToldSoAndNoted() {
    Answer answer = by(admin, issuer.token("eve", "staff"));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.code()).isEqualTo("forbidden");
    assertThat(answer.json().path("detail").asText()).contains("admin.oidc.operators");
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              List<String> actors = new ArrayList<>();
              for (JsonNode item :
                  admin.get("/admin/audit?outcome=refused&limit=500").json().path("items")) {
                actors.add(item.path("status").asText() + " " + item.path("actor").asText());
              }
              assertThat(actors).contains("403 oidc:" + issuer.name() + "#eve");
            });
  }

  @Test
  void anUnknownKeyIsAskedForWithinBounds() throws Exception {
    try (LoopbackIssuer rotating = new LoopbackIssuer();
        AdminInstance instance = instance("rotating", rotating)) {
      assertThat(by(instance, rotating.token("ann", "admins")).status()).isEqualTo(200);
      Jwts.Key second = Jwts.key("second", "RS256");
      rotating.shows(LoopbackIssuer.KEY, second);
      Map<String, Object> claims = rotating.claims("ann", List.of("admins"));
      assertThat(by(instance, second.token(claims)).status()).isEqualTo(200);
      assertThat(rotating.asked()).isEqualTo(2);
      Jwts.Key unknown = Jwts.key("unknown", "RS256");
      for (int i = 0; i < 20; i++) {
        Map<String, Object> header = Map.of("alg", "RS256", "kid", "unknown" + i);
        assertThat(by(instance, unknown.token(header, claims)).status()).isEqualTo(401);
      }
      assertThat(rotating.asked()).isEqualTo(3);
    }
  }

  @Test
  void theLastKnownKeysAreGoodWhileTheIssuerIsAway() throws Exception {
    try (LoopbackIssuer leaving = new LoopbackIssuer()) {
      String token = leaving.token("ann", "admins");
      Jwts.Key later = Jwts.key("later", "RS256");
      String byLater = later.token(leaving.claims("ann", List.of("admins")));
      try (AdminInstance instance = instance("leaving", leaving)) {
        assertThat(by(instance, token).status()).isEqualTo(200);
        leaving.goAway();
        undecided(by(instance, byLater));
        assertThat(by(instance, token).status()).isEqualTo(200);
        Map<String, Object> claims = leaving.claims("ann", List.of("admins"));
        String forged = Jwts.key(LoopbackIssuer.KEY.id(), "RS256").token(claims);
        assertThat(by(instance, forged).status()).as("by a key that is known").isEqualTo(401);
        assertThat(found(instance)).contains("admin.oidc.issuer", "its keys are those of");
        leaving.shows(later);
        leaving.comeBack();
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(by(instance, byLater).status()).isEqualTo(200));
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(found(instance)).doesNotContain("admin.oidc"));
        leaving.goAway();
      }
      try (AdminInstance again = instance("leaving", leaving)) {
        assertThat(by(again, byLater).status()).isEqualTo(200);
      }
      forget(data.resolve("leaving/admin/keys"));
      try (AdminInstance without = instance("leaving", leaving)) {
        undecided(by(without, token));
        assertThat(by(without, AdminInstance.TOKEN).status()).isEqualTo(200);
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(
                () -> assertThat(found(without)).contains("admin.oidc.issuer", "it has no keys"));
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(without.get("/admin/nodes?limit=500").text())
                        .contains("admin.oidc.issuer", "it has no keys"));
      }
    }
  }

  @Test
  void aProviderThatOthersWroteIsFollowedThroughARotation() throws Exception {
    String grants =
        "[{\"claim\":\"client_id\",\"value\":\"%s\",\"role\":\"auditor\"}]"
            .formatted(OpenIdProvider.CLIENT);
    try (OpenIdProvider provider = OpenIdProvider.start();
        AdminInstance instance =
            new AdminInstance(
                kafka.bootstrap(),
                data.resolve("provider"),
                "provider",
                given ->
                    issuer
                        .trusted(given, grants)
                        .with(IssuerSettings.ISSUER, Optional.of(provider.issuer().toString()))
                        .with(IssuerSettings.AUDIENCE, Optional.of(OpenIdProvider.AUDIENCE)))) {
      String before = provider.token();
      assertThat(by(instance, before).status()).isEqualTo(200);
      assertThat(instance.callAs(before, "POST", "/admin/tenants", "{}").status()).isEqualTo(403);
      provider.rotate();
      assertThat(by(instance, provider.token()).status()).isEqualTo(200);
      assertThat(by(instance, before).status()).as("within the overlap").isEqualTo(200);
      assertThat(by(admin, before).status()).as("of another issuer").isEqualTo(401);
    }
  }

  @Test
  void halfOfTheSettingsStopTheStart() {
    assertThat(refusedStart(given -> given.with(IssuerSettings.AUDIENCE, Optional.empty())))
        .contains("admin.oidc.audience must say");
    assertThat(refusedStart(given -> given.with(IssuerSettings.OPERATORS, List.of())))
        .contains("admin.oidc.operators must say");
    assertThat(refusedStart(given -> given.with(IssuerSettings.LEEWAY, Duration.ofMinutes(6))))
        .contains("admin.oidc.leeway must be at most 5m");
    assertThat(refusedStart(given -> given.with(IssuerSettings.ISSUER, Optional.empty())))
        .contains("AEGIS_ADMIN_OIDC_ISSUER");
  }

  private static String refusedStart(UnaryOperator<Settings> change) {
    StartFailure failure =
        assertThrows(
            StartFailure.class,
            () ->
                new AdminInstance(
                        kafka.bootstrap(),
                        data.resolve("half"),
                        "half",
                        given -> change.apply(issuer.trusted(given, GRANTS)))
                    .close());
    return failure.getMessage();
  }

  private static void undecided(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(503);
    assertThat(answer.code()).isEqualTo("identity_unavailable");
    assertThat(answer.header("Retry-After")).isEqualTo("5");
  }

  private static String found(AdminInstance instance) {
    URI status = instance.management().resolve("/status");
    return instance.send(HttpRequest.newBuilder(status).build()).json().path("findings").toString();
  }

  private static void forget(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
