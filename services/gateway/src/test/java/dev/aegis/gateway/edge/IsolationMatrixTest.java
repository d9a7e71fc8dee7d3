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

  /** A key is its tenant's own at each level: what is let in from above comes with tokens. */
  @ParameterizedTest
  @CsvSource({
    "strict,org,org", "shared,org,org", "hybrid,org,org",
    "strict,corp,unknown_key", "shared,corp,unknown_key", "hybrid,corp,unknown_key",
    "strict,kid,unknown_key", "shared,kid,unknown_key", "hybrid,kid,unknown_key",
    "strict,sib,unknown_key", "shared,sib,unknown_key", "hybrid,sib,unknown_key",
    "strict,other,unknown_key", "shared,other,unknown_key", "hybrid,other,unknown_key"
  })
  void aKeyOpensItsOwnTenantAlone(String level, String of, String expected) throws Exception {
    level(level);
    try (HttpProbe caller = family.gateway().connect()) {
      Answer answer = Family.askWith(caller, "org.test", "/key/of-org", family.keyOf(of), of);
      assertThat(answer.code() == null ? answer.backend() : answer.code()).isEqualTo(expected);
      if (answer.code() == null) {
        assertThat(answer.user()).isEqualTo("svc");
        assertThat(answer.userTenant()).isEmpty();
        assertThat(answer.roles()).isEqualTo("of-org");
      }
    }
  }

  /**
   * Alice of {@code org} and Alice of {@code corp}, where both are let in, each with a token that
   * has the id {@code t}: whom does a revocation of this tenant meet at org's host?
   */
  @ParameterizedTest
  @CsvSource({
    // level, revocation of, what the token of org gets, what the token of corp gets
    "strict,org,token_revoked,invalid_token",
    "shared,org,token_revoked,org",
    "hybrid,org,token_revoked,org",
    "strict,corp,org,invalid_token",
    "shared,corp,org,token_revoked",
    "hybrid,corp,org,token_revoked",
    "strict,kid,org,invalid_token",
    "shared,kid,org,org",
    "hybrid,kid,org,org",
    "strict,sib,org,invalid_token",
    "shared,sib,org,org",
    "hybrid,sib,org,org",
    "strict,other,org,invalid_token",
    "shared,other,org,org",
    "hybrid,other,org,org"
  })
  void aRevocationMeetsTheTokensOfItsTenant(String level, String of, String own, String fromAbove)
      throws Exception {
    level(level);
    String bySubject = "alice-" + level + "-" + of; // what is published here stays
    family
        .gateway()
        .put(
            "tenants/" + of + "/revocations/" + level,
            Map.of("id", level, "subject", bySubject, "issued_before", "2200-01-01T00:00:00Z"));
    assertThat(outcome("org", bySubject, "of-org")).isEqualTo(own);
    assertThat(outcome("corp", bySubject, "open-corp")).isEqualTo(fromAbove);
  }

  private static String outcome(String of, String subject, String role) throws Exception {
    String token = Family.token(of, of, subject, List.of(role), null);
    Answer answer = ask("org.test", "/jwt/of-org", token);
    return answer.code() == null ? answer.backend() : answer.code();
  }

  /** A binding gives roles to its own tenant's callers at its own host, and to nobody else. */
  @ParameterizedTest
  @CsvSource({
    // level, binding of, what bob of org without roles gets, what bob of corp gets
    "strict,org,org,invalid_token",
    "shared,org,org,forbidden",
    "hybrid,org,org,wrong_tenant",
    "strict,corp,forbidden,invalid_token",
    "shared,corp,forbidden,forbidden",
    "hybrid,corp,forbidden,wrong_tenant",
    "strict,kid,forbidden,invalid_token",
    "shared,kid,forbidden,forbidden",
    "hybrid,kid,forbidden,wrong_tenant",
    "strict,sib,forbidden,invalid_token",
    "shared,sib,forbidden,forbidden",
    "hybrid,sib,forbidden,wrong_tenant",
    "strict,other,forbidden,invalid_token",
    "shared,other,forbidden,forbidden",
    "hybrid,other,forbidden,wrong_tenant"
  })
  void aBindingGivesToItsOwnTenantsCallers(String level, String of, String own, String fromAbove)
      throws Exception {
    level(level);
    String subject = "bob-" + level + "-" + of;
    family
        .gateway()
        .put(
            "tenants/" + of + "/bindings/" + level,
            Map.of("id", level, "subject", subject, "roles", List.of("of-" + of, "open-" + of)));
    assertThat(outcome("org", subject, "nothing")).isEqualTo(own);
    assertThat(outcome("corp", subject, "nothing")).isEqualTo(fromAbove);
  }

  /** A limit from above holds below at each level, with a count that is nobody else's. */
  @ParameterizedTest
  @ValueSource(strings = {"strict", "shared", "hybrid"})
  void aLimitFromAboveCountsEachTenantApart(String level) throws Exception {
    level(level);
    String key = "tenants/corp/plugins/once";
    Map<String, Object> limit = new HashMap<>();
    limit.put("id", "once");
    limit.put("plugin", "rate_limit");
    limit.put(
        "config",
        Map.of(
            "limit",
            1,
            "window_seconds",
            86_400,
            "by",
            List.of("tenant", "route"))); // so that each level has routes that nobody has used
    family.gateway().put(key, limit);
    String path =
        "/none/of-" + Map.of("strict", "org", "shared", "corp", "hybrid", "sib").get(level);
    try {
      for (String tenant : List.of("corp", "org", "kid", "sib")) {
        assertThat(ask(tenant + ".test", path, null).code()).isNotEqualTo("rate_limited");
        assertThat(ask(tenant + ".test", path, null).code()).isEqualTo("rate_limited");
      }
      for (int i = 0; i < 3; i++) { // no limit of a stranger
        assertThat(ask("other.test", path, null).code()).isNotEqualTo("rate_limited");
      }
    } finally {
      limit.put("enabled", false);
      family.gateway().put(key, limit);
    }
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
