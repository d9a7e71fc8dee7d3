package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.proxies.TrustedProxies;
import dev.aegis.gateway.signature.Signing;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Repository;
import dev.aegis.testkit.StubUpstream;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that their callers sign, and what backends get of their bodies. */
final class SignedRequestsTest {
  private final ApiKeySecret key = ApiKeySecret.mint(new SecureRandom());

  private GatewayInProcess before(String target) throws Exception {
    return before(TargetProtocol.HTTP_1_1, target);
  }

  private GatewayInProcess before(TargetProtocol protocol, String target) throws Exception {
    return signing(GatewayInProcess.before(protocol, target));
  }

  /** Behind those of these networks, that are trusted. */
  private GatewayInProcess behind(String proxies, String target) throws Exception {
    Duration bound = Duration.ofSeconds(20);
    Front front = new Front(false, TrustedProxies.parse(proxies));
    return signing(
        GatewayInProcess.before(new EdgeSettings(bound, bound, bound, front), 60_000, target));
  }

  private GatewayInProcess signing(GatewayInProcess gateway) throws Exception {
    gateway.trust();
    gateway.put(
        "tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("localhost", "a.test")));
    gateway.route(Map.of("auth", "signature", "strip_credentials", true));
    ObjectKey signs = ObjectKey.parse("tenants/a/api-keys/signs");
    var sealed = gateway.masterKey().seal(signs, key.text());
    gateway.put(
        signs.toString(),
        Map.of(
            "id",
            "signs",
            "name",
            "signs",
            "subject",
            "svc-1",
            "signing",
            true,
            "roles",
            List.of("all"),
            "secrets",
            List.of(Map.of("prefix", key.prefix(), "last_four", key.lastFour())),
            "hashes",
            List.of(
                Map.of(
                    "sha256",
                    key.hash().toString(),
                    "sealed",
                    Map.of("key_id", sealed.keyId(), "ciphertext", sealed.ciphertext())))));
    return gateway;
  }

  private String lines(String method, String authority, String digest) {
    String parameters = Signing.made(key, Instant.now());
    return digest.isEmpty()
        ? Signing.lines(
            key,
            parameters,
            "\"@method\": " + method,
            "\"@authority\": " + authority,
            "\"@path\": /x")
        : "Content-Digest: "
            + digest
            + "\r\n"
            + Signing.lines(
                key,
                parameters,
                "\"@method\": " + method,
                "\"@authority\": " + authority,
                "\"@path\": /x",
                "\"content-digest\": " + digest);
  }

  private String post(String framing, String digest) {
    return "POST /x HTTP/1.1\r\nHost: a.test\r\n"
        + framing
        + "\r\n"
        + lines("POST", "a.test", digest)
        + "\r\n";
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  @Test
  void whoSignsIsToldToTheBackendAndItsSignatureStaysHere() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url())) {
      String get = "GET /x HTTP/1.1\r\nHost: a.test\r\n";
      HttpMessage reply = HttpProbe.once(gateway.port(), get + lines("GET", "a.test", "") + "\r\n");
      assertThat(reply.status()).isEqualTo(200);
      HttpMessage request = backend.received().getFirst();
      assertThat(request.field("X-User-Id")).isEqualTo("svc-1");
      assertThat(request.head()).doesNotContainIgnoringCase("signature");

      HttpMessage missing = HttpProbe.once(gateway.port(), get + "\r\n");
      assertThat(missing.status()).isEqualTo(401);
      assertThat(missing.text()).contains("\"missing_credentials\"");
      assertThat(missing.fields("WWW-Authenticate")).containsExactly("Signature realm=\"a\"");
      assertThat(missing.field("Accept-Signature")).startsWith("aegis=(\"@method\" ");
      HttpMessage wrong =
          HttpProbe.once(gateway.port(), get + lines("HEAD", "a.test", "") + "\r\n");
      assertThat(wrong.status()).isEqualTo(401);
      assertThat(wrong.text()).contains("\"invalid_token\"");
      assertThat(gateway.finished(3).get(2).toString()).contains("signature: it is not the key's");
      assertThat(gateway.finished(1).getFirst().event().credential()).isEqualTo("signature");
      assertThat(backend.received()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5_000, 300_000})
  void aBodyGoesOnAsItWasSigned(int length) throws Exception {
    String body = "b".repeat(length);
    String digest = Signing.digest(body);
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url());
        HttpProbe caller = gateway.connect()) {
      caller.send(post("Content-Length: " + length, digest) + body);
      assertThat(caller.read().status()).isEqualTo(200);
      caller.send(
          post("Transfer-Encoding: chunked", digest)
              + chunk(body.substring(0, length / 2 + 1))
              + (length > 1 ? chunk(body.substring(length / 2 + 1)) : "")
              + "0\r\n\r\n");
      assertThat(caller.read().status()).isEqualTo(200);
      assertThat(backend.received()).extracting(HttpMessage::text).containsExactly(body, body);
    }
  }

  @ParameterizedTest
  @EnumSource(TargetProtocol.class)
  void aSmallBodyThatIsAnotherReachesNobody(TargetProtocol protocol) throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(protocol, backend.url())) {
      HttpMessage reply =
          HttpProbe.once(
              gateway.port(), post("Content-Length: 5", Signing.digest("hello")) + "hellO");
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text()).contains("\"malformed_request\"", "Content-Digest");
      String empty = post("Content-Length: 0", Signing.digest("hello"));
      assertThat(HttpProbe.once(gateway.port(), empty).status()).isEqualTo(400);
      assertThat(HttpProbe.once(gateway.port(), post("Content-Length: 5", "") + "hello").status())
          .isEqualTo(401);
      assertThat(backend.connections()).isZero();
    }
  }

  /** Its head was forwarded before the end of it could be seen. */
  @ParameterizedTest
  @CsvSource({
    "HTTP_1_1,300000,true",
    "HTTP_1_1,300000,false",
    "HTTP_1_1,10,true",
    "HTTP_2,300000,true",
    "HTTP_2,300000,false",
    "HTTP_2,10,true"
  })
  void neverCompletesARequestWithAnotherBody(TargetProtocol protocol, int length, boolean chunked)
      throws Exception {
    String body = "b".repeat(length);
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.toEnd();
                });
        GatewayInProcess gateway = before(protocol, backend.url());
        HttpProbe caller = gateway.connect()) {
      String digest = Signing.digest("a" + body.substring(1));
      caller.send(
          chunked
              ? post("Transfer-Encoding: chunked", digest) + chunk(body) + "0\r\n\r\n"
              : post("Content-Length: " + length, digest) + body);
      HttpMessage reply = caller.read();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text()).contains("malformed_request");
      assertThat(caller.ended()).isTrue();
      await().until(() -> backend.openConnections() == 0);
      String got = backend.legs().getFirst().text();
      if (chunked) {
        assertThat(got).doesNotContain("\r\n0\r\n");
      } else {
        assertThat(got.substring(got.indexOf("\r\n\r\n") + 4)).hasSizeLessThan(length);
      }
    }
  }

  @Test
  void streamsAreSignedAlike() throws Exception {
    String body = "b".repeat(100_000);
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url());
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(SecureCaller.context(null))
                .build()) {
      for (boolean sized : new boolean[] {true, false}) {
        assertThat(ask(client, gateway, Signing.digest(body), body, sized)).isEqualTo(200);
        assertThat(ask(client, gateway, Signing.digest("another"), body, sized)).isEqualTo(400);
        assertThat(ask(client, gateway, "", body, sized)).isEqualTo(401);
      }
      assertThat(backend.received())
          .filteredOn(HttpMessage::complete)
          .extracting(HttpMessage::text)
          .containsExactly(body, body);
    }
  }

  /** What it says of the scheme is what the caller saw, and signed. */
  @Test
  void theSchemeIsWhatATrustedProxySays() throws Exception {
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess trusting = behind("127.0.0.1", backend.url());
        GatewayInProcess other = behind("192.0.2.0/24", backend.url())) {
      for (String scheme : List.of("http", "https")) {
        String own = "X-Forwarded-Proto: " + scheme + "\r\n";
        String another =
            "X-Forwarded-Proto: " + (scheme.equals("http") ? "https" : "http") + "\r\n";
        for (String covered :
            List.of("\"@scheme\": " + scheme, "\"@target-uri\": " + scheme + "://a.test/x")) {
          assertThat(get(trusting, own, covered)).isEqualTo(200);
          assertThat(get(trusting, another, covered)).isEqualTo(401);
          // Without a word of it, and from whoever is not trusted, it is that of the connection.
          int plain = scheme.equals("http") ? 200 : 401;
          assertThat(get(trusting, "", covered)).isEqualTo(plain);
          assertThat(get(other, own, covered)).isEqualTo(plain);
          assertThat(get(other, another, covered)).isEqualTo(plain);
        }
      }
    }
  }

  private int get(GatewayInProcess gateway, String forwarded, String covered) throws Exception {
    String signature =
        Signing.lines(
            key,
            Signing.made(key, Instant.now()),
            "\"@method\": GET",
            "\"@authority\": a.test",
            "\"@path\": /x",
            covered);
    String head = "GET /x HTTP/1.1\r\nHost: a.test\r\n" + forwarded + signature + "\r\n";
    return HttpProbe.once(gateway.port(), head).status();
  }

  /** In the words of the page, by a shell. */
  @Test
  void theExampleOfThePageWorks() throws Exception {
    String page = Files.readString(Repository.root().resolve("docs/identity-signatures.md"));
    int begin = page.indexOf("```sh\n") + "```sh\n".length();
    String script = page.substring(begin, page.indexOf("```", begin));
    try (StubUpstream backend = StubUpstream.answering("hello");
        GatewayInProcess gateway = before(backend.url())) {
      ProcessBuilder shell = new ProcessBuilder("sh", "-euc", script).redirectErrorStream(true);
      shell.environment().put("GATEWAY", "http://127.0.0.1:" + gateway.port());
      shell.environment().put("HOST", "a.test");
      shell.environment().put("KEY", key.text());
      Process process = shell.start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said).isEqualTo("hello");
      assertThat(process.waitFor()).isZero();
      assertThat(backend.received().getFirst().text()).isEqualTo("{\"n\":1}");
    }
  }

  private int ask(
      HttpClient client, GatewayInProcess gateway, String digest, String body, boolean sized)
      throws Exception {
    byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + gateway.securePort() + "/x"))
            .POST(
                sized
                    ? BodyPublishers.ofByteArray(bytes)
                    : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)));
    for (String line :
        lines("POST", "localhost:" + gateway.securePort(), digest).split("\r\n", -1)) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        request.header(line.substring(0, colon), line.substring(colon + 2));
      }
    }
    HttpResponse<String> reply = client.send(request.build(), BodyHandlers.ofString());
    assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_2);
    return reply.statusCode();
  }
}
