package dev.aegis.admin.changes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.changes.Restoration.Target;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The way back, without Kafka. */
final class GoingBackTest {
  private static final String KEY = "tenants/t/api-keys/k";
  private static final String REVOCATION = "tenants/t/revocations/r";

  private final Fold now = new Fold();
  private final Consistency consistency =
      new Consistency(
          PluginCatalog.builtIn(MasterKey.parse(MasterKey.newText())),
          new Hosts("example.test"),
          new OwnAddresses(Set::of));

  /** What the history knows of credentials, as {@code Past} finds it. */
  private final Map<ObjectKey, ObjectNode> credentials = new HashMap<>();

  @BeforeEach
  void tenant() {
    put("tenants/t", "{'id':'t','name':'T'}");
    put("tenants/t/upstreams/u", "{'id':'u','targets':[{'url':'http://10.0.0.1'}]}");
    put("tenants/t/roles/base", "{'id':'base','permissions':[{'paths':['/**']}]}");
    put("tenants/t/roles/a", "{'id':'a','permissions':[],'inherits':['base']}");
    put("tenants/t/routes/r", "{'id':'r','paths':['/**'],'upstream':'u'}");
  }

  @Test
  void whatIsAsItWasTakesNoStep() {
    assertThat(everything(then()).steps()).isEmpty();
  }

  @Test
  void whatIsNamedComesFirstAndGoesLast() {
    Map<ObjectKey, ObjectNode> then = then();
    delete("tenants/t");
    assertThat(keys(everything(then)))
        .containsExactly(
            "tenants/t",
            "tenants/t/roles/base",
            "tenants/t/roles/a",
            "tenants/t/upstreams/u",
            "tenants/t/routes/r");

    tenant();
    put("tenants/above", "{'id':'above','name':'A','kind':'enterprise'}");
    put("tenants/t", "{'id':'t','name':'T','parent':'above'}");
    put("tenants/t/upstreams/u2", "{'id':'u2','targets':[{'url':'http://10.0.0.1'}]}");
    put("tenants/t/routes/r2", "{'id':'r2','paths':['/2'],'upstream':'u2'}");
    put("tenants/t/roles/aa", "{'id':'aa','permissions':[],'inherits':['base']}");
    put("tenants/t/roles/b", "{'id':'b','permissions':[],'inherits':['aa']}");
    assertThat(keys(everything(then)))
        .containsExactly(
            "tenants/t",
            "tenants/t/routes/r2",
            "tenants/t/upstreams/u2",
            "tenants/t/roles/b",
            "tenants/t/roles/aa",
            "tenants/above");
  }

  @Test
  void theOrderOfMembersIsPartOfADocument() {
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/t", "{'name':'T','id':'t'}");
    assertThat(keys(everything(then))).containsExactly("tenants/t");
  }

  @Test
  void aTenantsObjectsGoWithItByOneChange() {
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/new", "{'id':'new','name':'N'}");
    put("tenants/new/revocations/x", "{'id':'x','jti':'x'}");
    put("tenants/new/upstreams/u", "{'id':'u','targets':[{'url':'http://10.0.0.1'}]}");
    Restoration back = everything(then);
    assertThat(keys(back)).containsExactly("tenants/new");
    assertThat(back.withheld()).isEmpty();
  }

  @Test
  void noRevocationIsLiftedAndNoneComesBack() {
    put(REVOCATION, "{'id':'r','jti':'then'}");
    Map<ObjectKey, ObjectNode> then = then();
    delete(REVOCATION);
    put("tenants/t/revocations/since", "{'id':'since','jti':'since'}");
    credentials.put(key("tenants/t/revocations/since"), body("tenants/t/revocations/since"));

    Restoration back = everything(then);

    assertThat(back.steps()).isEmpty();
    assertThat(back.withheld())
        .extracting(each -> each.key().toString())
        .containsExactlyInAnyOrder(REVOCATION, "tenants/t/revocations/since");
  }

