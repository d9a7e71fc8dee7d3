package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.edge.Family.Answer;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.testkit.HttpProbe;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The table of docs/tenancy.md on real sockets: for each level of isolation of {@code org}, what of
 * its parent, child, sibling and of a stranger is reached at its host, and what each leaves behind.
 */
final class IsolationMatrixTest {
  private static Family family;

  @BeforeAll
  static void start() throws Exception {
    family = new Family(List.of("corp", "org", "kid", "sib", "other"));
  }

  @AfterAll
  static void stop() {
    family.close();
  }

  private static void level(String level) {
    family.place("corp", "enterprise", null, "strict");
    family.place("org", "organization", "corp", level);
    family.place("kid", "team", "org", "shared");
    family.place("sib", "organization", "corp", "shared");
    family.place("other", "organization", null, "shared");
  }

  private static Answer ask(String host, String path, String token) throws Exception {
    try (HttpProbe caller = family.gateway().connect()) {
      return Family.ask(caller, host, path, token, "corp");
    }
  }

  @ParameterizedTest
  @CsvSource({
    // level, upstream, answered by, or the code
    "strict,of-org,org",
    "strict,of-corp,no_healthy_target",
    "strict,open-corp,no_healthy_target",
    "shared,of-org,org",
    "shared,of-corp,corp",
    "shared,open-corp,corp",
    "hybrid,of-org,org",
    "hybrid,of-corp,no_healthy_target",
    "hybrid,open-corp,corp",
    "strict,open-kid,no_healthy_target",
    "shared,open-kid,no_healthy_target",
    "hybrid,open-kid,no_healthy_target",
    "strict,open-sib,no_healthy_target",
    "shared,open-sib,no_healthy_target",
    "hybrid,open-sib,no_healthy_target",
    "strict,open-other,no_healthy_target",
    "shared,open-other,no_healthy_target",
    "hybrid,open-other,no_healthy_target"
  })
  void anUpstreamIsReachedAsTheTableSays(String level, String upstream, String expected)
      throws Exception {
    level(level);
    for (String host : List.of("org.test", "org.own.org", "ORG.test.")) {
      Answer answer = ask(host, "/none/" + upstream, null);
      assertThat(answer.code() == null ? answer.backend() : answer.code()).isEqualTo(expected);
      if (answer.code() == null) {
        // Whatever the caller says, and whoever's backend it is.
        assertThat(answer.tenant()).isEqualTo("org");
        assertThat(answer.userTenant()).isEmpty();
        assertThat(answer.roles()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // level, token of, role, outcome
    "strict,org,of-org,org",
    "shared,org,of-org,org",
    "hybrid,org,of-org,org",
    "strict,corp,open-corp,invalid_token",
    "shared,corp,of-corp,org",
    "hybrid,corp,open-corp,org",
    "hybrid,corp,of-corp,wrong_tenant",
    "strict,kid,open-kid,invalid_token",
    "shared,kid,open-kid,invalid_token",
    "hybrid,kid,open-kid,invalid_token",
    "strict,sib,open-sib,invalid_token",
    "shared,sib,open-sib,invalid_token",
    "hybrid,sib,open-sib,invalid_token",
    "strict,other,open-other,invalid_token",
    "shared,other,open-other,invalid_token",
    "hybrid,other,open-other,invalid_token"
  })
  void aTokenIsLetInAsTheTableSays(String level, String of, String role, String expected)
      throws Exception {
    level(level);
    int before = family.gateway().finished().size();
    String token = Family.token(of, of, "alice", List.of(role), null);
    Answer answer = ask("org.test", "/jwt/of-org", token);
    assertThat(answer.code() == null ? answer.backend() : answer.code()).isEqualTo(expected);
    if (answer.code() == null) {
      assertThat(answer.tenant()).isEqualTo("org");
      assertThat(answer.user()).isEqualTo("alice");
      assertThat(answer.userTenant()).isEqualTo(of.equals("org") ? "" : of);
      assertThat(answer.roles()).isEqualTo(role);
    }
    // Log line, metric labels, request event: all are made of this.
    Finished finished = family.gateway().finished(before + 1).get(before);
    assertThat(finished.event().tenantId()).isEqualTo("org");
    assertThat(finished.event().routeId()).isEqualTo("jwt-of-org");
    if (answer.code() == null) {
      // Whose Alice it is shows.
      assertThat(finished.event().subject()).isEqualTo(of.equals("org") ? "alice" : of + "/alice");
    }
  }

  /** The same URI, the same upstream, the same backend: what is kept is a tenant's own. */
  @ParameterizedTest
  @ValueSource(strings = {"shared", "hybrid"})
  void aKeptReplyIsGivenToNoOtherTenant(String level) throws Exception {
    level(level);
    String path = "/kept/open-corp/" + level;
    try (HttpProbe caller = family.gateway().connect()) { // a reply is kept before the next request
      for (int i = 0; i < 2; i++) {
        for (String tenant : List.of("corp", "org", "sib")) {
          Answer answer = Family.ask(caller, tenant + ".test", path, null, "corp");
          assertThat(answer.tenant()).isEqualTo(tenant);
        }
      }
    }
    assertThat(
            family.backend("corp").received().stream().filter(each -> each.target().equals(path)))
        .hasSize(3);
  }

  /** Requests of one tenant through an inherited upstream say nothing about another's. */
  @Test
  void anInheritedUpstreamIsAnotherInEachTenant() throws Exception {
    level("shared");
    assertThat(ask("org.test", "/none/of-corp", null).backend()).isEqualTo("corp");
    assertThat(ask("corp.test", "/none/of-corp", null).backend()).isEqualTo("corp");
    var byOrg = family.gateway().snapshot().tenants().get("org");
    var byCorp = family.gateway().snapshot().tenants().get("corp");
    var ofOrg =
        byOrg.routes().find("org.test", "GET", "/none/of-corp", name -> null).only().upstream();
    var ofCorp =
        byCorp.routes().find("corp.test", "GET", "/none/of-corp", name -> null).only().upstream();
    assertThat(ofOrg).isNotSameAs(ofCorp);
    assertThat(ofOrg.tenant()).isEqualTo("org");
    assertThat(ofCorp.tenant()).isEqualTo("corp");
  }

  /** A change above is in force below at once, and takes back what it gave. */
  @Test
  void whatAnAncestorTakesBackIsGone() throws Exception {
    level("hybrid");
    assertThat(ask("org.test", "/none/open-corp", null).backend()).isEqualTo("corp");
    String key = "tenants/corp/upstreams/open-corp";
    Map<String, Object> upstream =
        Map.of(
            "id",
            "open-corp",
            "targets",
            List.of(Map.of("url", family.backend("corp").url())),
            "descendants",
            false);
    family.gateway().put(key, upstream);
    assertThat(ask("org.test", "/none/open-corp", null).code()).isEqualTo("no_healthy_target");
    assertThat(ask("corp.test", "/none/open-corp", null).backend()).isEqualTo("corp");
    Map<String, Object> again = new HashMap<>(upstream);
    again.put("descendants", true);
    family.gateway().put(key, again);
    assertThat(ask("org.test", "/none/open-corp", null).backend()).isEqualTo("corp");
  }

  @Test
  void aRecordNamesTheTenantOfTheHostAlone() throws Exception {
    level("shared");
    int before = family.gateway().finished().size();
    ask("org.test", "/none/of-corp", null);
    RequestEvent event = family.gateway().finished(before + 1).get(before).event();
    assertThat(event.tenantId()).isEqualTo("org");
    assertThat(event.upstreamId()).isEqualTo("of-corp");
  }
}
