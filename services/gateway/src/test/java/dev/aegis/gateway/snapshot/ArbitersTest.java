package dev.aegis.gateway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.model.Finding;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whom the routes of a tenant have asked, as they and the tenants above say. */
final class ArbitersTest {
  private static final String ASKS = "'external_authorization':{'upstream':'authz'}";

  private final Configuration configuration = new Configuration();

  @BeforeEach
  void threeTenants() {
    tenant("corp", "'kind':'enterprise'," + ASKS);
    upstream("corp", "authz", "");
    tenant("org", "'kind':'organization','parent':'corp','isolation':'shared'");
    tenant("team", "'kind':'team','parent':'org','isolation':'shared'");
    for (String id : new String[] {"corp", "org", "team"}) {
      upstream(id, "u", "");
      route(id, "r", "");
    }
    assertThat(configuration.snapshot().findings()).isEmpty();
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private void tenant(String id, String more) {
    configuration.json("tenants/" + id, "{'id':'" + id + "','name':'n'," + more + "}");
  }

  private void upstream(String tenant, String id, String more) {
    configuration.json(
        "tenants/" + tenant + "/upstreams/" + id,
        "{'id':'" + id + "','targets':[{'url':'http://127.0.0.1:1'}]" + more + "}");
  }

  private void route(String tenant, String id, String more) {
    configuration.json(
        "tenants/" + tenant + "/routes/" + id,
        "{'id':'" + id + "','paths':['/" + id + "'],'upstream':'u'" + more + "}");
  }

  private TenantPlan plan(String tenant) {
    return Objects.requireNonNull(configuration.snapshot().tenants().get(tenant));
  }

  private ArbiterPlan asked(String tenant, String route) {
    return plan(tenant).routes().find(tenant + ".test", "GET", "/" + route, name -> null).arbiter();
  }

  private String messages() {
    return configuration.snapshot().findings().stream()
        .map(Finding::toString)
        .reduce("", String::concat);
  }

  @Test
  void aRouteThatSaysNothingHasWhoIsNamedAbove() {
    for (String tenant : new String[] {"corp", "org", "team"}) {
      ArbiterPlan asked = asked(tenant, "r");
      assertThat(asked.rules().upstream()).isEqualTo("authz");
      // Each by connections of its own.
      assertThat(asked.backend().upstream()).isNotNull();
    }
    assertThat(asked("corp", "r").backend().upstream())
        .isNotSameAs(asked("team", "r").backend().upstream());
    route("team", "none", ",'external_authorization':'none'");
    assertThat(asked("team", "none")).isNull();
    upstream("team", "own", "");
    route("team", "own", ",'external_authorization':{'upstream':'own'}");
    assertThat(asked("team", "own").rules().upstream()).isEqualTo("own");
    assertThat(messages()).isEmpty();
  }

  @Test
  void theDefaultRouteHasItToo() {
    tenant("user", "'kind':'user','parent':'team','isolation':'shared'");
    RoutePlan route = plan("user").defaultRoute();
    assertThat(route.arbiter().backend().upstream()).isNotNull();
    tenant(
        "corp",
        "'kind':'enterprise','external_authorization':"
            + "{'upstream':'authz','response_headers':['X-Plan']}");
    route = plan("user").defaultRoute();
    assertThat(route.arbiter().rules().replyHeaders()).containsExactly("x-plan");
    assertThat(route.requestEdit().dropped()).isNotSameAs(FieldNames.NONE);
  }

  @Test
  void aStrictTenantLetsNobodyAskAndOneMayTakeItBack() {
    tenant("org", "'kind':'organization','parent':'corp','isolation':'strict'");
    assertThat(asked("org", "r")).isNull();
    assertThat(asked("team", "r")).isNull();
    tenant(
        "org",
        "'kind':'organization','parent':'corp','isolation':'shared','external_authorization':'none'");
    assertThat(asked("org", "r")).isNull();
    assertThat(asked("team", "r")).isNull();
    assertThat(asked("corp", "r")).isNotNull();
  }

  /** Nothing passes, and nobody else's service hears of the requests. */
  @Test
  void anotherUpstreamOfThatIdIsNotAsked() {
    upstream("org", "authz", "");
    for (String tenant : new String[] {"org", "team"}) {
      assertThat(asked(tenant, "r").backend().upstream()).isNull();
      assertThat(asked(tenant, "r").rules().letsPass()).isFalse();
    }
    assertThat(messages()).contains("of tenant \"corp\" cannot be used here; requests get 503");
    configuration.delete("tenants/org/upstreams/authz");
    assertThat(messages()).isEmpty();
    assertThat(asked("team", "r").backend().upstream()).isNotNull();
    configuration.delete("tenants/corp/upstreams/authz");
    assertThat(messages()).contains("upstream \"authz\" does not exist; requests get 503");
    assertThat(asked("corp", "r").backend().upstream()).isNull();
  }

  @Test
  void whileATreeIsBrokenNothingPassesUnasked() {
    configuration.json(
        "tenants/corp", "{'id':'corp','name':7,'external_authorization':{'upstream':'authz'}}");
    for (String tenant : new String[] {"org", "team"}) {
      assertThat(asked(tenant, "r").backend().upstream()).isNull();
      assertThat(asked(tenant, "r").rules().letsPass()).isFalse();
    }
    assertThat(messages()).contains("who is to be asked is not known; requests get 503");
    route("team", "none", ",'external_authorization':'none'");
    assertThat(asked("team", "none")).isNull();
    tenant("corp", "'kind':'enterprise'");
    assertThat(asked("team", "r")).isNull();
  }

  @Test
  void whatAnAnswerSaysForBackendsIsNeitherKeptNorMixedUp() {
    route("team", "kept", ",'cache':{}");
    route("team", "sets", ",'request_headers':{'set':{'X-Plan':'free'}}");
    assertThat(plan("team").routes().find("t", "GET", "/kept", name -> null).cache()).isNotNull();
    tenant(
        "corp",
        "'kind':'enterprise','external_authorization':"
            + "{'upstream':'authz','response_headers':['X-Plan']}");
    assertThat(plan("team").routes().find("t", "GET", "/kept", name -> null).cache()).isNull();
    assertThat(messages())
        .contains("tenants/team/routes/kept", "nothing is kept")
        .contains("tenants/team/routes/sets", "backends get \"x-plan\"");
  }

  /** What was said under other terms is void. */
  @Test
  void anotherWordOfTheTenantIsAnotherQuestion() {
    String before = asked("team", "r").route();
    tenant("corp", "'kind':'enterprise','tier':'gold'," + ASKS);
    assertThat(asked("team", "r").route()).isNotEqualTo(before);
    assertThat(asked("team", "r").route()).isNotEqualTo(asked("org", "r").route());
  }
}
