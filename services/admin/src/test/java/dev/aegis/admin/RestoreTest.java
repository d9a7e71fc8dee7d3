package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.history.Past;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalHistory;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going back to a revision, with Kafka. */
final class RestoreTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final List<String> TENANTS = List.of("above", "one", "two", "new-1", "new-2");

  /** Operators do not go back. */
  private static final List<Kind> KINDS =
      List.copyOf(EnumSet.complementOf(EnumSet.of(Kind.OPERATOR)));

  @TempDir private static Path data;
  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static JournalReader reader;
  private static JournalWriter writer;

  @BeforeAll
  static void start() throws Exception {
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data.resolve("admin"), "restore");
    BusSettings bus = new BusSettings(kafka.bootstrap(), "restore-test");
    reader = new JournalReader(bus, data.resolve("fold"), (fold, changed, everything) -> {});
    reader.start();
    writer = new JournalWriter(bus);
  }

  @AfterAll
  static void stop() {
    writer.close();
    reader.close();
    admin.close();
    kafka.close();
  }

  @Test
  void afterAThousandChangesAllIsAsItWas() throws Exception {
    ok(admin.put("/admin/tenants/above", "{\"name\":\"A\",\"kind\":\"enterprise\"}"));
    everyKind("above");
    ok(admin.put("/admin/tenants/one", "{\"name\":\"1\",\"parent\":\"above\"}"));
    everyKind("one");
    ok(admin.put("/admin/tenants/two", "{\"name\":\"2\",\"hosts\":[\"two.test\"]}"));
    long then = everyKind("two");
    reader.await(then, LONG);
    Map<String, String> before = state();
    assertThat(reader.<Set<Kind>>read(RestoreTest::kinds))
        .isEqualTo(EnumSet.complementOf(EnumSet.of(Kind.OPERATOR)));

    Map<ObjectKey, String> revoked = change(new Random(7), 1_000);
    assertThat(state()).isNotEqualTo(before);

    Map<String, String> amid = state();
    String path = "/admin/revisions/" + then + "/restore";
    Answer rehearsed = admin.post(path + "?dry_run=true", "{}");
    assertThat(rehearsed.status()).as(rehearsed.text()).isEqualTo(200);
    assertThat(rehearsed.text()).doesNotContain("ciphertext");
    reader.awaitCaughtUp(LONG);
    assertThat(state()).isEqualTo(amid);

    Answer restored = admin.post(path + "?wait=applied", "{}", "Idempotency-Key", "once");
    assertThat(restored.status()).as(restored.text()).isEqualTo(200);
    assertThat(restored.json().path("total")).isEqualTo(rehearsed.json().path("total"));
    assertThat(restored.json().at("/applied/complete").asBoolean()).isTrue();
    long last = Long.parseLong(restored.header("Aegis-Revision"));
    assertThat(reader.await(last, LONG)).isInstanceOf(Verdict.Applied.class);

    Map<String, String> expected = new TreeMap<>(before);
    revoked.forEach((key, body) -> expected.put(key.toString(), body));
    assertThat(state()).isEqualTo(expected);
    assertThat(
            admin
                .post(path + "?wait=applied", "{}", "Idempotency-Key", "once")
                .header("Idempotent-Replayed"))
        .isEqualTo("true");
    assertThat(admin.post(path, "{}").json().path("total").asInt()).isZero();

    JsonNode shown = admin.get("/admin/revisions/" + last).json();
    assertThat(shown.path("actor").asText()).isNotEqualTo("test");
    Set<String> differing = new TreeSet<>();
    JsonNode differences =
        admin.get("/admin/revisions/" + then + "/diff?to=" + last + "&limit=500").json();
    differences.path("items").forEach(item -> differing.add(item.path("key").asText()));
    Set<String> since = new TreeSet<>();
    revoked.keySet().forEach(key -> since.add(key.toString()));
    assertThat(differing).isEqualTo(since);
  }

  @Test
  void revokedKeysAndLiftedRevocationsDoNotComeBack() throws Exception {
    String at = "/admin/tenants/keys";
    ok(admin.put(at, "{\"name\":\"K\"}"));
    everyKind("keys");
    ok(admin.post(at + "/api-keys", "{\"id\":\"rotated\",\"name\":\"r\",\"subject\":\"r\"}"));
    long then = revision(admin.put(at + "/roles/r", "{\"permissions\":[]}"));
    ok(admin.delete(at + "/api-keys/k"));
    ok(admin.post(at + "/api-keys/rotated/rotate", "{\"overlap_seconds\":0}"));
    ok(admin.delete(at + "/revocations/r"));
    ok(admin.put(at + "/revocations/since", "{\"jti\":\"since\"}"));
    ok(admin.put(at + "/routes/extra", "{\"paths\":[\"/extra\"],\"upstream\":\"u\"}"));
    long now = revision(admin.post(at + "/api-keys", "{\"name\":\"new\",\"subject\":\"n\"}"));
    reader.await(now, LONG);
    Entry rotated = reader.read(fold -> fold.find(key("tenants/keys/api-keys/rotated")));

    Answer restored = admin.post("/admin/revisions/" + then + "/restore", "{\"tenant\":\"keys\"}");

    assertThat(restored.status()).as(restored.text()).isEqualTo(200);
    assertThat(restored.json().path("total").asInt()).as("new key and route go").isEqualTo(2);
    Set<String> withheld = new TreeSet<>();
    restored.json().path("withheld").forEach(each -> withheld.add(each.path("key").asText()));
    assertThat(withheld)
        .containsExactly(
            "tenants/keys/api-keys/k",
            "tenants/keys/api-keys/rotated",
            "tenants/keys/revocations/r",
            "tenants/keys/revocations/since");
    reader.await(Long.parseLong(restored.header("Aegis-Revision")), LONG);
    assertThat(reader.<Entry>read(fold -> fold.find(rotated.key()))).isEqualTo(rotated);
    assertThat(admin.get(at + "/api-keys/k").status()).isEqualTo(404);
    assertThat(admin.get(at + "/revocations/r").status()).isEqualTo(404);
    assertThat(admin.get(at + "/revocations/since").status()).isEqualTo(200);
  }

  @Test
  void operatorsStayAndNoneIsLeftWithoutItsTenant() throws Exception {
    String operators = "/admin/operators";
    String gone = "{\"id\":\"gone\",\"name\":\"g\",\"role\":\"auditor\"}";
    ok(admin.post(operators, gone));
    ok(admin.post(operators, gone.replace("gone", "changed")));
    long then = revision(admin.patch(operators + "/changed", "{\"name\":\"then\"}"));
    ok(admin.delete(operators + "/gone"));
    ok(admin.patch(operators + "/changed", "{\"enabled\":false}"));
    ok(admin.put("/admin/tenants/held", "{\"name\":\"H\"}"));
    ok(
        admin.post(
            operators,
            "{\"id\":\"held.o\",\"name\":\"o\",\"role\":\"auditor\",\"tenant\":\"held\"}"));
    String path = "/admin/revisions/" + then + "/restore";

    Answer refused = admin.post(path + "?dry_run=true", "{}");
    assertThat(refused.status()).as(refused.text()).isEqualTo(422);
    assertThat(refused.text()).contains("operators/held.o#/tenant");

    ok(admin.delete(operators + "/held.o"));
    Answer rehearsed = admin.post(path + "?dry_run=true", "{}");
    assertThat(rehearsed.status()).as(rehearsed.text()).isEqualTo(200);
    Set<String> withheld = new TreeSet<>();
    rehearsed.json().path("withheld").forEach(each -> withheld.add(each.path("key").asText()));
    assertThat(withheld).contains("operators/gone", "operators/changed");
    rehearsed
        .json()
        .path("changes")
        .forEach(each -> assertThat(each.path("kind").asText()).isNotEqualTo("operator"));
  }

  /** Between the question for the past and the answer somebody may revoke a key. */
  @Test
  void credentialsAreFollowedToTheMomentOfWriting() throws Exception {
    String at = "/admin/tenants/race";
    ok(admin.put(at, "{\"name\":\"R\"}"));
    long then = everyKind("race");
    ObjectKey key = key("tenants/race/api-keys/k");
    try (JournalHistory history =
        new JournalHistory(new BusSettings(kafka.bootstrap(), "restore-race"))) {
      Past.Then past = new Past(history).at(then);
      assertThat(past.credentials(then)).containsKey(key);
      long revoked = revision(admin.delete(at + "/api-keys/k"));
      assertThat(past.credentials(then)).containsKey(key);
      assertThat(past.credentials(revoked)).doesNotContainKey(key);
      assertThat(past.objects()).containsKey(key);
    }
  }

  @Test
  void oneObjectGoesBackAlone() throws Exception {
    String at = "/admin/tenants/single";
    ok(admin.put(at, "{\"name\":\"S\"}"));
    long then = everyKind("single");
    ok(admin.patch(at + "/issuers/i", "{\"secret\":\"another text of thirty-two bytes or more\"}"));
    ok(admin.patch(at, "{\"name\":\"changed\"}"));
    String body = "{\"object\":{\"kind\":\"issuer\",\"tenant\":\"single\",\"id\":\"i\"}}";

    Answer rehearsed = admin.post("/admin/revisions/" + then + "/restore?dry_run=true", body);
    assertThat(rehearsed.text()).contains("[redacted]").doesNotContain("ciphertext");
    Answer restored = admin.post("/admin/revisions/" + then + "/restore", body);
    assertThat(restored.json().path("total").asInt()).as(restored.text()).isEqualTo(1);
    assertThat(admin.get(at).json().path("name").asText()).isEqualTo("changed");

    ok(admin.delete(at + "/routes/r"));
    ok(admin.delete(at + "/plugins/p"));
    ok(admin.delete(at + "/upstreams/u"));
    Answer dangling =
        admin.post(
            "/admin/revisions/" + then + "/restore",
            "{\"object\":{\"kind\":\"route\",\"tenant\":\"single\",\"id\":\"r\"}}");
    assertThat(dangling.status()).isEqualTo(422);
    assertThat(dangling.text()).contains("tenants/single/routes/r#/upstream");
  }

  @Test
  void whatCannotBeMeantIsRefused() throws Exception {
    long now = revision(admin.put("/admin/tenants/late", "{\"name\":\"L\"}"));
    for (String path : List.of("/admin/revisions/" + (now + 1_000), "/admin/revisions/x")) {
      assertThat(admin.get(path + "/diff").status()).isEqualTo(404);
      assertThat(admin.post(path + "/restore", "{}").status()).isEqualTo(404);
    }
    String path = "/admin/revisions/0";
    assertThat(admin.get(path + "/diff?to=-1").status()).isEqualTo(400);
    assertThat(admin.get(path + "/diff?to=" + (now + 1_000)).status()).isEqualTo(400);
    assertThat(admin.post(path + "/restore", "{\"tenant\":\"late\"}").status())
        .as("a tenant that did not exist is more likely a slip than to be deleted")
        .isEqualTo(404);
    for (String body :
        List.of(
            "{\"tenant\":\"A B\"}",
            "{\"tenant\":7}",
            "{\"tennant\":\"late\"}",
            "{\"object\":{\"kind\":\"gadget\",\"id\":\"x\"}}",
            "{\"object\":{\"kind\":\"route\",\"id\":\"x\"}}",
            "{\"object\":{}}",
            "{\"tenant\":\"late\",\"object\":{\"kind\":\"tenant\",\"id\":\"late\"}}")) {
      Answer refused = admin.post(path + "/restore", body);
      assertThat(refused.status()).as(body + refused.text()).isEqualTo(422);
    }
    assertThat(admin.post(path + "/restore", null).status()).isEqualTo(415);
    reader.await(now, LONG);
    Map<String, String> before = state();
    assertThat(admin.post(path + "/restore?wait=never", "{}").status()).isEqualTo(400);
    assertThat(state()).as("a mistake is found before anything is written").isEqualTo(before);
  }

  /** An object of each kind in a tenant, and the last revision. */
  private static long everyKind(String tenant) throws IOException {
    String at = "/admin/tenants/" + tenant;
    ok(admin.put(at + "/upstreams/u", "{\"targets\":[{\"url\":\"http://10.0.0.1:80\"}]}"));
    ok(admin.put(at + "/roles/base", "{\"permissions\":[{\"paths\":[\"/**\"]}]}"));
    ok(admin.put(at + "/roles/more", "{\"permissions\":[],\"inherits\":[\"base\"]}"));
    ok(admin.put(at + "/routes/r", "{\"paths\":[\"/**\"],\"upstream\":\"u\"}"));
    ok(admin.put(at + "/bindings/b", "{\"subject\":\"s\",\"roles\":[\"more\"]}"));
    ok(
        admin.put(
            at + "/issuers/i",
            "{\"issuer\":\"https://idp."
                + tenant
                + "\",\"algorithms\":[\"HS256\"],\"secret\":\"thirty-two bytes are just enough\"}"));
    String limit = "{\"plugin\":\"rate_limit\",\"config\":{\"limit\":10,\"window_seconds\":60}}";
    ok(admin.put(at + "/plugins/p", limit));
    ok(admin.put("/admin/plugins/p", limit));
    ok(admin.put(at + "/webhooks/w", "{\"url\":\"https://a.test\",\"events\":[\"*\"]}"));
    ok(admin.post(at + "/api-keys", "{\"id\":\"k\",\"name\":\"k\",\"subject\":\"k\"}"));
    ObjectNode certificate =
        Json.object().put("certificate", pem("rsa.pem")).put("private_key", pem("rsa.key"));
    certificate.putArray("hosts").add(tenant + ".test");
    ok(admin.put(at + "/certificates/c", certificate.toString()));
    return revision(admin.put(at + "/revocations/r", "{\"jti\":\"r\"}"));
  }

  /**
   * Changes whatever there is, also into what no version understands.
   *
   * @return what was revoked, as it is left to be
   */
  private static Map<ObjectKey, String> change(Random random, int count) throws Exception {
    Fold model = reader.read(Fold::copy);
    List<Change> changes = new ArrayList<>();
    Map<ObjectKey, String> revoked = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    while (changes.size() < count) {
      Kind kind = KINDS.get(random.nextInt(KINDS.size()));
      String tenant = TENANTS.get(random.nextInt(TENANTS.size()));
      ObjectKey key = random(random, kind, tenant);
      Entry current = model.find(key);
      boolean delete = random.nextInt(4) == 0 && kind != Kind.API_KEY && kind != Kind.REVOCATION;
      ObjectNode document = current == null ? Json.object().put("id", key.id()) : current.body();
      ObjectNode changed =
          document
              .deepCopy()
              .put(
                  kind == Kind.REVOCATION ? "jti" : "x" + random.nextInt(3),
                  "at " + changes.size());
      Change change = new Change(key, delete ? null : changed, Change.ANY, "test", Instant.EPOCH);
      changes.add(change);
      boolean applied = model.apply(model.revision() + 1, change) instanceof Verdict.Applied;
      if (applied && kind == Kind.REVOCATION) {
        revoked.put(key, changed.toString());
      }
    }
    revoked.keySet().removeIf(key -> key.tenant().startsWith("new-"));
    for (int from = 0; from < count; from += 100) {
      List<Long> revisions = writer.append(changes.subList(from, from + 100));
      assertThat(revisions).hasSize(100);
      reader.await(revisions.getLast(), LONG);
    }
    return revoked;
  }

  /** Revocations are new ones, so that those of then stay as they were. */
  private static ObjectKey random(Random random, Kind kind, String tenant) {
    if (kind == Kind.TENANT) {
      return ObjectKey.tenant(tenant);
    }
    List<String> known =
        List.of("u", "base", "more", "r", "b", "i", "p", "w", "k", "c", "another", "third");
    String id =
        kind == Kind.REVOCATION
            ? "since-" + random.nextInt(20)
            : known.get(random.nextInt(known.size()));
    return new ObjectKey(kind, kind == Kind.PLUGIN && random.nextBoolean() ? null : tenant, id);
  }

  /** Every body as it stands in the journal, by key. */
  private static Map<String, String> state() {
    return reader.read(
        fold -> {
          Map<String, String> state = new TreeMap<>();
          for (Kind kind : Kind.values()) {
            for (String tenant : fold.tenants()) {
              fold.list(kind, tenant)
                  .forEach(each -> state.put(each.key().toString(), each.body().toString()));
            }
          }
          fold.list(Kind.PLUGIN, null)
              .forEach(each -> state.put(each.key().toString(), each.body().toString()));
          return state;
        });
  }

  private static Set<Kind> kinds(Fold fold) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (Kind kind : Kind.values()) {
      if (!fold.list(kind, "one").isEmpty()) {
        kinds.add(kind);
      }
    }
    return kinds;
  }

  private static ObjectKey key(String text) {
    return ObjectKey.parse(text);
  }

  private static void ok(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isBetween(200, 204);
  }

  private static long revision(Answer answer) {
    ok(answer);
    return Long.parseLong(answer.header("Aegis-Revision"));
  }

  private static String pem(String file) throws IOException {
    return Files.readString(
        Repository.root().resolve("shared/journal/src/test/resources/tls").resolve(file),
        StandardCharsets.UTF_8);
  }
}
