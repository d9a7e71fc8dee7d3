package dev.aegis.admin.changes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition.Role;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators who are held to a tenant may say in a document. */
final class GuardrailsTest {
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
  private static final Operator ADMIN = new Operator("acme.admin", Role.TENANT_ADMIN, "acme");

  private final Fold fold = new Fold();
  private final Drafting drafting =
      new Drafting(
          MASTER_KEY,
          PluginCatalog.builtIn(MASTER_KEY),
          new Hosts("example.com"),
          new OwnAddresses(Set::of),
          () -> NOW);

  @BeforeEach
  void tree() {
    tenant("corp", "{'kind':'enterprise','hosts':['corp.test']}");
    tenant("acme", "{'kind':'organization','parent':'corp','hosts':['acme.test']}");
    tenant("team", "{'kind':'team','parent':'acme'}");
  }

  private void tenant(String id, String members) {
    ObjectNode document = read(members).put("id", id).put("name", id);
    assertThat(
            fold.apply(
                fold.revision() + 1,
                new Change(ObjectKey.tenant(id), document, Change.ANY, "test", NOW)))
        .isInstanceOf(Verdict.Applied.class);
  }

  private static ObjectNode read(String json) {
    try {
      return Json.readObject(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fields of what is wrong. */
  private List<String> wrong(Operator operator, Kind kind, String tenant, String id, String json) {
    Order order =
        new Order(
            kind,
            kind == Kind.TENANT ? null : tenant,
            id,
            new Wish.Replace(read(json)),
            new Guard.None(),
            operator,
            null,
            true);
    return switch (drafting.draft(fold, order)) {
      case Draft.Ready ready -> List.of();
      case Draft.Impossible(var why) -> {
        assertThat(why.violations()).as(why.detail()).isNotEmpty();
        yield why.violations().stream().map(Violation::field).toList();
      }
    };
  }

  private List<String> target(String url) {
    return wrong(ADMIN, Kind.UPSTREAM, "team", "u", "{'targets':[{'url':'" + url + "'}]}");
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1,no",
    "http://127.1,no",
    "http://10.1.2.3:80,no",
    "http://172.16.0.1,no",
    "http://192.168.1.1,no",
    "http://169.254.169.254,no",
    "http://100.64.0.1,no",
    "http://0.0.0.0,no",
    "http://[::1],no",
    "http://[::ffff:127.0.0.1],no",
    "http://[fe80::1],no",
    "http://[fd00::1],no",
    "http://localhost,no",
    "http://LOCALHOST,no",
    "http://backend.acme.test,no",
    "http://2130706433.,no",
    "http://93.184.216.34,yes",
    "https://[2606:2800:220:1:248:1893:25c8:1946],yes"
  })
  void withoutGuardrailsAnUpstreamHasPublicAddresses(String url, String allowed) {
    assertThat(target(url)).hasSize(allowed.equals("yes") ? 0 : 1);
    assertThat(target(url).stream().distinct().toList()).isSubsetOf("/targets/0/url", "/targets");
  }

  @Test
  void thePlatformIsNotHeldToThem() {
    assertThat(
            wrong(
                Operator.PLATFORM_ADMINISTRATOR,
                Kind.UPSTREAM,
                "team",
                "u",
                "{'targets':[{'url':'http://10.0.0.1'}]}"))
        .isEmpty();
  }

  @Test
  void everyLevelThatSaysSomethingMustAllow() {
    tenant(
        "corp",
        "{'kind':'enterprise','guardrails':{'upstream_addresses':['10.0.0.0/8','*.in.test']}}");
    assertThat(target("http://10.1.2.3")).isEmpty();
    assertThat(target("http://a.in.test")).isEmpty();
    assertThat(target("http://in.test")).containsExactly("/targets/0/url");
    assertThat(target("http://93.184.216.34")).containsExactly("/targets/0/url");
    tenant(
        "team",
        "{'kind':'team','parent':'acme','guardrails':{'upstream_addresses':['10.1.0.0/16']}}");
    assertThat(target("http://10.1.2.3")).isEmpty();
    assertThat(target("http://10.2.2.3")).containsExactly("/targets/0/url");
    assertThat(target("http://a.in.test")).containsExactly("/targets/0/url");
    tenant("acme", "{'parent':'corp','guardrails':{'upstream_addresses':[]}}");
    assertThat(target("http://10.1.2.3")).containsExactly("/targets/0/url");
  }

  @Test
  void servicesAndNamesOfTheDomainNameSystemAreBoundToo() {
    assertThat(wrong(ADMIN, Kind.UPSTREAM, "team", "u", "{'service':'billing'}"))
        .containsExactly("/service");
    assertThat(wrong(ADMIN, Kind.UPSTREAM, "team", "u", "{'service':'api-service-team'}"))
        .isEmpty();
    assertThat(wrong(ADMIN, Kind.UPSTREAM, "team", "u", "{'dns':{'name':'localhost.','port':80}}"))
        .containsExactly("/dns/name");
    tenant("acme", "{'parent':'corp','guardrails':{'upstream_services':['billing']}}");
    assertThat(wrong(ADMIN, Kind.UPSTREAM, "team", "u", "{'service':'billing'}")).isEmpty();
  }

  @Test
  void hostsAreBelowOwnNamesOrAsTheGuardrailsSay() {
    String team = "{'name':'t','kind':'team','parent':'acme','hosts':['%s']}";
    for (String host : List.of("a.team.example.com", "a.acme.example.com", "shop.acme.test")) {
      assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted(host))).isEmpty();
    }
    for (String host : List.of("a.corp.test", "example.com", "other.example.com", "bank.test")) {
      assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted(host)))
          .containsExactly("/hosts/0");
    }
    tenant("acme", "{'parent':'corp','hosts':['acme.test'],'guardrails':{'hosts':['*.ok.test']}}");
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted("a.ok.test"))).isEmpty();
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted("shop.acme.test")))
        .containsExactly("/hosts/0");
  }

  @Test
  void pluginsAreThoseOfTheList() {
    String plugin = "{'plugin':'rate_limit','config':{'requests':1,'window_seconds':1}}";
    tenant("corp", "{'kind':'enterprise','guardrails':{'plugins':['other']}}");
    assertThat(wrong(ADMIN, Kind.PLUGIN, "team", "p", plugin)).contains("/plugin");
    tenant("corp", "{'kind':'enterprise','guardrails':{'plugins':['other','rate_limit']}}");
    assertThat(wrong(ADMIN, Kind.PLUGIN, "team", "p", plugin)).doesNotContain("/plugin");
  }

  @Test
  void limitsAreForTenantsBelow() {
    tenant("acme", "{'parent':'corp','guardrails':{'max_limits':{'max_active':10,'tenants':1}}}");
    String team = "{'name':'t','kind':'team','parent':'acme'%s}";
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted("")))
        .containsExactly("/max_active");
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted(",'max_active':11")))
        .containsExactly("/max_active");
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team.formatted(",'max_active':10")))
        .isEmpty();
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team2", team.formatted(",'max_active':10")))
        .containsExactly("/parent");
  }

  @Test
  void onlyThePlatformSetsThem() {
    String team = "{'name':'t','kind':'team','parent':'acme','guardrails':{'plugins':[]}}";
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team)).containsExactly("/guardrails");
    tenant("team", team);
    assertThat(
            wrong(ADMIN, Kind.TENANT, "team", "team", "{'name':'t','kind':'team','parent':'acme'}"))
        .containsExactly("/guardrails");
    assertThat(wrong(ADMIN, Kind.TENANT, "team", "team", team)).isEmpty();
  }

  @Test
  void whatCannotBeUnderstoodIsRefusedWhenItIsSet() {
    Operator platform = Operator.PLATFORM_ADMINISTRATOR;
    String team =
        "{'name':'t','kind':'team','parent':'acme','guardrails':"
            + "{'hosts':['*x'],'upstream_addresses':['10.0.0.1/8'],'host':1}}";
    assertThat(wrong(platform, Kind.TENANT, "team", "team", team))
        .containsExactlyInAnyOrder(
            "/guardrails/hosts", "/guardrails/host", "/guardrails/upstream_addresses/0");
  }
}