  /** Also those that came after the revision, and before the tenant went. */
  @Test
  void aTenantThatComesBackBringsItsRevocations() {
    put(REVOCATION, "{'id':'r','jti':'then'}");
    Map<ObjectKey, ObjectNode> then = then();
    credentials.put(key(REVOCATION), json("{'id':'r','jti':'changed'}"));
    credentials.put(key("tenants/t/revocations/s"), json("{'id':'s','subject':'all'}"));
    credentials.put(key("tenants/other/revocations/s"), json("{'id':'s','subject':'all'}"));
    delete("tenants/t");

    List<Step> steps = everything(then).steps();

    assertThat(steps)
        .filteredOn(step -> step.key().kind() == Kind.REVOCATION)
        .extracting(step -> step.after().toString())
        .containsExactly(
            "{\"id\":\"r\",\"jti\":\"changed\"}", "{\"id\":\"s\",\"subject\":\"all\"}");
    assertThat(steps.get(1).key().kind()).as("before all that lets in").isEqualTo(Kind.REVOCATION);
  }

  @Test
  void aRevokedKeyStaysRevoked() {
    put(KEY, key("one", null));
    Map<ObjectKey, ObjectNode> then = then();
    delete(KEY);
    Restoration back = everything(then);
    assertThat(back.steps()).isEmpty();
    assertThat(back.withheld()).extracting(each -> each.key().toString()).containsExactly(KEY);
  }

  @Test
  void aKeyKeepsItsSecretsAndTheEarlierEnd() {
    put(KEY, key("one", null));
    Map<ObjectKey, ObjectNode> then = then();
    put(KEY, key("two", "2027-01-01T00:00:00Z").replace("'n'", "'renamed'"));
    credentials.put(key(KEY), body(KEY));

    Restoration back = everything(then);

    assertThat(back.steps().getFirst().after()).isEqualTo(json(key("two", "2027-01-01T00:00:00Z")));
    assertThat(back.withheld()).hasSize(1);

    put(KEY, key("one", "2028-01-01T00:00:00Z"));
    credentials.put(key(KEY), body(KEY));
    then.put(key(KEY), json(key("one", "2027-01-01T00:00:00Z")));
    assertThat(everything(then).steps().getFirst().after())
        .as("then it ended earlier")
        .isEqualTo(then.get(key(KEY)));
  }

  @Test
  void aKeyThatWentWithItsTenantComesWithItAsItLastWas() {
    put(KEY, key("one", null));
    Map<ObjectKey, ObjectNode> then = then();
    credentials.put(key(KEY), json(key("two", null)));
    delete("tenants/t");
    assertThat(everything(then).steps().getLast().after()).isEqualTo(json(key("two", null)));
  }

  @Test
  void onlyTheScopeGoesBack() {
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/t", "{'id':'t','name':'changed'}");
    put("tenants/t/routes/r", "{'id':'r','paths':['/changed'],'upstream':'u'}");
    put("tenants/other", "{'id':'other','name':'O'}");
    put("plugins/p", "{'id':'p'}");
    assertThat(keys(way(then, new Scope.OfTenant("t"))))
        .containsExactly("tenants/t", "tenants/t/routes/r");
    assertThat(keys(way(then, new Scope.OfObject(key("tenants/t/routes/r")))))
        .containsExactly("tenants/t/routes/r");
    assertThat(keys(way(then, new Scope.OfObject(key("tenants/t"))))).containsExactly("tenants/t");
    assertThat(keys(everything(then)))
        .containsExactly("tenants/t", "tenants/t/routes/r", "plugins/p", "tenants/other");
  }

  @Test
  void nobodyIsLeftWithANameForNothing() {
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/below", "{'id':'below','name':'B','parent':'t','isolation':'shared'}");
    put("tenants/t/roles/new", "{'id':'new','permissions':[]}");
    put("tenants/below/bindings/b", "{'id':'b','subject':'s','roles':['new']}");

    assertThat(wrong(then, new Scope.OfTenant("t")))
        .extracting(Violation::field)
        .containsExactly("tenants/below/bindings/b#/roles/0");
    assertThat(wrong(then, new Scope.Everything())).isEmpty();
  }

