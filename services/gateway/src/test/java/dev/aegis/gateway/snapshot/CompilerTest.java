package dev.aegis.gateway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From definitions to plans: what is broken stays alone, what is unchanged stays the same. */
final class CompilerTest {
  private static final String LIMIT =
      "{'id':'l','plugin':'rate_limit','config':{'limit':2,'window_seconds':60}}";
  private static final String ROUTE = "{'id':'r','paths':['/r/**'],'upstream':'u'}";

  private final Configuration configuration = new Configuration();

  @BeforeEach
  void twoTenants() {
    configuration.tenant("a");
    configuration.tenant("b");
    configuration.json("tenants/a/routes/r", ROUTE);
    configuration.json("tenants/a/plugins/l", LIMIT);
    assertThat(configuration.snapshot().findings()).isEmpty();
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private static TenantPlan plan(Snapshot snapshot, String tenant) {
    return Objects.requireNonNull(snapshot.tenants().get(tenant));
  }

  private static RoutePlan route(TenantPlan plan, String path) {
    return plan.routes().find("a.test", "GET", path, name -> null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "routes/x|{'id':'x'}",
        "routes/x|{'id':'x','paths':['no'],'upstream':'u'}",
        "routes/x|{'id':'x','paths':['/x'],'upstream':'u','auth':'magic'}",
        "routes/x|{'id':'x','paths':['/x'],'upstream':'u','unheard':'of'}",
        "routes/x|{'id':'x','paths':['/x'],'upstream':'gone'}",
        "upstreams/x|{'id':'x'}",
        "upstreams/x|{'id':'x','targets':[{'url':'ftp://x'}]}",
        "upstreams/x|{'id':'x','service':'needs-consul'}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['none']}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['HS256']}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['RS256'],'public_keys':[{'kty':'RSA','n':'AQAB','e':'AQAB'}]}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['RS256'],'public_keys':[{'kty':'RSA','n':'!!','e':'AQAB'}]}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['RS256'],'public_keys':[{'kty':'EC'}]}",
        "issuers/x|{'id':'x','issuer':'i','algorithms':['HS256'],'secret':{'key_id':'other','ciphertext':'AAAA'}}",
        "roles/x|{'id':'x'}",
        "roles/x|{'id':'x','permissions':[{'paths':['x']}]}",
        "plugins/x|{'id':'x','plugin':'nobody','config':{}}",
        "certificates/x|{'id':'x','hosts':['a.test'],'certificate':'x'}",
        "certificates/x|{'id':'x','hosts':[]}",
        "plugins/x|{'id':'x','plugin':'rate_limit','config':{}}",
        "plugins/x|{'id':'x','plugin':'rate_limit','config':{'limit':-1,'window_seconds':60}}"
      },
      quoteCharacter = '`')
  void leavesWhatIsBrokenAlone(String key, String definition) {
    TenantPlan before = plan(configuration.snapshot(), "a");
    TenantPlan other = plan(configuration.snapshot(), "b");

    Snapshot snapshot = configuration.json("tenants/a/" + key, definition);

    assertThat(snapshot.findings())
        .isNotEmpty()
        .allSatisfy(finding -> assertThat(finding.subject()).isEqualTo("tenants/a/" + key));
    TenantPlan after = plan(snapshot, "a");
    assertThat(plan(snapshot, "b")).isSameAs(other);
    assertThat(route(after, "/r/1").id()).isEqualTo("r");
    assertThat(upstream(after, "/r/1")).isSameAs(upstream(before, "/r/1"));
    assertThat(route(after, "/r/1").limits()).isEqualTo(route(before, "/r/1").limits()).hasSize(1);
    assertThat(configuration.delete("tenants/a/" + key).findings()).isEmpty();
  }

  @Test
  void keepsTheLastGoodPlanOfATenantThatCannotBeUnderstood() {
    Snapshot snapshot = configuration.json("tenants/a", "{'id':'a','name':7}");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/a");
    assertThat(route(plan(snapshot, "a"), "/r/1")).isNotNull();
    assertThat(configuration.json("tenants/a", "{'id':'a','name':'a'}").findings()).isEmpty();
  }

  @Test
  void saysSoWhenATenantCannotBeUnderstoodFromTheBeginning() {
    Snapshot snapshot = configuration.json("tenants/c", "{'id':'c','name':7}");
    assertThat(snapshot.tenants()).containsOnlyKeys("a", "b");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/c");
    // It is still said when something else changes.
    snapshot = configuration.json("tenants/b/routes/r", ROUTE);
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/c");
  }

  /** So many that other threads read what they say: the plans and findings are the same. */
  @Test
  void compilesManyTenantsAsItCompilesEach() {
    Snapshot each = configuration.snapshot();
    for (int i = 0; i < 200; i++) {
      String tenant = "tenants/m" + i;
      configuration.tenant("m" + i);
      configuration.json(tenant + "/routes/broken", "{'id':'broken','paths':7}");
      each = configuration.json(tenant + "/routes/r" + i, ROUTE.replace("'r'", "'r" + i + "'"));
    }
    Snapshot all = configuration.json("plugins/global", LIMIT.replace("'l'", "'global'"));
    assertThat(all.findings()).containsExactlyInAnyOrderElementsOf(each.findings());
    assertThat(all.findings()).hasSize(200);
    for (int i = 0; i < 200; i++) {
      assertThat(plan(all, "m" + i)).isNotSameAs(plan(each, "m" + i));
      assertThat(route(plan(all, "m" + i), "/r/1").id()).isEqualTo("r" + i);
    }
  }

  @Test
  void saysWhatItDoesNotKnowAndServesTheRest() {
    Snapshot snapshot =
        configuration.record(
            "{'key':'tenants/a/gadgets/g','op':'put','expected':-1,'actor':'later',"
                + "'at':'2026-01-01T00:00:00Z','definition':{'id':'g'}}");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("gadgets");
    assertThat(route(plan(snapshot, "a"), "/r/1")).isNotNull();
    assertThat(configuration.delete("tenants/a").findings()).isEmpty();
  }

  /** Compiled anew are only tenants that changed; an installation's plugin touches all. */
  @Test
  void keepsThePlansOfTenantsThatDidNotChange() {
    TenantPlan a = plan(configuration.snapshot(), "a");
    TenantPlan b = plan(configuration.snapshot(), "b");
    Snapshot snapshot = configuration.json("tenants/b/routes/r", ROUTE);
    assertThat(plan(snapshot, "a")).isSameAs(a);
    assertThat(plan(snapshot, "b")).isNotSameAs(b);
    b = plan(snapshot, "b");
    snapshot = configuration.tenant("c");
    assertThat(plan(snapshot, "a")).isSameAs(a);
    assertThat(plan(snapshot, "b")).isSameAs(b);
    snapshot = configuration.json("operators/o", "{'id':'o','name':'o','role':'auditor'}");
    assertThat(plan(snapshot, "a")).isSameAs(a);
    assertThat(plan(snapshot, "b")).isSameAs(b);
    snapshot = configuration.json("plugins/global", LIMIT.replace("'l'", "'global'"));
    assertThat(plan(snapshot, "a")).isNotSameAs(a);
    assertThat(route(plan(snapshot, "a"), "/r").limits())
        .extracting(RateLimit::id)
        .containsExactly("global", "l");
    assertThat(route(plan(snapshot, "b"), "/r").limits())
        .extracting(RateLimit::id)
        .containsExactly("global");
  }

  /** Those below a change, as deep as they are, when it can concern them; nobody else. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "roles/r|{'id':'r','permissions':[]}|true",
        "plugins/p|{'id':'p','plugin':'rate_limit','config':{'limit':2,'window_seconds':60}}|true",
        "upstreams/v|{'id':'v','targets':[{'url':'http://127.0.0.1:1'}]}|true",
        "routes/s|{'id':'s','paths':['/s'],'upstream':'u'}|false",
        "webhooks/w|{'id':'w','url':'https://x.test','events':['*']}|false"
      },
      quoteCharacter = '`')
  void compilesAnewWhoIsBelowAChange(String key, String definition, boolean concerned) {
    configuration.tenant("c");
    configuration.tenant("d");
    configuration.json("tenants/b", "{'id':'b','name':'b','parent':'a'}");
    configuration.json("tenants/c", "{'id':'c','name':'c','parent':'b','isolation':'shared'}");
    Map<String, TenantPlan> before = configuration.snapshot().tenants();

    Map<String, TenantPlan> after = configuration.json("tenants/a/" + key, definition).tenants();

    assertThat(after.get("a")).isNotSameAs(before.get("a"));
    assertThat(after.get("b") != before.get("b")).isEqualTo(concerned);
    assertThat(after.get("c") != before.get("c")).isEqualTo(concerned);
    assertThat(after.get("d")).isSameAs(before.get("d"));
    // What was verified stays verified where nothing about identity changed.
    assertThat(after.get("c").identity() != before.get("c").identity())
        .isEqualTo(key.startsWith("roles"));
    Map<String, TenantPlan> last = configuration.json("tenants/b/" + key, definition).tenants();
    assertThat(last.get("a")).as("above it").isSameAs(after.get("a"));
  }

  /** The tenant's own upstream is not meant, though it has the same id. */
  @Test
  void limitsAnInheritedUpstreamWhereItIsInherited() {
    configuration.tenant("c");
    configuration.json("tenants/c", "{'id':'c','name':'c','parent':'a','isolation':'shared'}");
    configuration.json("tenants/c/routes/r", ROUTE);
    Snapshot snapshot =
        configuration.json(
            "tenants/a/plugins/p",
            "{'id':'p','plugin':'rate_limit','upstream':'u',"
                + "'config':{'limit':2,'window_seconds':60}}");
    assertThat(limits(snapshot, "a")).containsExactly("l", "p");
    assertThat(limits(snapshot, "c")).containsExactly("l");
    assertThat(limits(configuration.delete("tenants/c/upstreams/u"), "c"))
        .containsExactly("l", "p");
    snapshot = configuration.json("tenants/c", "{'id':'c','name':'c','parent':'a'}");
    assertThat(limits(snapshot, "c")).as("strict").containsExactly("l");
  }

  private static List<String> limits(Snapshot snapshot, String tenant) {
    return route(plan(snapshot, tenant), "/r").limits().stream().map(RateLimit::id).toList();
  }

  @Test
  void keepsCountsWhileTheirLimitStaysTheSame() {
    RateLimit limit = route(plan(configuration.snapshot(), "a"), "/r").limits().getFirst();
    configuration.json("tenants/a/routes/s", "{'id':'s','paths':['/s'],'upstream':'u'}");
    configuration.json("tenants/a/plugins/l", LIMIT.replace("'plugin'", "'order':5,'plugin'"));
    TenantPlan plan = plan(configuration.snapshot(), "a");
    assertThat(route(plan, "/r").limits().getFirst()).isSameAs(limit);
    assertThat(route(plan, "/s").limits().getFirst()).isSameAs(limit);
    plan = plan(configuration.json("tenants/a/plugins/l", LIMIT.replace("2", "3")), "a");
    assertThat(route(plan, "/r").limits().getFirst()).isNotSameAs(limit);
  }

  @Test
  void countsEachTenantApart() {
    configuration.json("tenants/b/routes/r", ROUTE);
    configuration.delete("tenants/a/plugins/l");
    Snapshot snapshot = configuration.json("plugins/l", LIMIT);
    RateLimit a = route(plan(snapshot, "a"), "/r").limits().getFirst();
    RateLimit b = route(plan(snapshot, "b"), "/r").limits().getFirst();
    assertThat(a).isNotSameAs(b);
    assertThat(a.name()).isNotEqualTo(b.name());
  }

  private static Upstream upstream(TenantPlan plan, String path) {
    return Objects.requireNonNull(Objects.requireNonNull(route(plan, path).only()).upstream());
  }

  @Test
  void keepsUpstreamsWhoseTargetsChange() {
    Upstream upstream = upstream(plan(configuration.snapshot(), "a"), "/r");
    Snapshot snapshot =
        configuration.json(
            "tenants/a/upstreams/u",
            "{'id':'u','targets':[{'url':'http://127.0.0.1:1'},{'url':'http://127.0.0.1:2'}]}");
    assertThat(upstream(plan(snapshot, "a"), "/r")).isSameAs(upstream);
    assertThat(upstream.size()).isEqualTo(2);
  }

  @Test
  void keepsWhatWasVerifiedUntilIssuersOrRolesChange() {
    IdentityPlan identity = plan(configuration.snapshot(), "a").identity();
    configuration.json("tenants/a/routes/s", "{'id':'s','paths':['/s'],'upstream':'u'}");
    assertThat(plan(configuration.snapshot(), "a").identity()).isSameAs(identity);
    Snapshot snapshot = configuration.json("tenants/a/roles/all", "{'id':'all','permissions':[]}");
    assertThat(plan(snapshot, "a").identity().tokens()).isNotSameAs(identity.tokens());
    identity = plan(snapshot, "a").identity();
    snapshot = configuration.issuer("a");
    assertThat(plan(snapshot, "a").identity().tokens()).isNotSameAs(identity.tokens());
  }

  /** Contract: a tenant without routes of its own has the default route. */
  @Test
  void opensTheDefaultRouteOnlyForTenantsWithoutRoutes() {
    assertThat(plan(configuration.snapshot(), "b").defaultRoute()).isNotNull();
    assertThat(plan(configuration.snapshot(), "a").defaultRoute()).isNull();
    Snapshot broken = configuration.json("tenants/b/routes/x", "{'id':'x'}");
    assertThat(plan(broken, "b").routes().isEmpty()).isTrue();
    assertThat(plan(broken, "b").defaultRoute()).isNull();
  }

  /** The admin service refuses such, but a journal may hold them. */
  @Test
  void warnsOfRolesThatInheritFromNobodyOrInACircle() {
    configuration.json("tenants/a/roles/x", "{'id':'x','permissions':[],'inherits':['y']}");
    configuration.json("tenants/a/roles/y", "{'id':'y','permissions':[],'inherits':['x']}");
    configuration.json("tenants/a/roles/z", "{'id':'z','permissions':[],'inherits':['gone']}");
    Snapshot snapshot =
        configuration.json("tenants/a/roles/w", "{'id':'w','permissions':[],'inherits':['all']}");
    assertThat(snapshot.findings())
        .containsExactlyInAnyOrder(
            Finding.warning("tenants/a/roles/x", "what role \"y\" inherits leads in a circle"),
            Finding.warning("tenants/a/roles/y", "what role \"x\" inherits leads in a circle"),
            Finding.warning(
                "tenants/a/roles/z", "role \"gone\" does not exist; nothing is inherited from it"));
    IdentityPlan identity = plan(snapshot, "a").identity();
    assertThat(identity.access(principal("x", "z", "all")).allows("GET", "/x")).isTrue();
    snapshot = configuration.json("tenants/a/roles/y", "{'id':'y','permissions':[]}");
    assertThat(snapshot.findings()).hasSize(1);
  }

  /** What cannot be understood might have denied something: it fails closed. */
  @Test
  void refusesThoseWhoseRoleCannotBeUnderstood() {
    Snapshot snapshot =
        configuration.json(
            "tenants/a/roles/limited",
            "{'id':'limited','permissions':[{'paths':['/admin'],'effect':'maybe'}]}");
    IdentityPlan identity = plan(snapshot, "a").identity();
    assertThat(identity.access(principal("all")).allows("GET", "/x")).isTrue();
    assertThat(identity.access(principal("all", "limited")).allows("GET", "/x")).isFalse();
  }

  @Test
  void refusesThoseWhoseBindingCannotBeUnderstood() {
    Snapshot snapshot =
        configuration.json("tenants/a/bindings/x", "{'id':'x','subject':'s','roles':'all'}");
    IdentityPlan identity = plan(snapshot, "a").identity();
    Principal bound = identity.bound(principal("all"));
    assertThat(identity.access(bound).allows("GET", "/x")).isFalse();
    assertThat(identity.access(principal("all")).allows("GET", "/x")).isTrue();
    assertThat(snapshot.findings())
        .extracting(Finding::subject)
        .containsOnly("tenants/a/bindings/x");
  }

  @Test
  void reportsABindingOfARoleThatIsNotThere() {
    Snapshot snapshot =
        configuration.json(
            "tenants/a/bindings/x", "{'id':'x','subject':'s','roles':['gone','all']}");
    IdentityPlan identity = plan(snapshot, "a").identity();
    Principal bound = identity.bound(principal());
    assertThat(identity.access(bound).allows("GET", "/x")).isTrue();
    assertThat(snapshot.findings())
        .extracting(Finding::message)
        .containsExactly("role \"gone\" does not exist; it gives nothing");
  }

  private static Principal principal(String... roles) {
    return new Principal("s", "a", List.of(roles), null, Instant.EPOCH, Instant.MAX);
  }

  @Test
  void findsTenantsByTheirHosts() {
    Snapshot snapshot =
        configuration.put(
            "tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("shop.example.org")));
    assertThat(snapshot.tenant("a.test").id()).isEqualTo("a");
    assertThat(snapshot.tenant("shop.example.org").id()).isEqualTo("a");
    for (String nobody :
        List.of(
            "", "test", ".test", "c.test", "x.a.test", "a.test.", "atest", "a-test", "A.test")) {
      assertThat(snapshot.tenant(nobody)).as(nobody).isNull();
    }
  }

  @Test
  void givesAHostToOneTenantAlone() {
    List<String> hosts = List.of("shared.org");
    configuration.put("tenants/b", Map.of("id", "b", "name", "b", "hosts", hosts));
    Snapshot snapshot =
        configuration.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", hosts));
    assertThat(snapshot.tenant("shared.org").id()).isEqualTo("a");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/b");
  }

  /** Whatever their ids are, and also when the elder one is made anew behind the younger. */
  @Test
  void leavesAHostToTheElderOfTwo() {
    List<String> hosts = List.of("shared.org");
    Map<String, ?> thief = Map.of("id", "a-thief", "name", "t", "hosts", hosts);
    Map<String, ?> victim = Map.of("id", "victim", "name", "v", "hosts", hosts);
    configuration.at(Instant.ofEpochSecond(1)).put("tenants/victim", victim);
    Snapshot snapshot = configuration.at(Instant.ofEpochSecond(2)).put("tenants/a-thief", thief);
    assertThat(snapshot.tenant("shared.org").id()).isEqualTo("victim");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/a-thief");

    configuration.at(Instant.ofEpochSecond(3)).put("tenants/victim", victim);
    assertThat(configuration.snapshot().tenant("shared.org").id()).isEqualTo("victim");
    configuration.delete("tenants/victim");
    snapshot = configuration.at(Instant.ofEpochSecond(4)).put("tenants/victim", victim);
    assertThat(snapshot.tenant("shared.org").id()).isEqualTo("a-thief");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/victim");
  }

  /** Else a tenant could take another's requests, with their tokens. */
  @Test
  void givesNobodyTheHostOfAnotherBelowTheBaseDomain() {
    Snapshot snapshot =
        configuration.put(
            "tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("b.test", "c.test")));
    assertThat(snapshot.tenant("b.test").id()).isEqualTo("b");
    assertThat(snapshot.tenant("c.test").id()).isEqualTo("a");
    assertThat(snapshot.findings()).extracting(Finding::subject).containsExactly("tenants/a");
    snapshot = configuration.tenant("c");
    assertThat(snapshot.tenant("c.test").id()).isEqualTo("c");
  }

  @Test
  void forgetsATenantThatIsDeleted() {
    Snapshot snapshot = configuration.delete("tenants/a");
    assertThat(snapshot.tenant("a.test")).isNull();
    assertThat(snapshot.tenants()).containsOnlyKeys("b");
    configuration.tenant("a");
    configuration.json("tenants/a/routes/r", ROUTE);
    snapshot = configuration.json("tenants/a/plugins/l", LIMIT);
    assertThat(route(plan(snapshot, "a"), "/r").limits()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "/api,/api/v1/x,/v1/x",
    "/api,/api,/",
    "/api,/api/,/",
    "/api,/apis/x,/apis/x",
    "/api,/x,/x"
  })
  void takesThePrefixOff(String prefix, String path, String upstreamPath) {
    Snapshot snapshot =
        configuration.put(
            "tenants/a/routes/r",
            Map.of("id", "r", "paths", List.of("/**"), "upstream", "u", "strip_prefix", prefix));
    assertThat(route(plan(snapshot, "a"), path).upstreamPath(path)).isEqualTo(upstreamPath);
  }
}
