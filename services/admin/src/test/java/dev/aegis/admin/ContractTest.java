package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every operation that the description has, called in every manner that it has, on a real admin
 * service: each reply is one that the description says.
 */
final class ContractTest {
  private static final String STALE = "\"999999999\"";
  private static final String TOO_LONG = "\"" + "x".repeat(1 << 20) + "\"";

  private static KafkaPeer kafka;
  private static AdminInstance admin;
  private static StandInGateway gateway;
  private static Described described;

  private final List<String> faults = new ArrayList<>();
  private final Set<String> sampled = new TreeSet<>();
  private int keys;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    URI nobody = URI.create("http://127.0.0.1:" + FreePorts.next());
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data.resolve("admin"),
            "contract",
            settings ->
                settings
                    .with(AdminSettings.ANALYTICS_URL, nobody)
                    .with(AdminSettings.WEBHOOKS_URL, nobody)
                    .with(AdminSettings.GATEWAY_URLS, List.of(nobody)));
    gateway = new StandInGateway(kafka.bootstrap(), data, "gateway");
    described = new Described(admin.get("/admin/openapi.json").json());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    admin.close();
    kafka.close();
  }

  @Test
  void everyReplyIsDescribed() throws Exception {
    for (Sample sample : Sample.all()) {
      make(
          "/admin/tenants",
          new ObjectMapper().createObjectNode().put("id", sample.tenant()).put("name", "T"));
      sample.before().forEach(object -> make(object.path(), object.body()));
      for (Sample.Objects objects : sample.objects()) {
        collection(sample, objects);
      }
      for (Sample.Call call : sample.calls()) {
        call(sample, call);
      }
    }
    assertThat(faults).isEmpty();
    assertThat(sampled)
        .as("operations with samples in src/test/resources/dev/aegis/admin/contract")
        .isEqualTo(described.operations());
  }

  private static void make(String path, JsonNode body) {
    Answer made = admin.post(path, body.toString());
    assertThat(made.status()).as(path + " " + made.text()).isEqualTo(201);
  }

  /** The life of one object of a collection. */
  private void collection(Sample sample, Sample.Objects of) {
    String list = of.template().replace("{tenant}", sample.tenant());
    String parameter = of.template().equals("/admin/tenants") ? "{tenant}" : "{id}";
    String item = of.template() + "/" + parameter;
    String path = list + "/" + of.create().path("id").asText();
    String create = of.create().toString();
    String replace = of.replace().toString();
    String patch = of.patch().toString();
    String post = "POST " + of.template();
    String put = "PUT " + item;
    List.of(post, "GET " + of.template(), put, "PATCH " + item, "GET " + item, "DELETE " + item)
        .forEach(sampled::add);

    fits(post, of.create());
    fits(put, of.replace());
    manners(post, list, create);
    tell(post, 200, list + "?dry_run=true", create);
    invalid(post, list, of.invalid());
    String key = "create " + ++keys;
    Answer made = tell(post, 201, list, create, "Idempotency-Key", key);
    replayed(post, made, tell(post, 201, list, create, "Idempotency-Key", key));
    tell(post, 422, list, replace, "Idempotency-Key", key);
    tell(post, 409, list, create);

    manners("GET " + of.template(), list, null);
    tell("GET " + of.template(), 200, list + "?limit=1", null);
    tell("GET " + of.template(), 400, list + "?limit=0", null);

    String show = "GET " + item;
    manners(show, path, null);
    String tag = tell(show, 200, path, null).header("ETag");
    int again = described.takes(show, "If-None-Match") ? 304 : 200;
    tell(show, again, path, null, "If-None-Match", tag);

    manners(put, path, replace);
    invalid(put, path, of.invalid());
    tell(put, 412, path, replace, "If-Match", STALE);
    tell(put, 412, path, replace, "If-None-Match", "*");
    tell(put, 200, path + "?dry_run=true", replace);
    tag = tell(put, 200, path, replace, "If-Match", tag).header("ETag");

    manners("PATCH " + item, path, patch);
    tell("PATCH " + item, 412, path, patch, "If-Match", STALE);
    tell("PATCH " + item, 200, path + "?dry_run=true", patch);
    tell("PATCH " + item, 200, path + "?wait=applied", patch, "If-Match", tag);

    manners("DELETE " + item, path, null);
    tell("DELETE " + item, 412, path, null, "If-Match", STALE);
    tell("DELETE " + item, 200, path + "?dry_run=true", null);
    tell("DELETE " + item, 204, path, null);
    tell(put, 201, path, create, "If-None-Match", "*");
    tell("DELETE " + item, 200, path + "?wait=applied", null);
    absent(item, path, patch);
    if (of.template().contains("{tenant}")) {
      String elsewhere = of.template().replace("{tenant}", "nobody");
      tell("GET " + of.template(), 404, elsewhere, null);
      tell(post, 404, elsewhere, create);
      absent(item, elsewhere + "/" + of.create().path("id").asText(), patch);
      tell(put, 404, elsewhere + "/" + of.create().path("id").asText(), create);
    }
  }

  private void absent(String item, String path, String patch) {
    tell("GET " + item, 404, path, null);
    tell("PATCH " + item, 404, path, patch);
    tell("DELETE " + item, 404, path, null);
  }

  /** One operation that is no collection's. */
  private void call(Sample sample, Sample.Call call) {
    sampled.add(call.operation());
    if (!described.has(call.operation())) {
      faults.add(call.operation() + " is not described");
      return;
    }
    String template = call.operation().split(" ", 2)[1];
    String path = filled(template, call, sample.tenant());
    String body = call.body() == null ? null : call.body().toString();
    if (call.body() != null) {
      fits(call.operation(), call.body());
    }
    manners(call.operation(), path, body);
    invalid(call.operation(), path, call.invalid());
    if (described.takes(call.operation(), "If-Match")) {
      tell(call.operation(), 412, path, body, "If-Match", STALE);
    }
    if (described.takes(call.operation(), "dry_run")) {
      tell(call.operation(), 200, path + "?dry_run=true", body);
    }
    if (described.takes(call.operation(), "Idempotency-Key")) {
      String key = "call " + ++keys;
      Answer first = tell(call.operation(), call.status(), path, body, "Idempotency-Key", key);
      Answer again = tell(call.operation(), call.status(), path, body, "Idempotency-Key", key);
      if (call.status() < 500) {
        replayed(call.operation(), first, again);
      }
    } else {
      tell(call.operation(), call.status(), path, body);
    }
    if (template.contains("{tenant}")) {
      tell(call.operation(), 404, filled(template.replace("{tenant}", "nobody"), call, ""), body);
    }
    if (template.contains("{id}")) {
      String id = call.path().getOrDefault("id", "");
      tell(call.operation(), 404, path.replace("/" + id, "/nothing"), body);
    }
  }

  private static String filled(String template, Sample.Call call, String tenant) {
    String path = template;
    for (Map.Entry<String, String> value : call.path().entrySet()) {
      path = path.replace("{" + value.getKey() + "}", value.getValue());
    }
    return path.replace("{tenant}", tenant);
  }

  private void replayed(String operation, Answer first, Answer again) {
    if (!"true".equals(again.header("Idempotent-Replayed")) || !first.text().equals(again.text())) {
      faults.add(operation + " is not replayed: " + again.text());
    }
  }

  /** What every operation has in common, whoever answers it. */
  private void manners(String operation, String path, @Nullable String body) {
    String method = operation.substring(0, operation.indexOf(' '));
    URI uri = admin.base().resolve(path);
    HttpRequest.BodyPublisher nothing = HttpRequest.BodyPublishers.noBody();
    if (!described.open(operation)) {
      HttpRequest bare = HttpRequest.newBuilder(uri).method(method, nothing).build();
      said(operation, 401, path, admin.send(bare));
      said(operation, 401, path, admin.callAs("wrong", method, path, body));
    }
    if (!operation.contains("/analytics/") && !operation.endsWith("/deliveries")) {
      // The others' query is read by the service that answers them.
      tell(operation, 400, path + "?nonsense=1", body);
    }
    if (method.equals("GET")) {
      Answer get = admin.call("GET", path, null);
      Answer head = admin.call("HEAD", path, null);
      if (get.status() != head.status()) {
        faults.add("HEAD of " + path + " is " + head.status() + ", GET " + get.status());
      }
      described
          .faults(operation, true, head)
          .forEach(fault -> faults.add("HEAD " + path + ": " + fault));
    }
    Answer purged = admin.call("PURGE", path, null);
    if (purged.status() != 405 || !purged.header("Allow").contains(method)) {
      faults.add("PURGE " + path + " is " + purged.status() + " " + purged.text());
    }
    if (described.takesBody(operation)) {
      tell(operation, 415, path, body == null ? "{}" : body, "Content-Type", "text/plain");
      tell(operation, 400, path, "{\"id\":");
      tell(operation, 400, path, "[]");
      if (!operation.equals("PUT /admin/config")) { // takes as much as the heap bears
        tell(operation, 413, path, TOO_LONG);
      }
      if (described.needsBody(operation)) {
        tell(operation, 400, path, "");
      }
    }
  }

  private void invalid(String operation, String path, JsonNode samples) {
    for (JsonNode sample : samples) {
      Answer answer = tell(operation, 422, path, sample.path("body").toString());
      Set<String> fields = new TreeSet<>();
      answer.json().path("violations").forEach(each -> fields.add(each.path("field").asText()));
      Set<String> expected = new TreeSet<>();
      sample.path("violations").forEach(each -> expected.add(each.asText()));
      if (!fields.equals(expected)) {
        faults.add(operation + " has violations " + fields + ", not " + expected);
      }
    }
  }

  private void fits(String operation, JsonNode body) {
    described
        .faults(operation, body)
        .forEach(fault -> faults.add(operation + ": the sample does not fit: " + fault));
  }

  private Answer tell(
      String operation, int status, String path, @Nullable String body, String... headers) {
    String method = operation.substring(0, operation.indexOf(' '));
    return said(operation, status, path, admin.call(method, path, body, headers));
  }

  private Answer said(String operation, int status, String path, Answer answer) {
    String name = operation + " at " + path;
    if (answer.status() != status) {
      faults.add(name + " is " + answer.status() + ", not " + status + ": " + answer.text());
    }
    described.faults(operation, false, answer).forEach(fault -> faults.add(name + ": " + fault));
    return answer;
  }
}
