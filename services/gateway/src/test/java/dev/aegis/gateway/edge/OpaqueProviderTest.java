package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An OpenID provider that others wrote, asked about its opaque access tokens. */
final class OpaqueProviderTest {
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final int CACHE_SECONDS = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void itsTokensAreGoodUntilItTakesThemBack() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = GatewayInProcess.fetchingKeys(folder, backend.url());
        ChildProcess provider = provider();
        HttpProbe probe = gateway.connect()) {
      URI issuer =
          URI.create(provider.awaitLine(Pattern.compile("^ready (\\S+)$"), BOUND).group(1));
      gateway.put(
          "tenants/a/roles/all",
          Map.of("id", "all", "permissions", List.of(Map.of("paths", List.of("/**")))));
      trust(gateway, issuer, "aegis");
      gateway.route(Map.of("auth", "jwt"));

      String token =
          JSON.readTree(call(issuer, "/token", "grant_type=client_credentials"))
              .path("access_token")
              .asText();
      assertThat(token).doesNotContain(".");
      assertThat(status(probe, token)).isEqualTo(200);
      assertThat(backend.received().getLast().field("X-User-Id")).isEqualTo("caller");
      assertThat(backend.received().getLast().field("X-User-Roles")).isEqualTo("all");
      assertThat(status(probe, token + "x")).isEqualTo(401);

      call(issuer, "/token/revocation", "token=" + token);
      long revoked = System.nanoTime();
      await().atMost(BOUND).until(() -> status(probe, token) == 401);
      System.out.printf(
          "oidc-provider: an opaque token was refused %d ms after it was taken back, cache_s is"
              + " %d%n",
          Duration.ofNanos(System.nanoTime() - revoked).toMillis(), CACHE_SECONDS);

      // Whom the provider does not know it does not answer.
      trust(gateway, issuer, "nobody");
      assertThat(status(probe, token)).isEqualTo(503);
      assertThat(gateway.introspectionFindings()).hasSize(1);
    }
  }

  private static void trust(GatewayInProcess gateway, URI issuer, String client) {
    ObjectKey key = ObjectKey.parse("tenants/a/issuers/opaque");
    gateway.put(
        key.toString(),
        Map.of(
            "id",
            "opaque",
            "issuer",
            issuer.toString(),
            "audience",
            "https://api.test",
            "claims",
            Map.of("subject", "client_id"),
            "introspection",
            Map.of(
                "url",
                issuer.resolve("/token/introspection").toString(),
                "client_id",
                client,
                "client_secret",
                JSON.convertValue(
                    gateway.masterKey().seal(key, secret("aegis")).toJson(), Map.class),
                "cache_s",
                CACHE_SECONDS,
                "timeout_ms",
                5_000)));
  }

  private static ChildProcess provider() {
    Path library = Repository.root().resolve(".peers/npm/node_modules/oidc-provider");
    assertThat(library.resolve("package.json"))
        .as("the npm library oidc-provider is needed: scripts/peers fetches it")
        .exists();
    return ChildProcess.start(
        List.of(
            "node",
            Repository.root().resolve("services/gateway/src/test/node/opaque.mjs").toString(),
            library.toString()),
        Map.of());
  }

  private static String secret(String client) {
    return "a secret of " + client + ": 100 % & more";
  }

  private String call(URI issuer, String path, String form) throws Exception {
    String pair = "caller:" + URLEncoder.encode(secret("caller"), UTF_8);
    HttpResponse<String> reply =
        http.send(
            HttpRequest.newBuilder(issuer.resolve(path))
                .header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(BOUND)
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    return reply.body();
  }

  private static int status(HttpProbe probe, String token) throws IOException {
    String request = "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer %s\r\n\r\n";
    return probe.send(request.formatted(token)).read().status();
  }
}
