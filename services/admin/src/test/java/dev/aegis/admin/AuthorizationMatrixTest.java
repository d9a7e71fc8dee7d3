package dev.aegis.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.AdminInstance.Answer;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every operation, by every kind of operator, where it may and where it may not. */
final class AuthorizationMatrixTest {
  private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");
  private static final List<String> PLACES = List.of("own", "below", "above", "foreign");

  /** How a reply says that a thing is not there which the path or the query names. */
  private static final List<String> HIDDEN =
      List.of("There is no tenant ", "There is no operator ", "There is no revision ");

  private static KafkaPeer kafka;
  private static AdminInstance admin;

  private static final int COLUMNS = 4;
  private static final String GRANTS =
      """
      [{"claim": "groups", "value": "admins", "role": "platform_admin"},
       {"claim": "groups", "value": "auditors", "role": "auditor"},
       {"claim": "groups", "value": "own-admins", "role": "tenant_admin", "tenant": "own"},
       {"claim": "groups", "value": "auditors-of", "role": "auditor", "tenant_claim": "org"}]
      """;

  private static LoopbackIssuer issuer;

  /** Tokens in the order of the table's columns: those of Aegis, then those of the issuer. */
  private static final List<String> TOKENS = new ArrayList<>();

  private static final Map<String, String> REVISIONS = new HashMap<>();

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    issuer = new LoopbackIssuer();
    URI nobody = URI.create("http://127.0.0.1:" + FreePorts.next());
    admin =
        new AdminInstance(
            kafka.bootstrap(),
            data,
            "matrix",
            settings ->
                issuer
                    .trusted(settings, GRANTS)
                    .with(AdminSettings.ANALYTICS_URL, nobody)
                    .with(AdminSettings.WEBHOOKS_URL, nobody)
                    .with(AdminSettings.GATEWAY_URLS, List.of(nobody)));
    tenant("above", "enterprise", null);
    tenant("own", "organization", "above");
    tenant("below", "team", "own");
    tenant("foreign", "organization", null);
    for (String place : PLACES) {
      operator(place + ".op", "auditor", place);
    }
    TOKENS.add(AdminInstance.TOKEN);
    TOKENS.add(operator("auditor", "auditor", null));
    TOKENS.add(operator("own.admin", "tenant_admin", "own"));
    TOKENS.add(operator("own.auditor", "auditor", "own"));
    TOKENS.add(issuer.token("a", "admins"));
    TOKENS.add(issuer.token("b", "auditors"));
    TOKENS.add(issuer.token("c", "own-admins"));
    Map<String, Object> claims = issuer.claims("d", List.of("auditors-of"));
    claims.put("org", "own");
    TOKENS.add(LoopbackIssuer.KEY.token(claims));
  }

  @AfterAll
  static void stop() {
    admin.close();
    issuer.close();
    kafka.close();
  }

  private static void tenant(String id, String kind, String parent) {
    Answer made =
        admin.post(
            "/admin/tenants",
            "{\"id\":\"%s\",\"name\":\"%s\",\"kind\":\"%s\"%s}"
                .formatted(id, id, kind, parent == null ? "" : ",\"parent\":\"" + parent + "\""));
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    REVISIONS.put(id, made.json().path("revision").asText());
  }

  private static String operator(String id, String role, String tenant) {
    Answer made =
        admin.post(
            "/admin/operators",
            "{\"id\":\"%s\",\"name\":\"%s\",\"role\":\"%s\"%s}"
                .formatted(id, id, role, tenant == null ? "" : ",\"tenant\":\"" + tenant + "\""));
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    return made.json().path("secret").asText();
  }

  @Test
  void everyOperationHasItsRow() throws IOException {
    assertThat(new TreeSet<>(table().keySet())).isEqualTo(new TreeSet<>(described().keySet()));
  }

  @Test
  void whoMayDoWhatIsTheTable() throws IOException {
    Map<String, JsonNode> described = described();
    List<String> wrong = new ArrayList<>();
    int tried = 0;
    for (Map.Entry<String, List<String>> row : table().entrySet()) {
      for (int column = 0; column < TOKENS.size(); column++) {
        String[] letters = row.getValue().get(column % COLUMNS).split(" ");
        for (int at = 0; at < PLACES.size(); at++) {
          String expected = letters[letters.length == 1 ? 0 : at];
          Answer answer =
              call(row.getKey(), described.get(row.getKey()), TOKENS.get(column), PLACES.get(at));
          tried++;
          if (!expected.equals("o") && !expected.equals(letter(answer))
              || answer.status() == 401
              || answer.status() == 500) {
            wrong.add(
                row.getKey()
                    + (" by column " + column + " at " + PLACES.get(at))
                    + (": expected " + expected + ", " + answer.status() + " " + answer.text()));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(tried).isEqualTo(table().size() * TOKENS.size() * PLACES.size());
  }

  @Test
  void nobodyIsLetThroughWithoutAToken() throws IOException {
    for (Map.Entry<String, JsonNode> operation : described().entrySet()) {
      Answer answer = call(operation.getKey(), operation.getValue(), "no-token", "own");
      assertThat(answer.status())
          .as(operation.getKey())
          .isEqualTo(operation.getValue().has("security") ? 200 : 401);
    }
  }

  /** Tries the operation at a place, without changing anything that the next one needs. */
  private static Answer call(String operation, JsonNode described, String token, String place) {
    String method = operation.substring(0, operation.indexOf(' '));
    String template = operation.substring(operation.indexOf(' ') + 1);
    String path =
        template
            .replace("{tenant}", place)
            .replace("{revision}", REVISIONS.get(place))
            .replace("{id}", template.startsWith("/admin/operators/") ? place + ".op" : "none");
    List<String> query = new ArrayList<>();
    if (template.startsWith("/admin/analytics/")
        || template.equals("/admin/config")
        || template.equals("/admin/logs")) {
      query.add("tenant=" + place);
    }
    if (described.findValuesAsText("$ref").contains("#/components/parameters/dry_run")) {
      query.add("dry_run=true");
    }
    path += query.isEmpty() ? "" : "?" + String.join("&", query);
    boolean bodied = !method.equals("GET") && !method.equals("DELETE");
    return admin.callAs(token, method, path, bodied ? "{}" : null);
  }

  private static String letter(Answer answer) {
    if (answer.status() == 403) {
      return "3";
    }
    return answer.status() == 404
            && HIDDEN.stream().anyMatch(answer.json().path("detail").asText()::startsWith)
        ? "4"
        : "y";
  }

  private static Map<String, List<String>> table() throws IOException {
    Map<String, List<String>> table = new LinkedHashMap<>();
    try (InputStream in =
        AuthorizationMatrixTest.class.getResourceAsStream("authorization-matrix.txt")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          List<String> cells = List.of(line.split(" *\\| *"));
          assertThat(cells).as(line).hasSize(1 + COLUMNS);
          table.put(cells.getFirst(), cells.subList(1, cells.size()));
        }
      }
    }
    return table;
  }

  private static Map<String, JsonNode> described() {
    Map<String, JsonNode> described = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> path :
        admin.get("/admin/openapi.json").json().path("paths").properties()) {
      for (Map.Entry<String, JsonNode> member : path.getValue().properties()) {
        if (METHODS.contains(member.getKey())) {
          described.put(
              member.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), member.getValue());
        }
      }
    }
    return described;
  }
}
