package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.Lineage.Ancestor;
import dev.aegis.journal.Lineage.Use;
import dev.aegis.journal.TenantDefinition.Isolation;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is above whom, and what comes down from there. */
final class LineageTest {
  private final Fold fold = new Fold();

  private void put(String key, String document) {
    Change change =
        new Change(ObjectKey.parse(key), Changes.json(document), Change.ANY, "test", Changes.AT);
    assertThat(fold.apply(fold.revision() + 1, change)).isInstanceOf(Verdict.Applied.class);
  }

  private void tenant(String id, String kind, String parent, String isolation) {
    put(
        "tenants/" + id,
        "{'id':'%s','name':'n','kind':'%s','parent':%s,'isolation':'%s'}"
            .formatted(id, kind, parent == null ? "null" : "'" + parent + "'", isolation));
  }

  private String ancestors(String tenant) {
    return Lineage.of(fold, tenant).ancestors().stream()
        .map(above -> above.id() + ' ' + above.closed().name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  /** What is between two tenants counts too: a strict one is a wall. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shared|shared|team shared, org shared, corp shared",
        "hybrid|shared|team hybrid, org hybrid, corp hybrid",
        "shared|hybrid|team shared, org hybrid, corp hybrid",
        "shared|strict|team shared, org strict, corp strict",
        "hybrid|strict|team hybrid, org strict, corp strict",
        "strict|shared|team strict, org strict, corp strict"
      })
  void theStrictestOnTheWayDecides(String own, String between, String expected) {
    tenant("corp", "enterprise", null, "strict");
    tenant("org", "organization", "corp", "shared");
    tenant("team", "team", "org", between);
    tenant("user", "user", "team", own);
    assertThat(ancestors("user")).isEqualTo(expected);
    assertThat(Lineage.of(fold, "user").fault()).isNull();
    assertThat(ancestors("corp")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "strict|false|ALL|ALL|-|-",
        "strict|true|ALL|ALL|-|-",
        "shared|false|ALL|ALL|ALL|ALL",
        "shared|true|ALL|ALL|ALL|ALL",
        "hybrid|false|DENIALS|ALL|ALL|-",
        "hybrid|true|ALL|ALL|ALL|ALL"
      })
  void whatHoldsIsTheTableOfTheDocuments(
      String level, String said, String role, String plugin, String issuer, String upstream) {
    tenant("corp", "enterprise", null, "strict");
    tenant("org", "organization", "corp", level);
    for (Kind kind : Kind.values()) {
      if (kind.belongsToTenant()) {
        put("tenants/corp/" + kind.collection() + "/x", "{'id':'x','descendants':" + said + "}");
      }
    }
    Map<Kind, String> expected =
        Map.of(Kind.ROLE, role, Kind.PLUGIN, plugin, Kind.ISSUER, issuer, Kind.UPSTREAM, upstream);
    for (Kind kind : Kind.values()) {
      Lineage.Holding holding = Lineage.of(fold, "org").find(kind, "x");
      assertThat(holding == null ? "-" : holding.use().name())
          .as("%s", kind)
          .isEqualTo(expected.getOrDefault(kind, "-"));
      assertThat(Lineage.inherited(kind)).isEqualTo(expected.containsKey(kind));
    }
  }

  @Test
  void theNearestOfSeveralHolds() {
    tenant("corp", "enterprise", null, "shared");
    tenant("org", "organization", "corp", "shared");
    tenant("team", "team", "org", "shared");
    put("tenants/corp/roles/r", "{'id':'r','permissions':[]}");
    put("tenants/corp/roles/s", "{'id':'s','permissions':[]}");
    put("tenants/org/roles/r", "{'id':'r','permissions':[]}");
    Lineage team = Lineage.of(fold, "team");
    assertThat(team.holdings(Kind.ROLE))
        .extracting(holding -> holding.entry().key().toString())
        .containsExactly("tenants/org/roles/r", "tenants/corp/roles/s");
    put("tenants/team/roles/r", "{'id':'r','permissions':[]}");
    assertThat(Lineage.of(fold, "team").find(Kind.ROLE, "r"))
        .satisfies(
            holding -> {
              assertThat(holding.own()).isTrue();
              assertThat(holding.use()).isEqualTo(Use.ALL);
            });
  }

  /** What says so at the enterprise is not let through by an organization that says nothing. */
  @Test
  void theNearestHidesWhatIsFurtherUpEvenWhereItDoesNotHold() {
    tenant("corp", "enterprise", null, "strict");
    tenant("org", "organization", "corp", "strict");
    tenant("team", "team", "org", "hybrid");
    put("tenants/corp/upstreams/u", "{'id':'u','descendants':true}");
    put("tenants/org/upstreams/u", "{'id':'u'}");
    assertThat(Lineage.of(fold, "team").find(Kind.UPSTREAM, "u")).isNull();
  }

  @Test
  void aLimitOfOneRouteStaysWithTheRoute() {
    tenant("corp", "enterprise", null, "strict");
    tenant("org", "organization", "corp", "shared");
    put("tenants/corp/plugins/l", "{'id':'l','plugin':'rate_limit','route':'r'}");
    assertThat(Lineage.of(fold, "org").find(Kind.PLUGIN, "l")).isNull();
  }

  @Test
  void whoIsWithinWhom() {
    tenant("root", "organization", null, "strict");
    tenant("child", "team", "root", "strict");
    tenant("other", "organization", null, "strict");
    assertThat(Lineage.within(fold, "child", "root")).isTrue();
    assertThat(Lineage.within(fold, "root", "root")).isTrue();
    assertThat(Lineage.within(fold, "root", "child")).isFalse();
    assertThat(Lineage.within(fold, "other", "root")).isFalse();
    assertThat(Lineage.within(fold, "gone", "root")).isFalse();
  }

  private void asking(String id, String parent, String isolation, String asked) {
    put(
        "tenants/" + id,
        ("{'id':'%s','name':'n','kind':'team','parent':%s,'isolation':'%s',"
                + "'external_authorization':%s}")
            .formatted(id, parent == null ? "null" : "'" + parent + "'", isolation, asked));
  }

  private String asked(String tenant) {
    return switch (Lineage.of(fold, tenant).asked()) {
      case Lineage.Asked.Nobody nobody -> "nobody";
      case Lineage.Asked.Of(String of, Arbiter arbiter) -> of + "'s " + arbiter.upstream();
      case Lineage.Asked.Unknown unknown -> "unknown";
    };
  }

  /** The nearest that says anything decides, also if it does not hold. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "shared|null|shared|null|corp's x",
        "hybrid|null|shared|null|nobody",
        "shared|null|hybrid|null|nobody",
        "strict|null|shared|null|nobody",
        "shared|{'upstream':'y'}|shared|null|org's y",
        "hybrid|{'upstream':'y'}|shared|null|nobody",
        "hybrid|{'upstream':'y','descendants':true}|shared|null|org's y",
        "strict|{'upstream':'y','descendants':true}|shared|null|nobody",
        "shared|'none'|shared|null|nobody",
        "strict|{'upstream':'y'}|strict|{'upstream':'z'}|team's z",
        "shared|{'upstream':'y'}|shared|'none'|nobody"
      })
  void whoIsAskedFollowsTheIsolationOnTheWay(
      String isolation, String org, String between, String team, String expected) {
    asking("corp", null, "strict", "{'upstream':'x'}");
    asking("org", "corp", between, org);
    asking("team", "org", isolation, team);
    assertThat(asked("team")).isEqualTo(expected);
    assertThat(asked("corp")).isEqualTo("corp's x");
  }

  @Test
  void whoIsAskedBelowAHybridTenantMustBeMeantForAll() {
    asking("corp", null, "strict", "{'upstream':'x','descendants':true}");
    asking("org", "corp", "hybrid", "null");
    asking("team", "org", "shared", "null");
    assertThat(asked("team")).isEqualTo("corp's x");
  }

  /** Somebody may have been named where nobody can look. */
  @Test
  void aBrokenTreeDoesNotLetPassUnasked() {
    asking("corp", null, "strict", "{'upstream':'x'}");
    asking("org", "corp", "shared", "null");
    asking("team", "org", "shared", "null");
    asking("closed", "org", "strict", "null");
    asking("own", "org", "shared", "{'upstream':'y'}");
    put("tenants/corp", "{'id':'corp','name':7,'external_authorization':{'upstream':'x'}}");
    assertThat(Lineage.of(fold, "team").fault()).isNotNull();
    assertThat(asked("team")).isEqualTo("unknown");
    assertThat(asked("closed")).isEqualTo("nobody");
    assertThat(asked("own")).isEqualTo("own's y");
    put("tenants/corp", "{'id':'corp','name':7,'external_authorization':'none'}");
    assertThat(asked("team")).isEqualTo("nobody");
    put("tenants/corp", "{'id':'corp','name':7}");
    assertThat(asked("team")).isEqualTo("nobody");
    asking("corp", "team", "shared", "null"); // a cycle
    assertThat(asked("team")).isEqualTo("nobody");
  }

  @Test
  void aBrokenTreeGivesNothingAndSaysWhy() {
    tenant("a", "organization", "b", "shared");
    assertThat(Lineage.of(fold, "a").fault()).isEqualTo("tenant \"b\" above it does not exist");
    tenant("b", "organization", "c", "shared");
    tenant("c", "organization", "a", "shared");
    put("tenants/b/roles/r", "{'id':'r','permissions':[]}");
    Lineage lineage = Lineage.of(fold, "a");
    assertThat(lineage.fault()).isEqualTo("it is part of a cycle: a → b → c → a");
    assertThat(lineage.ancestors()).isEmpty();
    assertThat(lineage.holdings(Kind.ROLE)).isEmpty();
    put("tenants/c", "{'id':'c','name':7}");
    assertThat(Lineage.of(fold, "a").fault())
        .isEqualTo("tenant \"c\" above it cannot be understood");
    assertThat(Lineage.of(fold, "c").fault()).isEqualTo("it cannot be understood");
    tenant("c", "user", null, "strict");
    assertThat(Lineage.of(fold, "a").fault())
        .isEqualTo("a tenant of kind organization cannot be below one of kind user");
  }

  @Test
  void aTreeIsNotDeeperThanItMayBe() {
    for (int level = 1; level <= Lineage.MOST + 1; level++) {
      tenant("t" + level, "team", level == 1 ? null : "t" + (level - 1), "shared");
    }
    assertThat(Lineage.of(fold, "t" + Lineage.MOST).ancestors())
        .extracting(Ancestor::id)
        .hasSize(Lineage.MOST - 1)
        .endsWith("t1");
    assertThat(Lineage.of(fold, "t9").fault()).isEqualTo("more than 8 tenants lead to its root");
  }

  @ParameterizedTest
  @ValueSource(strings = {"STRICT", "SHARED", "HYBRID"})
  void theStricterOfTwoIsTheSameEitherWay(Isolation one) {
    for (Isolation other : Isolation.values()) {
      assertThat(one.and(other)).isEqualTo(other.and(one));
    }
    assertThat(one.and(Isolation.STRICT)).isEqualTo(Isolation.STRICT);
    assertThat(one.and(Isolation.SHARED)).isEqualTo(one);
    assertThat(one.and(one)).isEqualTo(one);
  }

  @Test
  void childrenFollowTheirParentThroughEveryChange() {
    tenant("a", "organization", "p", "strict");
    tenant("b", "organization", "p", "strict");
    assertThat(fold.children("p")).containsExactly("a", "b");
    tenant("a", "organization", "q", "strict");
    assertThat(fold.children("p")).containsExactly("b");
    assertThat(fold.children("q")).containsExactly("a");
    fold.apply(fold.revision() + 1, Changes.delete("tenants/b", Change.ANY));
    assertThat(fold.children("p")).isEmpty();
    tenant("a", "organization", null, "strict");
    assertThat(fold.children("q")).isEmpty();
  }
}
