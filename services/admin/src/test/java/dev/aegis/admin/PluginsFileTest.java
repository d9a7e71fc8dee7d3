package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.journal.Json;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of plugins beside the API, with a real journal, and editors as they are. */
final class PluginsFileTest {
  private static final String LIMIT =
      "{\"plugin\":\"rate_limit\",\"order\":%d,\"config\":"
          + "{\"limit\":5,\"window_seconds\":60}}";

  @TempDir private Path data;
  private KafkaPeer kafka;
  private AdminInstance admin;

  @BeforeEach
  void start() throws Exception {
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data, "file");
    put("/admin/tenants/acme", "{\"name\":\"A\"}");
    put("/admin/plugins/one", LIMIT.formatted(1));
    put("/admin/tenants/acme/plugins/two", LIMIT.formatted(2));
    soon(() -> assertThat(orders()).containsExactly(1, 2));
  }

  @AfterEach
  void stop() {
    admin.close();
    kafka.close();
  }

  @Test
  void isWrittenByTheApiAndObeyedWhenEdited() throws Exception {
    assertThat(text()).startsWith("{\n  \"plugins\": [\n    {\n      \"id\": \"one\",");
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw----"));
    edit(
        plugins -> {
          ((ObjectNode) plugins.get(1)).put("order", 20).put("enabled", false);
          ObjectNode three = ((ObjectNode) plugins.get(0)).deepCopy().put("id", "three");
          plugins.remove(0);
          plugins.add(three);
        });
    soon(
        () ->
            assertThat(shown("/admin/tenants/acme/plugins/two").path("order").asInt())
                .isEqualTo(20));
    soon(() -> assertThat(admin.get("/admin/plugins/one").status()).isEqualTo(404));
    assertThat(shown("/admin/tenants/acme/plugins/two").path("enabled").asBoolean()).isFalse();
    assertThat(shown("/admin/plugins/three").path("order").asInt()).isEqualTo(1);
    for (JsonNode change : admin.get("/admin/revisions?actor=file").json().path("items")) {
      assertThat(change.path("kind").asText()).isEqualTo("plugin");
    }
    assertThat(admin.get("/admin/revisions?actor=file").json().path("items")).hasSize(3);
    put("/admin/plugins/three", LIMIT.formatted(33));
    soon(() -> assertThat(orders()).containsExactly(33, 20));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-rw----");
  }

  @Test
  void aBrokenEditIsLeftAloneUntilItIsMended() throws Exception {
    String good = text();
    for (String broken :
        new String[] {
          "{\"plugins\":[",
          good.replace("rate_limit", "rate_limits"),
          good.replace("\"limit\": 5", "\"limit\": -5"),
          good.replace("\"order\"", "\"odrer\""),
          good.replace("\"acme\"", "\"nobody\""),
        }) {
      assertThat(broken).isNotEqualTo(good);
      save(broken);
      soon(() -> assertThat(findings().toString()).contains("is refused"));
      soon(
          () ->
              assertThat(admin.get("/admin/nodes").json().at("/items/0/findings").toString())
                  .contains("is refused"));
      assertThat(text()).isEqualTo(broken);
      assertThat(shown("/admin/plugins/one").path("order").asInt()).isEqualTo(1);
      save(good);
      soon(() -> assertThat(findings()).isEmpty());
    }
    assertThat(admin.get("/admin/revisions?actor=file").json().path("items")).isEmpty();

    // What the API does meanwhile does not cost the person the text, nor is it undone by the text.
    String broken = good.replace("\"order\": 2,", "\"order\": 22");
    save(broken);
    soon(() -> assertThat(findings().toString()).contains("not JSON"));
    put("/admin/plugins/one", LIMIT.formatted(11));
    put("/admin/plugins/new", LIMIT.formatted(3));
    soon(() -> assertThat(findings().toString()).contains("not JSON"));
    assertThat(text()).isEqualTo(broken);
    save(good.replace("\"order\": 2,", "\"order\": 22,"));
    soon(() -> assertThat(orders()).containsExactly(3, 11, 22));
    assertThat(findings()).isEmpty();
    assertThat(shown("/admin/tenants/acme/plugins/two").path("order").asInt()).isEqualTo(22);
    assertThat(shown("/admin/plugins/one").path("order").asInt()).isEqualTo(11);
  }

  @Test
  void aConflictIsReportedAndNothingOfTheEditIsDone() throws Exception {
    String good = text();
    save("{");
    soon(() -> assertThat(findings()).isNotEmpty());
    put("/admin/plugins/one", LIMIT.formatted(11));
    String mine = good.replace("\"order\": 1,", "\"order\": 7,").replace(": 2,", ": 22,");
    save(mine);
    soon(() -> assertThat(findings().toString()).contains("plugins/one was changed both in"));
    assertThat(text()).isEqualTo(mine);
    assertThat(shown("/admin/plugins/one").path("order").asInt()).isEqualTo(11);
    assertThat(shown("/admin/tenants/acme/plugins/two").path("order").asInt()).isEqualTo(2);
    save(mine.replace("\"order\": 7,", "\"order\": 11,"));
    soon(() -> assertThat(findings()).isEmpty());
    soon(
        () ->
            assertThat(shown("/admin/tenants/acme/plugins/two").path("order").asInt())
                .isEqualTo(22));
    save(text().replace("\"order\": 11,", "\"order\": 7,"));
    soon(() -> assertThat(shown("/admin/plugins/one").path("order").asInt()).isEqualTo(7));
  }

  @Test
  void editorsThatWriteBitByBitOrDeleteFirst() throws Exception {
    byte[] next = text().replace("\"order\": 2,", "\"order\": 9,").getBytes(StandardCharsets.UTF_8);
    Files.write(file(), new byte[0]);
    for (int at = 0; at < next.length; at += 40) {
      byte[] bit = Arrays.copyOfRange(next, at, Math.min(next.length, at + 40));
      Files.write(file(), bit, StandardOpenOption.APPEND);
    }
    soon(
        () ->
            assertThat(shown("/admin/tenants/acme/plugins/two").path("order").asInt())
                .isEqualTo(9));
    assertThat(findings()).isEmpty();
    Files.delete(file());
    soon(() -> assertThat(orders()).containsExactly(1, 9));
    assertThat(admin.get("/admin/plugins/one").status()).isEqualTo(200);
  }

  @Test
  void whatWasEditedOrChangedWhileItWasDownIsMerged() throws Exception {
    String good = text();
    admin.close();
    try (AdminInstance other = new AdminInstance(kafka.bootstrap(), data.resolve("b"), "other")) {
      assertThat(other.put("/admin/plugins/one", LIMIT.formatted(11)).status()).isEqualTo(200);
    }
    save(good.replace("\"order\": 2,", "\"order\": 22,"));
    admin = new AdminInstance(kafka.bootstrap(), data, "file");
    soon(() -> assertThat(orders()).containsExactly(11, 22));
    assertThat(shown("/admin/plugins/one").path("order").asInt()).isEqualTo(11);
  }

  @Test
  void instancesHaveAFileEach() throws Exception {
    Path second = data.resolve("b/own.json");
    try (AdminInstance other =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("b"),
            "other",
            settings -> settings.with(AdminSettings.PLUGINS_FILE, Optional.of(second)))) {
      soon(() -> assertThat(Files.readString(second)).isEqualTo(text()));
      save(text().replace("\"order\": 2,", "\"order\": 22,"));
      soon(() -> assertThat(Files.readString(second)).isEqualTo(text()).contains(": 22,"));
      assertThat(other.service().ready()).isTrue();
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsReportedAndStopsNothing() throws Exception {
    Path place = data.resolve("a-file");
    Files.writeString(place, "in the way");
    try (AdminInstance other =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("b"),
            "other",
            settings ->
                settings.with(
                    AdminSettings.PLUGINS_FILE, Optional.of(place.resolve("plugins.json"))))) {
      soon(() -> assertThat(findings(other).toString()).contains("cannot be kept"));
      assertThat(other.put("/admin/plugins/one", LIMIT.formatted(11)).status()).isEqualTo(200);
      Files.delete(place);
      soon(() -> assertThat(Files.readString(place.resolve("plugins.json"))).contains(": 11,"));
      soon(() -> assertThat(findings(other)).isEmpty());
    }
  }

  private Path file() {
    return data.resolve("config/plugins.json");
  }

  private String text() {
    try {
      return Files.readString(file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As editors do that write beside it and rename. */
  private void save(String text) throws IOException {
    Path beside = Files.writeString(file().resolveSibling("4913~"), text);
    Files.copy(file(), file().resolveSibling("plugins.json~"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(beside, file(), StandardCopyOption.ATOMIC_MOVE);
  }

  private void edit(Consumer<ArrayNode> change) throws IOException {
    ObjectNode document = Json.readObject(Files.readAllBytes(file()));
    change.accept((ArrayNode) document.path("plugins"));
    Files.write(file(), Json.write(document));
  }

  private List<Integer> orders() throws IOException {
    return Json.readObject(Files.readAllBytes(file()))
        .path("plugins")
        .valueStream()
        .map(plugin -> plugin.path("order").asInt())
        .toList();
  }

  private void put(String path, String body) {
    Answer answer = admin.put(path, body);
    assertThat(answer.status()).as(answer.text()).isIn(200, 201);
  }

  private JsonNode shown(String path) {
    return admin.get(path).json();
  }

  private JsonNode findings() {
    return findings(admin);
  }

  private static JsonNode findings(AdminInstance instance) {
    return instance
        .send(HttpRequest.newBuilder(instance.management().resolve("/status")).build())
        .json()
        .path("findings");
  }

  private static void soon(ThrowingRunnable check) {
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptionsMatching(
            e -> e instanceof IOException || e instanceof UncheckedIOException)
        .untilAsserted(check);
  }
}
