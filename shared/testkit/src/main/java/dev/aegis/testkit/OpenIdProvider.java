package dev.aegis.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An OpenID provider that others wrote, the npm library oidc-provider, on this machine. Its access
 * tokens are signed (RFC 9068), for {@link #AUDIENCE}, and of the client {@link #CLIENT}.
 */
public final class OpenIdProvider implements AutoCloseable {
  /** Whom its tokens are for. */
  public static final String AUDIENCE = "https://api.test";

  /** Whom they are of: {@code sub} and {@code client_id}. */
  public static final String CLIENT = "caller";

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChildProcess process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final URI issuer;

  private OpenIdProvider(ChildProcess process) throws InterruptedException {
    this.process = process;
    this.issuer = URI.create(process.awaitLine(Pattern.compile("^ready (\\S+)$"), BOUND).group(1));
  }

  /** Starts one, on a free port. */
  public static OpenIdProvider start() throws InterruptedException {
    Path library = Repository.root().resolve(".peers/npm/node_modules/oidc-provider");
    if (!Files.exists(library.resolve("package.json"))) {
      throw new AssertionError("the npm library oidc-provider is needed: scripts/peers fetches it");
    }
    return new OpenIdProvider(
        ChildProcess.start(
            List.of(
                "node",
                Repository.root().resolve("shared/testkit/src/main/node/issuer.mjs").toString(),
                library.toString()),
            Map.of()));
  }

  /** Its name, where its discovery document is. */
  public URI issuer() {
    return issuer;
  }

  /** Has it sign with a new key from now on, and show that one only. */
  public void rotate() throws IOException, InterruptedException {
    process.input().write("rotate\n".getBytes(StandardCharsets.UTF_8));
    process.input().flush();
    process.awaitLine(Pattern.compile("^rotated$"), BOUND);
  }

  /** A new access token. */
  public String token() throws IOException, InterruptedException {
    String basic =
        Base64.getEncoder()
            .encodeToString((CLIENT + ":a secret of the caller").getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> reply =
        http.send(
            HttpRequest.newBuilder(issuer.resolve("/token"))
                .header("Authorization", "Basic " + basic)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(BOUND)
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new AssertionError("no token: " + reply.statusCode() + " " + reply.body());
    }
    return JSON.readTree(reply.body()).path("access_token").asText();
  }

  @Override
  public void close() {
    process.close();
    http.close();
  }
}
