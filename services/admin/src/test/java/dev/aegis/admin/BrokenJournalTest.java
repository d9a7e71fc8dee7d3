package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.BrokenJournal;
import dev.aegis.testkit.KafkaPeer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal holds that no admin service would have written harms nobody but its object. */
final class BrokenJournalTest {
  private final List<String> faults = new ArrayList<>();

  @Test
  void brokenObjectsHarmNobodyElse(@TempDir Path data) throws Exception {
    List<ObjectKey> broken = broken();
    try (KafkaPeer kafka = KafkaPeer.start()) {
      try (AdminInstance admin = new AdminInstance(kafka.bootstrap(), data.resolve("a"), "a")) {
        tenant(admin, "broken");
        tenant(admin, "whole");
        long last = BrokenJournal.write(kafka.bootstrap());
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

  /** The keys of what is broken. */
  private static List<ObjectKey> broken() {
    return BrokenJournal.objects().keySet().stream()
        .filter(key -> !key.contains("/dragons/")) // no kind of this version
        .map(ObjectKey::parse)
        .toList();
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
    // Others claim its host, who came later: that keeps nobody from changing it.
    expect(200, admin.patch(at, "{\"name\":\"" + id + "\"}"), "PATCH " + at);
    String whole = "{\"name\":\"T\",\"hosts\":[\"whole.test\"]}";
    expect(200, admin.put(at, whole), "PUT " + at);
    expect(200, admin.get(at + "/effective"), at + "/effective");
    expect(200, admin.get(at + "/export"), at + "/export");
    expect(200, admin.get("/admin/revisions?limit=500"), "/admin/revisions");
    expect(200, admin.get("/admin/nodes"), "/admin/nodes");
  }

  private void write(AdminInstance admin, String collection, String document, String id) {
    expect(201, admin.post(collection, document.formatted(id)), "POST " + collection);
  }

  /** Every broken object is shown, whatever it is. */
  private void shownAll(AdminInstance admin, List<ObjectKey> broken) {
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
    for (ObjectKey key : broken) {
      if (!"nobody".equals(key.tenant())) {
        expect(200, admin.get("/admin/" + key), "GET " + key);
      }
    }
  }

  /** Every broken object can be changed, if only to hear what is wrong with it, and deleted. */
  private void mended(AdminInstance admin, List<ObjectKey> broken) {
    for (ObjectKey key : broken) {
      Answer patched = admin.patch("/admin/" + key, "{\"name\":\"N\"}");
      if (patched.status() >= 500) {
        faults.add("PATCH " + key + " is " + patched.status() + " " + patched.text());
      }
    }
    for (ObjectKey key : broken.reversed()) {
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
