package dev.aegis.admin.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Violation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who names whom. */
final class ReferencesTest {
  private static final ObjectKey ROUTE = ObjectKey.parse("tenants/t/routes/r");
  private static final ObjectKey UPSTREAM = ObjectKey.parse("tenants/t/upstreams/orders");

  private final Fold fold = new Fold();

  private static ObjectNode read(String json) throws Exception {
    return Json.readObject(json.getBytes(StandardCharsets.UTF_8));
  }

  private void put(ObjectKey key, String json) throws Exception {
    assertThat(
            fold.apply(
                fold.revision() + 1,
                new Change(key, read(json), Change.ANY, "test", Instant.EPOCH)))
        .isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void theServiceThatATenantHasAskedMustBeThereAndStay() throws Exception {
    ObjectKey tenant = ObjectKey.tenant("t");
    String asking =
        "{\"id\":\"t\",\"name\":\"t\",\"external_authorization\":{\"upstream\":\"%s\"}}";
    // A tenant comes before its upstreams.
    assertThat(References.check(fold, tenant, read(asking.formatted("orders")))).isEmpty();
    put(tenant, "{\"id\":\"t\",\"name\":\"t\"}");
    put(UPSTREAM, "{\"id\":\"orders\",\"targets\":[{\"url\":\"http://127.0.0.1:1\"}]}");
    assertThat(References.check(fold, tenant, read(asking.formatted("ordres"))))
        .containsExactly(
            new Violation(
                "/external_authorization/upstream",
                "there is no upstream \"ordres\"; did you mean \"orders\"?"));
    assertThat(References.check(fold, tenant, read(asking.formatted("orders")))).isEmpty();
    assertThat(References.users(fold, UPSTREAM)).isEmpty();
    put(tenant, asking.formatted("orders"));
    assertThat(References.users(fold, UPSTREAM)).containsExactly("tenants/t");
    // What is wrong already does not keep anybody from changing something else.
    put(tenant, asking.formatted("gone"));
    assertThat(References.check(fold, tenant, read(asking.formatted("gone")))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/upstream | `\"upstream\":\"%s\"`",
        "/mirror/upstream | `\"upstream\":\"api-service-t\",\"mirror\":{\"upstream\":\"%s\"}`",
        "/external_authorization/upstream |"
            + " `\"upstream\":\"api-service-t\",\"external_authorization\":{\"upstream\":\"%s\"}`",
        "/split/1/upstream | `\"split\":[{\"upstream\":\"api-service-t\"},{\"upstream\":\"%s\"}]`"
      })
  void everyUpstreamOfARouteMustBeThereAndStay(String field, String member) throws Exception {
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(UPSTREAM, "{\"id\":\"orders\",\"targets\":[{\"url\":\"http://127.0.0.1:1\"}]}");
    String route = "{\"id\":\"r\",\"paths\":[\"/**\"]," + member + "}";
    assertThat(References.check(fold, ROUTE, read(route.formatted("ordres"))))
        .containsExactly(
            new Violation(field, "there is no upstream \"ordres\"; did you mean \"orders\"?"));
    assertThat(References.check(fold, ROUTE, read(route.formatted("orders")))).isEmpty();
    assertThat(References.users(fold, UPSTREAM)).isEmpty();
    put(ROUTE, route.formatted("orders"));
    assertThat(References.users(fold, UPSTREAM)).containsExactly("tenants/t/routes/r");
  }

  private static ObjectNode tenant(String id, String kind, String parent) throws Exception {
    return read(
        "{\"id\":\"%s\",\"name\":\"n\",\"kind\":\"%s\",\"parent\":%s}"
            .formatted(id, kind, parent == null ? "null" : '"' + parent + '"'));
  }

  private void putTenant(String id, String kind, String parent) throws Exception {
    put(ObjectKey.tenant(id), tenant(id, kind, parent).toString());
  }

  private List<Violation> check(String id, String kind, String parent) throws Exception {
    return References.check(fold, ObjectKey.tenant(id), tenant(id, kind, parent));
  }

  @ParameterizedTest
  @CsvSource({
    "enterprise,enterprise,false",
    "enterprise,organization,true",
    "enterprise,team,true",
    "enterprise,user,true",
    "organization,enterprise,false",
    "organization,organization,true",
    "organization,team,true",
    "organization,user,true",
    "team,enterprise,false",
    "team,organization,false",
    "team,team,true",
    "team,user,true",
    "user,enterprise,false",
    "user,organization,false",
    "user,team,false",
    "user,user,false"
  })
  void aTenantStandsOnlyBelowAKindThatRanksAboveIt(String above, String below, boolean may)
      throws Exception {
    putTenant("above", above, null);
    Violation misplaced =
        new Violation(
            "/parent", "a tenant of kind " + below + " cannot be below one of kind " + above);
    assertThat(check("below", below, "above")).isEqualTo(may ? List.of() : List.of(misplaced));
    // Nor does the kind of the one above change under it.
    putTenant("top", above.equals("team") ? "organization" : "team", null);
    putTenant("child", below, "top");
    assertThat(check("top", above, null))
        .isEqualTo(
            may
                ? List.of()
                : List.of(
                    new Violation("/kind", misplaced.message() + ", and tenant \"child\" is")));
  }

  @Test
  void aCycleOfTenantsIsNamed() throws Exception {
    putTenant("a", "organization", null);
    putTenant("b", "organization", "a");
    putTenant("c", "organization", "b");
    assertThat(check("a", "organization", "c"))
        .containsExactly(new Violation("/parent", "makes a cycle of tenants: a → c → b → a"));
    assertThat(check("a", "organization", "nobody"))
        .containsExactly(new Violation("/parent", "there is no tenant \"nobody\""));
  }

  @Test
  void aTreeHasNoMoreLevelsThanItMayHaveWhicheverEndGrows() throws Exception {
    for (int level = 1; level <= 5; level++) {
      putTenant("t" + level, "team", level == 1 ? null : "t" + (level - 1));
      putTenant("s" + level, "team", level == 1 ? null : "s" + (level - 1));
    }
    assertThat(check("s1", "team", "t3")).isEmpty();
    assertThat(check("s1", "team", "t4"))
        .containsExactly(
            new Violation("/parent", "makes a tree of 9 levels; there may be at most 8"));
    assertThat(check("new", "team", "s5")).isEmpty();
  }

  /** Two operators at the same moment, or an older version, may have let it be. */
  @Test
  void aTenantThatDoesNotFitCanStillBeChangedElsewhere() throws Exception {
    putTenant("a", "organization", "b");
    putTenant("b", "organization", "a");
    putTenant("u", "user", null);
    putTenant("o", "organization", "u");
    putTenant("lost", "organization", "nobody");
    for (String id : List.of("a", "b", "u", "o", "lost")) {
      ObjectKey key = ObjectKey.tenant(id);
      ObjectNode suspended = fold.find(key).body().deepCopy().put("status", "suspended");
      assertThat(References.check(fold, key, suspended)).as(id).isEmpty();
      assertThat(References.check(fold, key, suspended.put("parent", "nowhere")))
          .as(id)
          .isNotEmpty();
    }
    assertThat(check("a", "organization", null)).as("mended").isEmpty();
  }

  @Test
  void aTenantStaysWhileOthersAreBelowIt() throws Exception {
    putTenant("a", "organization", null);
    putTenant("b", "team", "a");
    putTenant("c", "user", "a");
    assertThat(References.users(fold, ObjectKey.tenant("a")))
        .containsExactly("tenants/b", "tenants/c");
    assertThat(References.users(fold, ObjectKey.tenant("b"))).isEmpty();
  }

  /** What a tenant inherits may be named, and stays while it is. */
  @Test
  void inheritedUpstreamsAndRolesMayBeNamedAndStay() throws Exception {
    ObjectKey upstream = ObjectKey.parse("tenants/a/upstreams/orders");
    ObjectKey base = ObjectKey.parse("tenants/a/roles/base");
    ObjectKey route = ObjectKey.parse("tenants/c/routes/r");
    ObjectKey role = ObjectKey.parse("tenants/c/roles/more");
    String routed = "{\"id\":\"r\",\"paths\":[\"/**\"],\"upstream\":\"orders\"}";
    String inheriting = "{\"id\":\"more\",\"permissions\":[],\"inherits\":[\"base\"]}";
    putTenant("a", "enterprise", null);
    putTenant("b", "organization", "a");
    put(ObjectKey.tenant("c"), shared("c", "b"));
    put(upstream, "{\"id\":\"orders\",\"targets\":[{\"url\":\"http://127.0.0.1:1\"}]}");
    put(base, "{\"id\":\"base\",\"permissions\":[]}");
    // A strict tenant is between them.
    assertThat(References.check(fold, route, read(routed))).hasSize(1);
    assertThat(References.check(fold, role, read(inheriting))).isEmpty();
    put(ObjectKey.tenant("b"), shared("b", "a"));
    assertThat(References.check(fold, route, read(routed))).isEmpty();
    put(route, routed);
    put(role, inheriting);
    assertThat(References.users(fold, upstream)).containsExactly("tenants/c/routes/r");
    assertThat(References.users(fold, base)).containsExactly("tenants/c/roles/more");
    put(ObjectKey.parse("tenants/b/roles/base"), "{\"id\":\"base\",\"permissions\":[]}");
    assertThat(References.users(fold, base)).as("another is nearer").isEmpty();
  }

  private static String shared(String id, String parent) throws Exception {
    return tenant(id, "organization", parent).put("isolation", "shared").toString();
  }

  @Test
  void everyRoleOfABindingMustBeThereAndStay() throws Exception {
    ObjectKey binding = ObjectKey.parse("tenants/t/bindings/b");
    ObjectKey role = ObjectKey.parse("tenants/t/roles/reader");
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(role, "{\"id\":\"reader\",\"permissions\":[]}");
    assertThat(
            References.check(
                fold,
                binding,
                read("{\"id\":\"b\",\"subject\":\"s\",\"roles\":[\"reader\",\"raeder\"]}")))
        .containsExactly(
            new Violation("/roles/1", "there is no role \"raeder\"; did you mean \"reader\"?"));
    assertThat(References.users(fold, role)).isEmpty();
    put(binding, "{\"id\":\"b\",\"subject\":\"s\",\"roles\":[\"reader\"]}");
    assertThat(References.users(fold, role)).containsExactly("tenants/t/bindings/b");
    assertThat(References.users(fold, binding)).isEmpty();
  }

  @Test
  void aCycleOfRolesIsNamed() throws Exception {
    put(ObjectKey.tenant("t"), "{\"id\":\"t\",\"name\":\"t\"}");
    put(ObjectKey.parse("tenants/t/roles/a"), "{\"id\":\"a\",\"permissions\":[]}");
    put(
        ObjectKey.parse("tenants/t/roles/b"),
        "{\"id\":\"b\",\"permissions\":[],\"inherits\":[\"a\"]}");
    put(
        ObjectKey.parse("tenants/t/roles/c"),
        "{\"id\":\"c\",\"permissions\":[],\"inherits\":[\"b\"]}");
    assertThat(
            References.check(
                fold,
                ObjectKey.parse("tenants/t/roles/a"),
                read("{\"id\":\"a\",\"permissions\":[],\"inherits\":[\"c\"]}")))
        .containsExactly(new Violation("/inherits/0", "makes a cycle of roles: a → c → b → a"));
  }
}
