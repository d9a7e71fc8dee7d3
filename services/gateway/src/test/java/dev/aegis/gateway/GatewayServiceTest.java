package dev.aegis.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.gateway.upstream.ScriptedDns;
import dev.aegis.journal.Change;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.OtlpReceiver;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A whole gateway in this process, on a real Kafka, in front of a real backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GatewayServiceTest {
  private static final String SECRET = "a shared key of more than thirty-two bytes";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path data;
  private KafkaPeer kafka;
  private RedisPeer redis;
  private HttpServer backend;
  private final OtlpReceiver collector = OtlpReceiver.start();
  private final ScriptedDns dns = new ScriptedDns();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch enough = new CountDownLatch(1);
  private final AtomicInteger keysAsked = new AtomicInteger();
  private Logs logs;
  private GatewayService gateway;
  private MasterKey masterKey;
  private Settings settings;
  private final HttpClient client = HttpClient.newHttpClient();

  private final Queue<String> toDatadog = new ConcurrentLinkedQueue<>();

  @BeforeAll
  void start() throws Exception {
    kafka = KafkaPeer.start();
    redis = RedisPeer.start();
    BusSettings bus = new BusSettings(kafka.bootstrap(), "test");
    Topics.ensure(bus);
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    backend.createContext(
        "/",
        exchange -> {
          byte[] body =
              (exchange.getRequestMethod()
                      + " "
                      + exchange.getRequestURI()
                      + " "
                      + exchange.getRequestHeaders().getFirst("X-User-Id")
                      + " "
                      + new String(
                          exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    backend.createContext("/breaks", HttpExchange::close);
    backend.createContext(
        "/hangs",
        exchange -> {
          try (exchange) {
            enough.await();
            exchange.sendResponseHeaders(200, -1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    backend.createContext(
        "/keys",
        exchange -> {
          try (exchange) {
            keysAsked.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
          }
        });
    backend.createContext(
        "/api/v2/",
        exchange -> {
          try (exchange) {
            byte[] body = new GZIPInputStream(exchange.getRequestBody()).readAllBytes();
            toDatadog.add(new String(body, StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(202, -1);
          }
        });
    backend.setExecutor(threads);
    backend.start();
    dns.addresses("named.internal", "127.0.0.1");
    String key = MasterKey.newText();
    masterKey = MasterKey.parse(key);
    settings =
        Settings.read(
                GatewaySettings.ALL,
                List.of("--data", data.toString()),
                Map.of(
                    "AEGIS_KAFKA_BOOTSTRAP",
                    kafka.bootstrap(),
                    "AEGIS_REDIS_URL",
                    redis.url(),
                    "AEGIS_MASTER_KEY",
                    key,
                    "DD_API_KEY",
                    "datadog-s3cr3t",
                    "AEGIS_DATADOG_URL",
                    "http://127.0.0.1:" + backend.getAddress().getPort(),
                    "AEGIS_DATADOG_INTERVAL",
                    "1s"))
            .with(CommonSettings.OTLP_ENDPOINT, Optional.of(URI.create(collector.url())))
            .with(CommonSettings.SAMPLE_RATE, 1.0)
            .with(GatewaySettings.PORT, 0)
            .with(GatewaySettings.TLS_PORT, 0)
            .with(GatewaySettings.MANAGEMENT_PORT, 0)
            .with(GatewaySettings.DNS_SERVER, Optional.of(dns.server()));
    logs =
        Logs.configure(
            data.resolve("logs").resolve("aegis.log"),
            "gateway",
            false,
            "debug",
            Logs.Bounds.USUAL);
    publish(bus);
    gateway = new GatewayService(settings, logs);
    gateway.start();
    await().atMost(Duration.ofSeconds(20)).until(gateway::ready);
  }

  @AfterAll
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    if (logs != null) {
      logs.close();
    }
    enough.countDown();
    backend.stop(0);
    collector.close();
    threads.close();
    dns.close();
    redis.close();
    kafka.close();
  }

  private void publish(BusSettings bus) throws Exception {
    try (JournalWriter journal = new JournalWriter(bus)) {
      for (String tenant : List.of("acme", "other")) {
        put(journal, "tenants/" + tenant, Map.of("id", tenant, "name", tenant));
        put(
            journal,
            "tenants/" + tenant + "/upstreams/api-service-" + tenant,
            Map.of(
                "id",
                "api-service-" + tenant,
                "targets",
                List.of(Map.of("url", "http://127.0.0.1:" + backend.getAddress().getPort()))));
        ObjectKey issuer = ObjectKey.parse("tenants/" + tenant + "/issuers/main");
        put(
            journal,
            issuer.toString(),
            Map.of(
                "id",
                "main",
                "issuer",
                "https://idp.test",
                "algorithms",
                List.of("HS256"),
                "secret",
                JSON.convertValue(masterKey.seal(issuer, SECRET).toJson(), Map.class)));
        put(
            journal,
            "tenants/" + tenant + "/roles/reader",
            Map.of(
                "id",
                "reader",
                "permissions",
                List.of(Map.of("methods", List.of("GET"), "paths", List.of("/**")))));
      }
      put(
          journal,
          "tenants/acme/routes/limited",
          Map.of("id", "limited", "paths", List.of("/limited/**"), "upstream", "api-service-acme"));
      put(
          journal,
          "tenants/acme/routes/all",
          Map.of("id", "all", "paths", List.of("/**"), "upstream", "api-service-acme"));
      put(
          journal,
          "tenants/acme/upstreams/gone",
          Map.of(
              "id",
              "gone",
              "targets",
              List.of(Map.of("url", "http://127.0.0.1:" + FreePorts.next())),
              "circuit_breaker",
              Map.of("consecutive_failures", 1)));
      put(
          journal,
          "tenants/acme/routes/gone",
          Map.of("id", "gone", "paths", List.of("/gone"), "upstream", "gone", "auth", "none"));
      put(
          journal,
          "tenants/acme/upstreams/named",
          Map.of(
              "id",
              "named",
              "dns",
              Map.of("name", "named.internal", "port", 1, "refresh_ms", 1_000)));
      put(
          journal,
          "tenants/acme/issuers/inward",
          Map.of(
              "id",
              "inward",
              "issuer",
              "https://inward.test",
              "algorithms",
              List.of("RS256"),
              "jwks_url",
              "http://127.0.0.1:" + backend.getAddress().getPort() + "/keys"));
      put(
          journal,
          "tenants/acme/routes/hangs",
          Map.of(
              "id",
              "hangs",
              "paths",
              List.of("/hangs"),
              "upstream",
              "api-service-acme",
              "auth",
              "none"));
      put(
          journal,
          "tenants/acme/plugins/three",
          Map.of(
              "id",
              "three",
              "plugin",
              "rate_limit",
              "route",
              "limited",
              "config",
              Map.of("limit", 3, "window_seconds", 3600)));
    }
  }

  private static void put(JournalWriter journal, String key, Map<String, ?> definition)
      throws Exception {
    journal.append(
        new Change(
            ObjectKey.parse(key),
            JSON.convertValue(definition, ObjectNode.class),
            Change.ANY,
            "test",
            Instant.now()));
  }

  private static String token(String tenant, String subject, String role) throws Exception {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    String header = base64.encodeToString("{\"alg\":\"HS256\"}".getBytes(StandardCharsets.UTF_8));
    String claims =
        JSON.writeValueAsString(
            Map.of(
                "iss",
                "https://idp.test",
                "sub",
                subject,
                "tenant_id",
                tenant,
                "role_ids",
                List.of(role),
                "exp",
                Instant.now().getEpochSecond() + 600));
    String content = header + "." + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return content
        + "."
        + base64.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.UTF_8)));
  }

  private HttpResponse<String> call(
      GatewayService to, String method, String host, String path, String token)
      throws IOException, InterruptedException {
    URI base = to.listeners().getFirst().uri();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .version(HttpClient.Version.HTTP_1_1)
            .header("Host", host);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void tellsDatadogOfRequestsInMetricsAndLog() throws Exception {
    call(gateway, "GET", "acme.example.com", "/told-to-datadog", "");
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                toDatadog.stream().anyMatch(body -> body.contains("told-to-datadog"))
                    && toDatadog.stream().anyMatch(body -> body.contains("aegis.requests.count")));
    assertThat(toDatadog).noneMatch(body -> body.contains("datadog-s3cr3t"));
  }

  @Test
  void looksAfterItselfWhileTheConfigurationChangesAllTheTime() throws Exception {
    try (JournalWriter journal = new JournalWriter(new BusSettings(kafka.bootstrap(), "test"))) {
      redis.stop();
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(200))
          .until(
              () -> {
                put(
                    journal,
                    "tenants/restless",
                    Map.of("id", "restless", "name", Instant.now().toString()));
                JsonNode status = JSON.readTree(text(management(gateway, "/status")));
                return status.path("redis").asText().equals("down")
                    && status.path("findings").toString().contains("has not answered since 20");
              });
    } finally {
      redis.restart();
    }
  }

  private void assertRefused(HttpResponse<String> reply, int status, String code)
      throws IOException {
    assertThat(reply.statusCode()).isEqualTo(status);
    assertThat(reply.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(JSON.readTree(reply.body()).path("code").asText()).isEqualTo(code);
  }

  /** From the journal to the callers: suspended, resumed, and gone; and those below it are not. */
  @Test
  void aTenantIsSuspendedResumedAndDeleted() throws Exception {
    Map<String, ?> life = Map.of("id", "life", "name", "l");
    Map<String, ?> suspended = Map.of("id", "life", "name", "l", "status", "suspended");
    try (JournalWriter journal = new JournalWriter(new BusSettings(kafka.bootstrap(), "life"))) {
      put(journal, "tenants/life", life);
      put(
          journal,
          "tenants/life/upstreams/u",
          Map.of(
              "id",
              "u",
              "targets",
              List.of(Map.of("url", "http://127.0.0.1:" + backend.getAddress().getPort()))));
      put(
          journal,
          "tenants/below",
          Map.of("id", "below", "name", "b", "parent", "life", "isolation", "shared"));
      Map<String, ?> route =
          Map.of("id", "r", "paths", List.of("/**"), "upstream", "u", "auth", "none");
      put(journal, "tenants/life/routes/r", route);
      put(journal, "tenants/below/routes/r", route);
      awaitStatus("below", 200);
      awaitStatus("life", 200);

      long before = System.nanoTime();
      put(journal, "tenants/life", suspended);
      awaitStatus("life", 403);
      long took = System.nanoTime() - before;
      System.out.println("Suspended " + took / 1_000_000 + " ms after its record was begun");
      assertRefused(call(gateway, "GET", "life.example.com", "/x", ""), 403, "tenant_suspended");
      assertThat(call(gateway, "GET", "below.example.com", "/x", "").statusCode()).isEqualTo(200);

      put(journal, "tenants/life", life);
      awaitStatus("life", 200);
      journal.append(new Change(ObjectKey.tenant("life"), null, Change.ANY, "test", Instant.now()));
      awaitStatus("life", 404);
      awaitStatus("below", 503); // it has lost its upstream, and says why
      assertThat(text(management(gateway, "/status")))
          .contains("tenants/below", "tenant \\\"life\\\" above it does not exist");
      journal.append(
          new Change(ObjectKey.tenant("below"), null, Change.ANY, "test", Instant.now()));
      awaitStatus("below", 404);
    }
  }

  private void awaitStatus(String tenant, int status) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> call(gateway, "GET", tenant + ".example.com", "/x", "").statusCode() == status);
  }

  @Test
  void servesAndRefusesAsTheContractSays() throws Exception {
    String alice = token("acme", "alice", "reader");
    HttpResponse<String> served = call(gateway, "GET", "acme.example.com", "/a?b=c", alice);
    assertThat(served.statusCode()).isEqualTo(200);
    assertThat(served.body()).isEqualTo("GET /a?b=c alice ");
    assertThat(served.headers().firstValue("x-request-id")).isPresent();

    assertRefused(call(gateway, "GET", "acme.example.com", "/a", ""), 401, "missing_credentials");
    assertRefused(call(gateway, "GET", "acme.example.com", "/a", "x.y.z"), 401, "invalid_token");
    assertRefused(
        call(gateway, "GET", "acme.example.com", "/a", token("other", "eve", "reader")),
        403,
        "wrong_tenant");
    assertRefused(call(gateway, "POST", "acme.example.com", "/a", alice), 403, "forbidden");
    assertRefused(call(gateway, "GET", "nobody.example.com", "/a", alice), 404, "unknown_tenant");
    assertThat(
            call(gateway, "GET", "other.example.com", "/x", token("other", "bob", "reader")).body())
        .isEqualTo("GET /x bob ");

    for (int i = 0; i < 3; i++) {
      HttpResponse<String> counted = call(gateway, "GET", "acme.example.com", "/limited/x", alice);
      assertThat(counted.statusCode()).isEqualTo(200);
      assertThat(counted.headers().firstValue("x-ratelimit-remaining")).hasValue("" + (2 - i));
    }
    HttpResponse<String> limited = call(gateway, "GET", "acme.example.com", "/limited/x", alice);
    assertRefused(limited, 429, "rate_limited");
    assertThat(limited.headers().firstValueAsLong("retry-after").orElse(0)).isBetween(1L, 3600L);

    URI metrics = management(gateway, "/metrics");
    for (String code :
        List.of(
            "missing_credentials", "wrong_tenant", "forbidden", "unknown_tenant", "rate_limited")) {
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> {
                assertThat(text(metrics)).contains("code=\"" + code + "\"");
                assertThat(Files.readString(data.resolve("logs").resolve("aegis.log")))
                    .contains("\"code\":\"" + code + "\"");
              });
    }
  }

  @Test
  void logsNothingSecretAndOneLineARequestWhateverItSays() throws Exception {
    String secret = "s3cr3t-";
    String alice = token("acme", "alice", "reader");
    String signature = alice.substring(alice.lastIndexOf('.') + 1);
    String head = " HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n";
    String told =
        "Cookie: session=" + secret + "1\r\nX-API-Key: " + secret + "2\r\nX-Request-Id: log-";
    String body = "\r\nContent-Length: 15\r\n\r\n{\"p\":\"" + secret + "3\"}";
    String bearer = "\r\nAuthorization: Bearer ";
    List<String> requests =
        List.of(
            "GET /a?key=" + secret + "4" + head + told + 1 + bearer + alice + body,
            "GET /breaks?key=" + secret + "5" + head + told + 2 + bearer + alice + body,
            "GET /a?key=" + secret + "6" + head + told + 3 + bearer + alice + secret + body,
            "GET http://u:" + secret + "7@acme.example.com/a" + head + told + 4 + body,
            "GET /a" + head + told + 5 + "\r\nAuthorization: Basic " + secret + "8" + body,
            "GET /a" + head + told + 6 + "\r\nX: a\u0001" + secret + "9" + body,
            "GET /%0d%0a%7B%22level%22:1%7D/\u001b" + secret + head + told + 7 + body,
            "GET /%0a%7Bforged%00%1b%ff%7D" + head + told + 8 + bearer + alice + body,
            "GET /last" + head + told + 9 + bearer + alice + body);
    for (String request : requests) {
      try (Socket socket =
          new Socket("127.0.0.1", gateway.listeners().getFirst().uri().getPort())) {
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(new String(socket.getInputStream().readNBytes(9), StandardCharsets.UTF_8))
            .isEqualTo("HTTP/1.1 ");
      }
    }
    Path log = data.resolve("logs").resolve("aegis.log");
    await().atMost(Duration.ofSeconds(10)).until(() -> Files.readString(log).contains("\"log-9\""));
    assertThat(Files.readString(log))
        .doesNotContain(secret, signature, SECRET, settings.of(CommonSettings.MASTER_KEY).get());
    for (String line : Files.readAllLines(log)) {
      assertThat(JSON.readTree(line).path("timestamp").asText()).isNotEmpty();
    }
  }

  @Test
  void explainsAndCountsDecisions() throws Exception {
    String bob = token("acme", "bob", "none");
    String question =
        JSON.writeValueAsString(
            Map.of(
                "host",
                "acme.example.com",
                "method",
                "GET",
                "path",
                "/a",
                "headers",
                Map.of("Authorization", "Bearer " + bob)));
    HttpRequest.Builder asked =
        HttpRequest.newBuilder(management(gateway, "/explain"))
            .POST(HttpRequest.BodyPublishers.ofString(question));
    assertThat(client.send(asked.build(), HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(401);
    asked.header("Authorization", "Bearer " + masterKey.serviceToken("gateway-api"));
    String answer = client.send(asked.build(), HttpResponse.BodyHandlers.ofString()).body();
    assertThat(JSON.readTree(answer).at("/refusal/code").asText()).isEqualTo("forbidden");
    assertRefused(call(gateway, "GET", "acme.example.com", "/a", bob), 403, "forbidden");
    assertThat(text(management(gateway, "/metrics")))
        .containsPattern("aegis_rbac_decisions_total\\{outcome=\"denied\",source=\"\\w+\"} [1-9]")
        .contains("aegis_rbac_decisions_total{outcome=\"would_refuse\",source=\"cache\"} 0");
  }

  @Test
  void servesCallersOverTls() throws Exception {
    Path file = data.resolve("gateway").resolve("default-certificate.pem");
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("default", Pem.certificates(Files.readString(file)).getFirst());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    URI base = gateway.listeners().get(1).uri();
    assertThat(base.getScheme()).isEqualTo("https");
    try (HttpClient secure =
        HttpClient.newBuilder()
            .sslContext(context)
            .version(HttpClient.Version.HTTP_1_1) // Host is another than the one connected to
            .build()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://localhost:" + base.getPort() + "/a"))
              .header("Host", "acme.example.com")
              .header("Authorization", "Bearer " + token("acme", "alice", "reader"))
              .build();
      HttpResponse<String> served = secure.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(served.statusCode()).isEqualTo(200);
      assertThat(served.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      assertThat(served.body()).isEqualTo("GET /a alice ");
    }
  }

  @Test
  void tellsTheWorldOnceThatACircuitOpened() throws Exception {
    HttpResponse<String> failed = call(gateway, "GET", "acme.example.com", "/gone", "");
    assertRefused(failed, 502, "upstream_failed");
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> refused = call(gateway, "GET", "acme.example.com", "/gone", "");
      assertRefused(refused, 503, "circuit_open");
    }
    JsonNode troubles = JSON.readTree(text(management(gateway, "/status"))).path("troubles");
    assertThat(troubles.findValuesAsText("what")).contains("tenants/acme/upstreams/gone/circuit");
    assertThat(troubles.findValuesAsText("detail")).contains("its circuit is open");
    assertThat(troubles.findValuesAsText("since"))
        .allSatisfy(since -> assertThat(Instant.parse(since)).isBeforeOrEqualTo(Instant.now()));
    List<String> events = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrap()),
            new StringDeserializer(),
            new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.EVENTS).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                for (ConsumerRecord<String, String> read : consumer.poll(Duration.ofMillis(200))) {
                  Header type = read.headers().lastHeader("ce_type");
                  events.add(
                      read.key()
                          + " "
                          + new String(type.value(), StandardCharsets.UTF_8)
                          + " "
                          + JSON.readTree(read.value()).path("upstream_id").asText());
                }
                return events.contains("acme circuit.opened.v1 gone");
              });
    }
    assertThat(events).containsOnlyOnce("acme circuit.opened.v1 gone");
  }

  @Test
  void aTraceReachesTheCollectorAndTheTopic() throws Exception {
    call(gateway, "GET", "acme.example.com", "/traced", token("acme", "alice", "reader"));
    await().atMost(Duration.ofSeconds(20)).until(() -> spans("/traced").size() == 1);
    OtlpReceiver.Received server = spans("/traced").getFirst();
    assertThat(server.kind()).isEqualTo("SPAN_KIND_SERVER");
    assertThat(server.resource()).containsEntry("service.name", "aegis-gateway");
    assertThat(server.parent()).isEmpty();
    // They may come in two batches.
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                collector.spans().stream()
                    .filter(span -> span.parent().equals(server.id()))
                    .map(OtlpReceiver.Received::kind)
                    .toList(),
            List.of("SPAN_KIND_CLIENT")::equals);
    List<String> traceparents = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrap()),
            new StringDeserializer(),
            new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REQUESTS).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                for (ConsumerRecord<String, String> read : consumer.poll(Duration.ofMillis(200))) {
                  if (read.value().contains("\"/traced\"")) {
                    assertThat(read.value()).contains("\"trace_id\":\"" + server.trace() + "\"");
                    byte[] value = read.headers().lastHeader("ce_traceparent").value();
                    traceparents.add(new String(value, StandardCharsets.UTF_8));
                  }
                }
                return !traceparents.isEmpty();
              });
    }
    assertThat(traceparents).containsExactly("00-" + server.trace() + "-" + server.id() + "-03");
  }

  private List<OtlpReceiver.Received> spans(String path) {
    return collector.spans().stream()
        .filter(span -> path.equals(span.about().get("url.path")))
        .toList();
  }

  @Test
  void saysWhetherNamesAreAnsweredFor() throws Exception {
    awaitNames("up", 0);
    dns.forget("named.internal");
    awaitNames("down", 1);
    dns.addresses("named.internal", "127.0.0.2");
    awaitNames("up", 0);
    assertThat(JSON.readTree(text(management(gateway, "/status"))).path("consul").asText())
        .isEqualTo("off");
  }

  private void awaitNames(String state, int unanswered) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              assertThat(JSON.readTree(text(management(gateway, "/status"))).path("dns").asText())
                  .isEqualTo(state);
              assertThat(text(management(gateway, "/metrics")))
                  .contains("aegis_discovery_unanswered{registry=\"dns\"} " + unanswered);
            });
  }

  /** A tenant cannot have its gateway look around on its own machine. */
  @Test
  void fetchesNoKeysFromWhereItsOperatorDidNotAllow() {
    await()
        .untilAsserted(
            () -> {
              assertThat(
                      JSON.readTree(text(management(gateway, "/status")))
                          .findValuesAsText("message"))
                  .contains(
                      "it has no keys, so its tokens are refused: its key set:"
                          + " address_not_allowed");
              assertThat(text(management(gateway, "/metrics")))
                  .containsPattern("aegis_jwks_fetches_total\\{outcome=\"failed\"\\} [1-9]")
                  .contains("aegis_jwks_unanswered 1");
            });
    assertThat(keysAsked).hasValue(0);
  }

  /** The bounds of callers are not those of whoever runs the gateway. */
  @Test
  void answersItsOperatorsWhileCallersFloodIt() throws Exception {
    GatewayService flooded =
        new GatewayService(
            settings
                .with(CommonSettings.DATA, data.resolve("flooded"))
                .with(GatewaySettings.MAX_ACTIVE, 4)
                .with(GatewaySettings.MAX_CONNECTIONS, 16),
            logs);
    List<HttpProbe> callers = new ArrayList<>();
    try {
      flooded.start();
      await().atMost(Duration.ofSeconds(20)).until(flooded::ready);
      int port = flooded.listeners().getFirst().uri().getPort();
      String request = "GET /hangs HTTP/1.1\r\nHost: acme.example.com\r\n\r\n";
      for (int i = 0; i < 4; i++) {
        callers.add(HttpProbe.connect(port).send(request));
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> text(management(flooded, "/metrics")).contains("aegis_active_requests 4"));
      for (int i = 0; i < 60; i++) {
        callers.add(HttpProbe.connect(port).send(request));
      }
      assertThat(callers.get(4).read().text()).contains("\"overloaded\"");
      for (int i = 0; i < 20; i++) {
        for (String path : List.of("/health/live", "/health/ready", "/status", "/metrics")) {
          try (HttpProbe operator = HttpProbe.connect(management(flooded, path).getPort())) {
            operator.send("GET " + path + " HTTP/1.1\r\nHost: aegis\r\n\r\n");
            assertThat(operator.read().status()).as(path).isEqualTo(200);
          }
        }
      }
      // The last caller has been waiting for a place among the connections all the time.
      assertThat(callers.getLast().input().available()).isZero();
      enough.countDown();
      for (HttpProbe served : callers.subList(0, 4)) {
        assertThat(served.read().status()).isEqualTo(200);
      }
      for (HttpProbe caller : callers.subList(0, callers.size() - 1)) {
        caller.close();
      }
      // Those that went before it in the system's backlog may be under way still.
      assertThat(callers.getLast().read().status()).isIn(200, 503);
    } finally {
      enough.countDown();
      for (HttpProbe caller : callers) {
        caller.close();
      }
      flooded.close();
    }
  }

  private static URI management(GatewayService of, String path) {
    return of.listeners().getLast().uri().resolve(path);
  }

  @Test
  void doesNotStartWithAnAuthorityOfConsulThatCannotBeRead() throws Exception {
    Path nowhere = data.resolve("nowhere.pem");
    assertThat(failure("http://127.0.0.1:1", nowhere))
        .contains("AEGIS_CONSUL_CA_FILE")
        .contains(nowhere.toString());
    Path empty = Files.createFile(data.resolve("empty.pem"));
    assertThat(failure("https://127.0.0.1:1", empty)).contains("AEGIS_CONSUL_CA_FILE");
  }

  private String failure(String url, Path authorities) {
    GatewayService refused =
        new GatewayService(
            settings
                .with(CommonSettings.DATA, data.resolve("refused"))
                .with(CommonSettings.CONSUL_URL, Optional.of(url))
                .with(CommonSettings.CONSUL_CA_FILE, Optional.of(authorities.toString())),
            logs);
    return String.valueOf(catchThrowableOfType(StartFailure.class, refused::start).getMessage());
  }

  @Test
  void startsOnItsLastGoodFoldWhileKafkaIsAway() throws Exception {
    Path elsewhere = data.resolve("elsewhere");
    GatewayService second = new GatewayService(settings.with(CommonSettings.DATA, elsewhere), logs);
    second.start();
    await().atMost(Duration.ofSeconds(20)).until(second::ready);
    second.close();
    kafka.kill();
    try {
      GatewayService again =
          new GatewayService(settings.with(CommonSettings.DATA, elsewhere), logs);
      again.start();
      try {
        assertThat(again.ready()).isTrue();
        HttpResponse<String> served =
            call(again, "GET", "acme.example.com", "/a", token("acme", "alice", "reader"));
        assertThat(served.statusCode()).isEqualTo(200);
      } finally {
        again.close();
      }
    } finally {
      kafka.restart();
    }
  }

  private String text(URI uri) throws IOException, InterruptedException {
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
