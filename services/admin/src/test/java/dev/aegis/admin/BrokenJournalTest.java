package dev.aegis.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.bus.Topics;
import dev.aegis.journal.Change;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal holds that no admin service would have written harms nobody but its object. */
final class BrokenJournalTest {
  private final List<String> faults = new ArrayList<>();

  @Test
  void brokenObjectsHarmNobodyElse(@TempDir Path data) throws Exception {
    Map<ObjectKey, ObjectNode> broken = broken();
    try (KafkaPeer kafka = KafkaPeer.start()) {
      try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data.resolve("a"), "a")) {
        tenant(admin, "broken");
        tenant(admin, "whole");
        long last = write(kafka.bootstrap(), broken);
        awaitRevision(admin, last);
        othersGoOn(admin, "running");
        shownAll(admin, broken);
      }
      try (AdminInstance warm = new AdminInstance(kafka.bootstrap(), data.resolve("a"), "a");
          AdminInstance cold = new AdminInstance(kafka.bootstrap(), data.resolve("b"), "b")) {
        long revision = revision(warm);
        awaitRevision(cold, revision);
        othersGoOn(warm, "warm");
        othersGoOn(cold, "cold");
        shownAll(cold, broken);
        mended(warm, broken);
      }
    }
    assertThat(faults).isEmpty();
  }

  /** The keys and definitions of the table. */
  private static Map<ObjectKey, ObjectNode> broken() throws IOException {
    Map<ObjectKey, ObjectNode> broken = new LinkedHashMap<>();
    try (InputStream in = BrokenJournalTest.class.getResourceAsStream("broken-objects.txt")) {
      for (String line : new String(in.readAllBytes(), UTF_8).split("\n")) {
        if (!line.startsWith("#")) {
          String[] parts = line.split(" ", 2);
          broken.put(ObjectKey.parse(parts[0]), Json.readObject(parts[1].getBytes(UTF_8)));
        }
      }
    }
    return broken;
  }

  /** Puts the objects into the journal, among records that are no changes; says the last offset. */
  private static long write(String bootstrap, Map<ObjectKey, ObjectNode> broken) throws Exception {
    List<byte[]> records = new ArrayList<>();
    broken.forEach(
        (key, definition) ->
            records.add(
                new Change(key, definition, Change.ANY, "somebody", Instant.now()).toJson()));
    byte[] garbage = new byte[300];
    new Random(5).nextBytes(garbage);
    records.add(garbage);
    records.add(new byte[0]);
    records.add("{".repeat(10_000).getBytes(UTF_8));
    records.add("{\"key\":\"tenants/broken/dragons/a\",\"op\":\"put\"}".getBytes(UTF_8));
    records.add("{\"key\":7,\"op\":{},\"expected\":\"x\",\"at\":[]}".getBytes(UTF_8));
    ObjectNode huge = Json.object().put("id", "huge").put("service", "x".repeat(900_000));
    ObjectKey key = new ObjectKey(Kind.UPSTREAM, "broken", "huge");
    records.add(new Change(key, huge, Change.ANY, "somebody", Instant.now()).toJson());
    long last = -1;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(Topics.CONFIG, 0, null, null)).get();
      for (byte[] record : records) {
        last = producer.send(new ProducerRecord<>(Topics.CONFIG, 0, null, record)).get().offset();
      }
    }
    return last;
  }

  private static void awaitRevision(AdminInstance admin, long revision) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> revision(admin) >= revision);
  }

  private static long revision(AdminInstance admin) {
    HttpRequest status = HttpRequest.newBuilder(admin.management().resolve("/status")).build();
    return admin.send(status).json().path("revision").asLong();
  }

  private static void tenant(AdminInstance admin, String id) {
    Answer made =
        admin.post(
            "/admin/tenants",
            "{\"id\":\"" + id + "\",\"name\":\"T\",\"hosts\":[\"" + id + ".test\"]}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
  }

  /** Another tenant is administered as ever, and so is the installation. */
  private void othersGoOn(AdminInstance admin, String id) {
    String at = "/admin/tenants/whole";
    write(admin, at + "/upstreams", "{\"id\":\"%s\",\"service\":\"s\"}", id);
    write(
        admin, at + "/routes", "{\"id\":\"%s\",\"paths\":[\"/\"],\"upstream\":\"" + id + "\"}", id);
    write(admin, at + "/roles", "{\"id\":\"%s\",\"permissions\":[]}", id);
    write(
        admin,
        at + "/bindings",
        "{\"id\":\"%s\",\"subject\":\"s\",\"roles\":[\"" + id + "\"]}",
        id);
    write(
        admin,
        at + "/webhooks",
        "{\"id\":\"%s\",\"url\":\"https://a.test/\",\"events\":[\"*\"]}",
        id);
    write(admin, at + "/api-keys", "{\"id\":\"%s\",\"name\":\"n\",\"subject\":\"s\"}", id);
    write(admin, at + "/revocations", "{\"id\":\"%s\",\"jti\":\"j\"}", id);
    write(admin, "/admin/operators", "{\"id\":\"%s\",\"name\":\"n\",\"role\":\"auditor\"}", id);
    write(admin, "/admin/tenants", "{\"id\":\"%s\",\"name\":\"T\",\"parent\":\"whole\"}", id);
    expect(200, admin.get(at + "/effective"), at + "/effective");
    expect(200, admin.get(at + "/export"), at + "/export");
    expect(200, admin.get("/admin/revisions?limit=500"), "/admin/revisions");
    expect(200, admin.get("/admin/nodes"), "/admin/nodes");
  }

  private void write(AdminInstance admin, String collection, String document, String id) {
    expect(201, admin.post(collection, document.formatted(id)), "POST " + collection);
  }

  /** Every broken object is shown, whatever it is. */
  private void shownAll(AdminInstance admin, Map<ObjectKey, ObjectNode> broken) {
    for (Kind kind : Kind.values()) {
      String list =
          switch (kind) {
            case TENANT, OPERATOR -> "/admin/" + kind.collection();
            default -> "/admin/tenants/broken/" + kind.collection();
          };
      expect(200, admin.get(list), list);
    }
    expect(200, admin.get("/admin/plugins"), "/admin/plugins");
    for (String tenant : List.of("broken", "types", "empty", "egg", "hen", "orphan", "slug")) {
      String at = "/admin/tenants/" + tenant;
      expect(200, admin.get(at + "/effective"), at + "/effective");
      expect(200, admin.get(at + "/export"), at + "/export");
    }
    for (ObjectKey key : broken.keySet()) {
      if (!"nobody".equals(key.tenant())) {
        expect(200, admin.get("/admin/" + key), "GET " + key);
      }
    }
  }

  /** Every broken object can be changed, if only to hear what is wrong with it, and deleted. */
  private void mended(AdminInstance admin, Map<ObjectKey, ObjectNode> broken) {
    for (ObjectKey key : broken.keySet()) {
      Answer patched = admin.patch("/admin/" + key, "{\"name\":\"N\"}");
      if (patched.status() >= 500) {
        faults.add("PATCH " + key + " is " + patched.status() + " " + patched.text());
      }
    }
    for (ObjectKey key : List.copyOf(broken.keySet()).reversed()) {
      if (!"nobody".equals(key.tenant()) && key.kind() != Kind.TENANT) {
        Answer gone = admin.delete("/admin/" + key);
        if (gone.status() != 204 && gone.status() != 409) {
          faults.add("DELETE " + key + " is " + gone.status() + " " + gone.text());
        }
      }
    }
  }

  private void expect(int status, Answer answer, String name) {
    if (answer.status() != status) {
      faults.add(name + " is " + answer.status() + ", not " + status + ": " + answer.text());
    }
  }
}
