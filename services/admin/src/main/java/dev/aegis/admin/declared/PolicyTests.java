package dev.aegis.admin.declared;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is to become of some requests when a document holds: a gateway is asked before anything is
 * changed.
 *
 * @param cases in the order of the document
 */
public record PolicyTests(List<Case> cases) {
  static final String MEMBER = "tests";

  private static final int MOST = 1_000;

  /** What can be expected, and where the answer of {@code /explain} has it. */
  private static final Map<String, String> ANSWERED =
      Map.of(
          "tenant", "/tenant",
          "route", "/route/id",
          "outcome", "/outcome",
          "code", "/refusal/code",
          "status", "/refusal/status",
          "upstream", "/upstream");

  public PolicyTests {
    cases = List.copyOf(cases);
  }

  /**
   * One of them.
   *
   * @param request as {@code /admin/explain} takes it
   * @param expect what the answer must say, by the names of {@link #ANSWERED}
   */
  public record Case(ObjectNode request, ObjectNode expect) {}

  /** Reads those of a document and notes what is wrong with them. */
  static PolicyTests read(JsonNode tests, List<Violation> violations) {
    List<Case> cases = new ArrayList<>();
    if (tests.isMissingNode()) {
      return new PolicyTests(cases);
    }
    String at = "/" + MEMBER;
    if (!tests.isArray() || tests.size() > MOST) {
      violations.add(new Violation(at, "must be a list of at most " + MOST + " items"));
      return new PolicyTests(cases);
    }
    int index = 0;
    for (JsonNode test : tests) {
      String pointer = at + "/" + index++;
      if (test.get("request") instanceof ObjectNode request
          && test.get("expect") instanceof ObjectNode expect
          && test.size() == 2
          && !expect.isEmpty()) {
        cases.add(new Case(request, expect));
      } else {
        violations.add(new Violation(pointer, "must have \"request\" and \"expect\", objects"));
        continue;
      }
      for (Map.Entry<String, JsonNode> member : test.get("expect").properties()) {
        String name = member.getKey();
        if (!ANSWERED.containsKey(name)) {
          String near = NearName.of(name, ANSWERED.keySet());
          violations.add(
              new Violation(
                  pointer + "/expect/" + name,
                  near == null ? "is unknown" : "is unknown; did you mean \"" + near + "\"?"));
        }
      }
    }
    return new PolicyTests(cases);
  }

  /** Whether there is nothing to ask. */
  public boolean isEmpty() {
    return cases.isEmpty();
  }

  /**
   * What to ask a gateway: the requests, and of the configuration as it would be the tenants that
   * they may reach, with all above them.
   *
   * @param operator of those beyond whose reach the gateway hears nothing
   */
  public ObjectNode question(Fold wouldBe, Operator operator) {
    ObjectNode question = Json.object();
    ArrayNode objects = question.putArray("objects");
    wouldBe.list(Kind.PLUGIN, null).forEach(entry -> add(objects, entry));
    for (String tenant : tenants(wouldBe, operator)) {
      Entry own = wouldBe.find(ObjectKey.tenant(tenant));
      if (own == null) {
        continue;
      }
      add(objects, own);
      for (Kind kind : Kind.values()) {
        if (kind.belongsToTenant()) {
          wouldBe.list(kind, tenant).forEach(entry -> add(objects, entry));
        }
      }
    }
    ArrayNode requests = question.putArray("requests");
    cases.forEach(each -> requests.add(each.request()));
    return question;
  }

  private static void add(ArrayNode objects, Entry entry) {
    objects.addObject().put("key", entry.key().toString()).set("body", entry.body());
  }

  /** More than it needs be does no harm: whatever begins as a tenant's host counts as one. */
  private Set<String> tenants(Fold wouldBe, Operator operator) {
    Set<String> named = new HashSet<>();
    for (Case each : cases) {
      String authority = each.request().path("host").asText().toLowerCase(Locale.ROOT);
      String host = authority.split(":", 2)[0];
      named.add(host);
      named.add(host.split("\\.", 2)[0]);
      for (Map.Entry<String, JsonNode> header : each.request().path("headers").properties()) {
        if (header.getKey().equalsIgnoreCase("X-Tenant-Id")) {
          named.add(header.getValue().asText());
        }
      }
    }
    Set<String> tenants = new TreeSet<>();
    for (String id : wouldBe.tenants()) {
      Entry tenant = wouldBe.find(ObjectKey.tenant(id));
      boolean reached = named.contains(id);
      if (tenant != null) {
        for (JsonNode host : tenant.body().path("hosts")) {
          reached |= named.contains(host.asText().toLowerCase(Locale.ROOT));
        }
      }
      if (reached && operator.reaches(wouldBe, id)) {
        tenants.add(id);
        Lineage.of(wouldBe, id).ancestors().forEach(above -> tenants.add(above.id()));
      }
    }
    return tenants;
  }

  /**
   * Where the answers to {@link #question} are not as expected. Of a request that does not come to
   * a tenant within the operator's reach nothing is told but that.
   */
  public List<Violation> failures(JsonNode answers, Fold wouldBe, Operator operator) {
    List<Violation> failures = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      JsonNode answer = answers.path(i);
      if (operator.bound() && !operator.reaches(wouldBe, answer.path("tenant").textValue())) {
        failures.add(
            new Violation("/" + MEMBER + "/" + i + "/request/host", "is none of your tenants'"));
        continue;
      }
      for (Map.Entry<String, JsonNode> expected : cases.get(i).expect().properties()) {
        JsonNode found = answer.at(ANSWERED.getOrDefault(expected.getKey(), "/"));
        JsonNode actual = found.isMissingNode() ? NullNode.getInstance() : found;
        if (!actual.equals(expected.getValue())) {
          failures.add(
              new Violation(
                  "/" + MEMBER + "/" + i + "/expect/" + expected.getKey(),
                  "expected " + expected.getValue() + ", would be " + actual + context(answer)));
        }
      }
    }
    return failures;
  }

  private static String context(JsonNode answer) {
    Map<String, JsonNode> said = new LinkedHashMap<>();
    for (String name : List.of("tenant", "route", "code", "upstream")) {
      JsonNode value = answer.at(ANSWERED.getOrDefault(name, "/"));
      if (value.isTextual()) {
        said.put(name, value);
      }
    }
    return said.isEmpty() ? "" : " " + said;
  }

  /** What a gateway has to say of the requests, as places of the document. */
  public static List<Violation> mistakes(JsonNode violations) {
    List<Violation> mistakes = new ArrayList<>();
    for (JsonNode violation : violations) {
      String[] parts = violation.path("field").asText().split("/", 4);
      boolean request = parts.length >= 3 && parts[1].equals("requests");
      mistakes.add(
          new Violation(
              request
                  ? "/"
                      + MEMBER
                      + "/"
                      + parts[2]
                      + "/request"
                      + (parts.length > 3 ? "/" + parts[3] : "")
                  : "/" + MEMBER,
              violation.path("message").asText()));
    }
    return mistakes;
  }
}
