package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.KafkaPeer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the admin service does together with Kafka, other instances and other services. */
final class AdminOnTheBusTest {
  private static KafkaPeer kafka;

  @TempDir private Path data;

  @BeforeAll
  static void start() {
    kafka = KafkaPeer.start();
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @Test
  void twoInstancesLoseNoUpdate() throws Exception {
    int writers = 8;
    int each = 10;
    try (AdminInstance one = new AdminInstance(kafka.bootstrap(), data.resolve("1"), "race-1");
        AdminInstance two = new AdminInstance(kafka.bootstrap(), data.resolve("2"), "race-2");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      one.put("/admin/tenants/race", "{\"name\":\"R\",\"labels\":{\"count\":\"0\"}}");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> two.get("/admin/tenants/race").status() == 200);
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        AdminInstance admin = writer % 2 == 0 ? one : two;
        String own = "w" + writer;
        running.add(
            threads.submit(
                () -> {
                  for (int i = 1; i <= each; i++) {
                    increment(admin);
                    Answer patched =
                        admin.patch(
                            "/admin/tenants/race", "{\"labels\":{\"" + own + "\":\"" + i + "\"}}");
                    assertThat(patched.status()).as(patched.text()).isEqualTo(200);
                  }
                  return null;
                }));
      }
      for (Future<?> each1 : running) {
        each1.get();
      }
      for (AdminInstance admin : List.of(one, two)) {
        await()
            .atMost(Duration.ofSeconds(10))
            .untilAsserted(
                () -> {
                  JsonNode labels = admin.get("/admin/tenants/race").json().path("labels");
                  assertThat(labels.path("count").asText())
                      .isEqualTo(Integer.toString(writers * each));
                  for (int writer = 0; writer < writers; writer++) {
                    assertThat(labels.path("w" + writer).asText())
                        .isEqualTo(Integer.toString(each));
                  }
                });
      }
      Answer created = one.post("/admin/tenants", "{\"id\":\"race-twice\",\"name\":\"A\"}");
      Answer again = two.post("/admin/tenants", "{\"id\":\"race-twice\",\"name\":\"B\"}");
      assertThat(created.status()).isEqualTo(201);
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.code()).isEqualTo("already_exists");
    }
  }

  /** Reads, adds one and writes guarded, until nobody was in between. */
  private static void increment(AdminInstance admin) {
    while (true) {
      Answer read = admin.get("/admin/tenants/race");
      int count = read.json().at("/labels/count").asInt();
      Answer written =
          admin.patch(
              "/admin/tenants/race",
              "{\"labels\":{\"count\":\"" + (count + 1) + "\"}}",
              "If-Match",
              read.header("ETag"));
      if (written.status() == 200) {
        return;
      }
      assertThat(written.code()).isEqualTo("stale_revision");
    }
  }

  @Test
  void aQuickerWriterDelaysAChangeAndDoesNotEndIt() throws Exception {
    int first = 400;
    BusSettings bus = new BusSettings(kafka.bootstrap(), "rival");
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data.resolve("hot"), "hot");
        JournalWriter rival = new JournalWriter(bus);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Answer made = admin.put("/admin/tenants/hot", "{\"name\":\"H\"}");
      ObjectNode body = made.json().deepCopy();
      body.remove(List.of("revision", "created_at", "updated_at"));
      body.putObject("labels").put("rival", "was here");
      long revision = made.json().path("revision").asLong();
      Future<Answer> patched = null;
      for (int written = 0; written < first; written++) {
        revision =
            rival.append(
                new Change(ObjectKey.tenant("hot"), body, revision, "rival", Instant.now()));
        if (patched == null) {
          patched = threads.submit(() -> admin.patch("/admin/tenants/hot", "{\"tier\":\"gold\"}"));
        }
      }
      Answer answer = patched.get();
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.json().path("tier").asText()).isEqualTo("gold");
      assertThat(answer.json().at("/labels/rival").asText()).isEqualTo("was here");
    }
  }

  @Test
  void aRestartKeepsEverything() throws Exception {
    String before;
    Path home = data.resolve("restart");
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), home, "restart")) {
      admin.put("/admin/tenants/kept", "{\"name\":\"K\"}");
      admin.put("/admin/tenants/kept/upstreams/u", "{\"service\":\"s\"}");
      admin.put(
          "/admin/tenants/kept/issuers/i",
          "{\"issuer\":\"x\",\"algorithms\":[\"HS256\"],"
              + "\"secret\":\"thirty-two bytes are just enough\"}");
      before = admin.get("/admin/tenants/kept/upstreams/u").text();
    }
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), home, "restart");
        AdminInstance fresh =
            new AdminInstance(kafka.bootstrap(), data.resolve("fresh"), "fresh")) {
      assertThat(admin.get("/admin/tenants/kept/upstreams/u").text()).isEqualTo(before);
      assertThat(fresh.get("/admin/tenants/kept/upstreams/u").text()).isEqualTo(before);
      assertThat(fresh.get("/admin/tenants/kept/issuers/i").status()).isEqualTo(200);
    }
    try (JournalReader reader =
        new JournalReader(
            new BusSettings(kafka.bootstrap(), "check"),
            data.resolve("check.jsonl"),
            (fold, changed, everything) -> {})) {
      reader.start();
      assertThat(reader.awaitCaughtUp(Duration.ofSeconds(20))).isTrue();
      ObjectKey key = new ObjectKey(Kind.ISSUER, "kept", "i");
      Entry entry = reader.read(fold -> fold.find(key));
      assertThat(entry.body().toString()).doesNotContain("thirty-two");
      IssuerDefinition issuer = (IssuerDefinition) entry.definition();
      assertThat(MasterKey.parse(AdminInstance.MASTER_KEY).open(key, issuer.secret()))
          .isEqualTo("thirty-two bytes are just enough");
    }
  }

  @Test
  void waitingTellsWhichGatewayIsBehind() throws Exception {
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data.resolve("wait"), "wait");
        StandInGateway quick = new StandInGateway(kafka.bootstrap(), data, "gateway-quick");
        StandInGateway slow = new StandInGateway(kafka.bootstrap(), data, "gateway-slow")) {
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> admin.get("/admin/nodes?service=gateway").json().path("items").size() == 2);
      Answer applied = admin.put("/admin/tenants/waiting?wait=applied", "{\"name\":\"W\"}");
      assertThat(applied.header("Aegis-Applied")).as(applied.text()).isEqualTo("complete");
      assertThat(applied.json().at("/applied/gateways")).hasSize(2);

      slow.stick();
      Answer late = admin.patch("/admin/tenants/waiting?wait=applied", "{\"tier\":\"gold\"}");
      assertThat(late.status()).isEqualTo(200);
      assertThat(late.header("Aegis-Applied")).isEqualTo("incomplete");
      assertThat(late.json().at("/applied/complete").asBoolean()).isFalse();
      assertThat(late.json().at("/applied/waiting_for").toString()).isEqualTo("[\"gateway-slow\"]");
      JsonNode nodes = admin.get("/admin/nodes?service=gateway").json().path("items");
      assertThat(nodes.at("/0/id").asText()).isEqualTo(quick.node());
      assertThat(nodes.at("/1/id").asText()).isEqualTo(slow.node());
      assertThat(nodes.at("/1/lag").asLong()).isPositive();
      assertThat(nodes.at("/0/lag").asLong()).isZero();
      assertThat(nodes.at("/0/findings/0/severity").asText()).isEqualTo("warning");

      Answer gone = admin.delete("/admin/tenants/waiting?wait=applied");
      assertThat(gone.status()).isEqualTo(200);
      assertThat(gone.json().at("/applied/waiting_for/0").asText()).isEqualTo("gateway-slow");
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () ->
                  assertThat(admin.get("/admin/nodes?service=admin&live=true").json().toString())
                      .contains("\"admin-wait\""));
    }
  }

  @Test
  void changesAreAnnouncedOnce() throws Exception {
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data.resolve("news"), "news")) {
      admin.put("/admin/tenants/news", "{\"name\":\"N\"}");
      admin.patch("/admin/tenants/news", "{\"status\":\"suspended\"}");
      admin.patch("/admin/tenants/news", "{\"tier\":\"gold\"}");
      String key = "{\"name\":\"ci\",\"subject\":\"svc\"}";
      String one = admin.post("/admin/tenants/news/api-keys", key).header("Location");
      admin.post(one + "/rotate", null);
      admin.delete(one);
      admin.delete("/admin/tenants/news");
      List<String> types = new ArrayList<>();
      try (KafkaConsumer<String, String> consumer = consumer()) {
        consumer.subscribe(List.of("aegis.events"));
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> {
                  for (ConsumerRecord<String, String> each :
                      consumer.poll(Duration.ofMillis(200))) {
                    if (Objects.equals(each.key(), "news")) {
                      types.add(
                          new String(
                              each.headers().lastHeader("ce_type").value(),
                              StandardCharsets.UTF_8));
                    }
                  }
                  return types.contains("tenant.deleted.v1");
                });
      }
      assertThat(types)
          .containsExactly(
              "config.changed.v1",
              "tenant.created.v1",
              "config.changed.v1",
              "tenant.suspended.v1",
              "config.changed.v1",
              "config.changed.v1",
              "api_key.created.v1",
              "config.changed.v1",
              "config.changed.v1",
              "api_key.revoked.v1",
              "config.changed.v1",
              "tenant.deleted.v1");
    }
  }

  private static KafkaConsumer<String, String> consumer() {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "bootstrap.servers",
            kafka.bootstrap(),
            "group.id",
            "announcements",
            "auto.offset.reset",
            "earliest"));
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  @Test
  void otherServicesAreAskedWithTheirToken() throws Exception {
    Set<String> asked = ConcurrentHashMap.newKeySet();
    MasterKey key = MasterKey.parse(AdminInstance.MASTER_KEY);
    HttpServer backend =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    backend.createContext(
        "/",
        exchange -> {
          String token = exchange.getRequestHeaders().getFirst("Authorization");
          String path = exchange.getRequestURI().toString();
          asked.add(exchange.getRequestMethod() + " " + path + " " + token);
          boolean refused = path.contains("refused");
          boolean problem = path.contains("replay");
          String sent =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String text =
              refused
                  ? "no"
                  : problem
                      ? "{\"code\":\"webhook_disabled\",\"instance\":\"/inner\",\"sent\":"
                          + sent
                          + "}"
                      : "minute,requests\n";
          byte[] body = text.getBytes(StandardCharsets.UTF_8);
          String type =
              problem
                  ? "application/problem+json"
                  : path.startsWith("/webhooks") ? "application/json" : "text/csv";
          exchange.getResponseHeaders().set("Content-Type", type);
          exchange.getResponseHeaders().set("Aegis-Coverage", "final");
          int status = refused ? 401 : problem ? 409 : path.contains("bad") ? 422 : 200;
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    backend.start();
    URI url = URI.create("http://127.0.0.1:" + backend.getAddress().getPort());
    try (AdminInstance admin =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("relay"),
            "relay",
            settings ->
                settings
                    .with(AdminSettings.ANALYTICS_URL, url)
                    .with(AdminSettings.WEBHOOKS_URL, url)
                    .with(AdminSettings.GATEWAY_URLS, List.of(url)))) {
      Answer csv =
          admin.get("/admin/analytics/series?tenant=a%20b&metric=p95", "Accept", "text/csv");
      assertThat(csv.status()).isEqualTo(200);
      assertThat(csv.header("Content-Type")).isEqualTo("text/csv");
      assertThat(csv.header("Aegis-Coverage")).isEqualTo("final");
      assertThat(csv.text()).isEqualTo("minute,requests\n");
      assertThat(admin.get("/admin/analytics/usage?bad").status()).isEqualTo(422);
      Answer refused = admin.get("/admin/analytics/top?refused");
      assertThat(refused.status()).isEqualTo(502);
      assertThat(refused.code()).isEqualTo("bad_backend");
      admin.put("/admin/tenants/relay", "{\"name\":\"R\"}");
      admin.put(
          "/admin/tenants/relay/webhooks/w", "{\"url\":\"http://a.test\",\"events\":[\"*\"]}");
      assertThat(admin.get("/admin/tenants/relay/webhooks/w/deliveries?limit=2").status())
          .isEqualTo(200);
      assertThat(admin.post("/admin/tenants/relay/webhooks/w/test", null).status()).isEqualTo(200);
      assertThat(admin.get("/admin/tenants/relay/webhooks/none/deliveries").status())
          .isEqualTo(404);
      String replay = "/admin/tenants/relay/webhooks/w/replay";
      String delivery = "{\"delivery_id\":\"d-1\"}";
      Answer replayed = admin.post(replay, delivery, "Idempotency-Key", "k");
      assertThat(replayed.status()).isEqualTo(409);
      assertThat(replayed.code()).isEqualTo("webhook_disabled");
      assertThat(replayed.json().path("instance").asText()).isEqualTo(replay);
      assertThat(replayed.json().at("/sent/delivery_id").asText()).isEqualTo("d-1");
      assertThat(admin.post(replay, delivery, "Idempotency-Key", "k").header("Idempotent-Replayed"))
          .isEqualTo("true");
      assertThat(admin.post(replay, "{\"delivery\":\"d-1\"}").status()).isEqualTo(422);
      assertThat(admin.post("/admin/explain", "{\"host\":\"a\"}").status()).isEqualTo(200);
      assertThat(admin.post("/admin/explain", "[]").status()).isEqualTo(400);
      assertThat(new HashSet<>(asked))
          .contains(
              "GET /analytics/series?tenant=a%20b&metric=p95 Bearer "
                  + key.serviceToken("analytics-api"),
              "GET /webhooks/relay/w/deliveries?limit=2 Bearer " + key.serviceToken("webhooks-api"),
              "POST /webhooks/relay/w/test Bearer " + key.serviceToken("webhooks-api"),
              "POST /explain Bearer " + key.serviceToken("gateway-api"));
    } finally {
      backend.stop(0);
    }
  }

  @Test
  void withoutKafkaNothingIsHalfDone() throws Exception {
    Path home = data.resolve("away");
    try (KafkaPeer own = KafkaPeer.start()) {
      try (AdminInstance admin = new AdminInstance(own.bootstrap(), home, "away")) {
        assertThat(admin.put("/admin/tenants/acme", "{\"name\":\"A\"}").status()).isEqualTo(201);
        own.stop();
        Answer refused = admin.patch("/admin/tenants/acme", "{\"name\":\"B\"}");
        assertThat(refused.status()).as(refused.text()).isEqualTo(503);
        assertThat(refused.code()).isEqualTo("journal_unavailable");
        assertThat(refused.header("Retry-After")).isNotNull();
        assertThat(admin.get("/admin/tenants/acme").json().path("name").asText()).isEqualTo("A");
        Answer invalid = admin.put("/admin/tenants/acme", "{}");
        assertThat(invalid.status()).isEqualTo(422);
      }
      // A start without Kafka serves what it knew.
      try (AdminInstance admin = new AdminInstance(own.bootstrap(), home, "away")) {
        assertThat(admin.service().ready()).isTrue();
        assertThat(admin.get("/admin/tenants/acme").json().path("name").asText()).isEqualTo("A");
        own.restart();
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> admin.patch("/admin/tenants/acme", "{\"name\":\"C\"}").status() == 200);
        assertThat(admin.get("/admin/tenants/acme").json().path("name").asText()).isEqualTo("C");
      }
    }
  }

  @Test
  void aLostJournalIsNotReplacedByTheNextChange() throws Exception {
    try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data, "lost-1")) {
      assertThat(admin.put("/admin/tenants/lost", "{\"name\":\"L\"}").status()).isEqualTo(201);
    }
    try (KafkaPeer other = KafkaPeer.start();
        AdminInstance admin = new AdminInstance(other.bootstrap(), data, "lost-1")) {
      Answer refused = admin.patch("/admin/tenants/lost", "{\"name\":\"M\"}");
      assertThat(refused.status()).as(refused.text()).isEqualTo(503);
      assertThat(refused.code()).isEqualTo("journal_unavailable");
      assertThat(refused.text()).contains("fold.jsonl");
      assertThat(admin.get("/admin/tenants/lost").status()).as("stays in force").isEqualTo(200);
    }
  }

  @Test
  void theTokenIsMadeForItsOwnerOnly() throws Exception {
    Path home = data.resolve("token");
    Files.createDirectories(home);
    try (AdminInstance admin =
        new AdminInstance(
            kafka.bootstrap(),
            home,
            "token",
            settings -> settings.with(AdminSettings.TOKEN, Optional.empty()))) {
      String token = Files.readString(home.resolve("admin-token")).strip();
      assertThat(token).startsWith("aegis_").hasSizeGreaterThan(40);
      assertThat(Files.getPosixFilePermissions(home.resolve("admin-token")).toString())
          .doesNotContain("GROUP")
          .doesNotContain("OTHERS");
      assertThat(admin.get("/admin/tenants").status()).isEqualTo(401);
      assertThat(
              admin
                  .send(
                      HttpRequest.newBuilder(admin.base().resolve("/admin/tenants"))
                          .header("Authorization", "bearer " + token)
                          .build())
                  .status())
          .isEqualTo(200);
    }
  }
}