  @Test
  void anObjectDoesNotComeBackToWhatIsGone() {
    Map<ObjectKey, ObjectNode> then = then();
    delete("tenants/t/routes/r");
    delete("tenants/t/upstreams/u");
    assertThat(wrong(then, new Scope.OfObject(key("tenants/t/routes/r"))))
        .extracting(Violation::field)
        .containsExactly("tenants/t/routes/r#/upstream");
    assertThat(wrong(then, new Scope.OfTenant("t"))).isEmpty();
  }

  @Test
  void aHostIsNotTakenFromAnother() {
    put("tenants/t", "{'id':'t','name':'T','hosts':['a.test']}");
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/t", "{'id':'t','name':'T'}");
    put("tenants/other", "{'id':'other','name':'O','hosts':['a.test']}");
    assertThat(wrong(then, new Scope.OfTenant("t")))
        .extracting(Violation::field)
        .containsExactly("tenants/t#/hosts");
    assertThat(wrong(then, new Scope.Everything())).as("the other goes").isEmpty();
  }

  /** On the way two roles name each other; where it leads they do not. */
  @Test
  void onlyWhereItLeadsCounts() {
    Map<ObjectKey, ObjectNode> then = then();
    put("tenants/t/roles/a", "{'id':'a','permissions':[]}");
    put("tenants/t/roles/base", "{'id':'base','permissions':[],'inherits':['a']}");
    assertThat(wrong(then, new Scope.Everything())).isEmpty();
    assertThat(wrong(then, new Scope.OfTenant("t"))).isEmpty();
    assertThat(wrong(then, new Scope.OfObject(key("tenants/t/roles/a"))))
        .extracting(Violation::message)
        .allMatch(message -> message.contains("cycle"))
        .isNotEmpty();
  }

  private List<Violation> wrong(Map<ObjectKey, ObjectNode> then, Scope scope) {
    return consistency.check(now, way(then, scope).steps(), !(scope instanceof Scope.Everything));
  }

  private Restoration everything(Map<ObjectKey, ObjectNode> then) {
    return way(then, new Scope.Everything());
  }

  private Restoration way(Map<ObjectKey, ObjectNode> then, Scope scope) {
    return new GoingBack(now, new Target(then, credentials), scope).way();
  }

  private static List<String> keys(Restoration restoration) {
    return restoration.steps().stream().map(step -> step.key().toString()).toList();
  }

  /** All that there is, and the credentials among it as not taken away. */
  private Map<ObjectKey, ObjectNode> then() {
    Map<ObjectKey, ObjectNode> then = new HashMap<>();
    for (String tenant : now.tenants()) {
      for (Kind kind : Kind.values()) {
        for (Entry entry : now.list(kind, tenant)) {
          then.put(entry.key(), entry.body());
          if (kind == Kind.API_KEY || kind == Kind.REVOCATION) {
            credentials.put(entry.key(), entry.body());
          }
        }
      }
    }
    return then;
  }

  private static String key(String hash, String end) {
    return "{'id':'k','name':'n','subject':'s','expires_at':"
        + (end == null ? "null" : "'" + end + "'")
        + ",'secrets':['"
        + hash
        + "'],'hashes':['"
        + hash
        + "']}";
  }

  private static ObjectKey key(String text) {
    return ObjectKey.parse(text);
  }

  private ObjectNode body(String text) {
    return now.find(key(text)).body();
  }

  private void put(String key, String document) {
    change(key, json(document));
  }

  private void delete(String key) {
    change(key, null);
    if (!key.equals("tenants/t")) {
      credentials.remove(key(key));
    }
  }

  private void change(String key, ObjectNode document) {
    now.apply(
        now.revision() + 1, new Change(key(key), document, Change.ANY, "test", Instant.EPOCH));
  }

  private static ObjectNode json(String text) {
    try {
      return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }
}
