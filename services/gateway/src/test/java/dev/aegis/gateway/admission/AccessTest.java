package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.aegis.journal.Condition;
import dev.aegis.journal.RoleDefinition;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a set of roles adds up to. */
final class AccessTest {
  private final Map<String, RoleDefinition> known = new HashMap<>();

  private void role(String id, List<String> inherits, RoleDefinition.Permission... permissions) {
    known.put(id, new RoleDefinition(id, List.of(permissions), inherits));
  }

  private static RoleDefinition.Permission allow(String method, String path) {
    return permission(method, path, false);
  }

  private static RoleDefinition.Permission deny(String method, String path) {
    return permission(method, path, true);
  }

  private static RoleDefinition.Permission permission(String method, String path, boolean deny) {
    return new RoleDefinition.Permission(
        method.isEmpty() ? Set.of() : Set.of(method), List.of(path), deny);
  }

  private boolean allows(List<String> roles, String method, String path) {
    boolean allows = Access.of(roles, known).allows(method, path);
    List<String> reversed = new ArrayList<>(roles);
    Collections.reverse(reversed);
    assertThat(Access.of(reversed, known).allows(method, path)).isEqualTo(allows);
    return allows;
  }

  @Test
  void allowsNothingThatNobodyAllows() {
    role("reader", List.of(), allow("GET", "/a/**"));
    assertThat(allows(List.of(), "GET", "/a")).isFalse();
    assertThat(allows(List.of("nobody"), "GET", "/a")).isFalse();
    assertThat(allows(List.of("Reader"), "GET", "/a")).isFalse();
    assertThat(allows(List.of("reader"), "GET", "/b")).isFalse();
    assertThat(allows(List.of("reader"), "HEAD", "/a")).isFalse();
    assertThat(allows(List.of("reader"), "get", "/a")).isFalse();
    assertThat(allows(List.of("reader"), "GET", "/a/b")).isTrue();
    assertThat(allows(List.of("nobody", "reader", "reader"), "GET", "/a/b")).isTrue();
  }

  @Test
  void deniesWhateverElseAllows() {
    role("all", List.of(), allow("", "/**"));
    role("no-admin", List.of(), deny("", "/admin/**"), deny("DELETE", "/**"));
    assertThat(allows(List.of("all"), "GET", "/admin/x")).isTrue();
    assertThat(allows(List.of("all", "no-admin"), "GET", "/admin/x")).isFalse();
    assertThat(allows(List.of("all", "no-admin"), "GET", "/admin")).isFalse();
    assertThat(allows(List.of("all", "no-admin"), "GET", "/administer")).isTrue();
    assertThat(allows(List.of("all", "no-admin"), "DELETE", "/x")).isFalse();
    assertThat(allows(List.of("no-admin"), "GET", "/x")).isFalse();
  }

  @Test
  void inheritsBothWhatIsAllowedAndWhatIsDenied() {
    role("base", List.of(), allow("GET", "/**"), deny("", "/secret"));
    role("middle", List.of("base", "gone"), allow("POST", "/**"));
    role("top", List.of("middle"), allow("", "/secret"));
    assertThat(allows(List.of("top"), "GET", "/x")).isTrue();
    assertThat(allows(List.of("top"), "POST", "/x")).isTrue();
    assertThat(allows(List.of("top"), "PUT", "/x")).isFalse();
    assertThat(allows(List.of("top"), "GET", "/secret")).isFalse();
    assertThat(allows(List.of("base"), "POST", "/x")).isFalse();
  }

  @Test
  void endsWhereRolesInheritEachOther() {
    role("a", List.of("b"), allow("GET", "/a"));
    role("b", List.of("c", "a"), allow("GET", "/b"));
    role("c", List.of("a", "c"), deny("GET", "/b"));
    assertThat(allows(List.of("a"), "GET", "/a")).isTrue();
    assertThat(allows(List.of("a"), "GET", "/b")).isFalse();
    assertThat(allows(List.of("c"), "GET", "/a")).isTrue();
  }

  @Test
  void namesTheRuleThatDecides() {
    role("base", List.of(), allow("GET", "/a/*"), deny("", "/a/secret"));
    role("middle", List.of("base"));
    role("top", List.of("middle"), allow("POST", "/**"));
    Access access = Access.of(List.of("top"), known);
    assertThat(access.permission("GET", "/a/b"))
        .isEqualTo(new Rule("base", List.of("top", "middle"), 0, "/a/*", false));
    assertThat(access.permission("POST", "/a/b"))
        .isEqualTo(new Rule("top", List.of(), 0, "/**", false));
    assertThat(access.denial("GET", "/a/secret"))
        .isEqualTo(new Rule("base", List.of("top", "middle"), 1, "/a/secret", true));
    assertThat(access.denial("GET", "/a/b")).isNull();
    assertThat(access.permission("PUT", "/a/b")).isNull();
  }

  /** A thousand roles of ten patterns each, asked for what they allow, deny and do not know. */
  @Test
  void makesNoObjectForADecision() {
    List<String> roles = thousandRoles();
    Access access = Access.of(roles, known);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().threadId();
    assertThat(decisions(access)).isEqualTo(1_000);
    long before = threads.getThreadAllocatedBytes(self);
    int allowed = decisions(access);
    long after = threads.getThreadAllocatedBytes(self);
    assertThat(allowed).isEqualTo(1_000);
    assertThat(after - before).isLessThan(4_096); // of asking for the figure itself
  }

  private List<String> thousandRoles() {
    List<String> roles = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      RoleDefinition.Permission[] permissions = new RoleDefinition.Permission[10];
      for (int j = 0; j < 9; j++) {
        permissions[j] = allow("GET", "/api/v" + j + "/area-" + i + "/*/items/**");
      }
      permissions[9] = deny("DELETE", "/api/*/area-" + i + "/**");
      role("role-" + i, List.of(), permissions);
      roles.add("role-" + i);
    }
    return roles;
  }

  private static int decisions(Access access) {
    int allowed = 0;
    for (int i = 0; i < 1_000; i++) {
      allowed += access.allows("GET", "/api/v3/area-500/x/items/7") ? 1 : 0;
      allowed += access.allows("DELETE", "/api/v3/area-500/x/items/7") ? 1 : 0;
      allowed += access.allows("GET", "/api/v3/area-5000/x/items/7") ? 1 : 0;
    }
    return allowed;
  }

  @Test
  void compilesASetOfRolesOnce() {
    role("a", List.of(), allow("GET", "/a"));
    role("b", List.of(), allow("GET", "/b"));
    RoleSets sets = new RoleSets(known);
    Access both = access(sets, "a", "b");
    assertThat(access(sets, "b", "gone", "a", "b")).isSameAs(both);
    assertThat(access(sets, "a")).isNotSameAs(both);
    assertThat(both.allows("GET", "/b")).isTrue();
  }

  private static Access access(RoleSets sets, String... roles) {
    return sets.access(List.of(roles), "s", Map.of());
  }

  /** Kept up to a bound: what was forgotten is compiled again, and says the same. */
  @Test
  void keepsSetsUpToABound() {
    List<String> roles = thousandRoles();
    RoleSets sets = new RoleSets(known);
    Access first = sets.access(roles, "s", Map.of());
    for (int i = 0; i < 10; i++) {
      sets.access(roles.subList(0, 999 - i), "s", Map.of());
    }
    Access again = sets.access(roles, "s", Map.of());
    assertThat(again).isNotSameAs(first);
    assertThat(decisions(again)).isEqualTo(1_000);
  }

  private void conditional(String id, String path, boolean deny, Condition... when) {
    known.put(
        id,
        new RoleDefinition(
            id,
            List.of(
                new RoleDefinition.Permission(
                    Set.of(), List.of(path), deny, List.of(when), Map.of())),
            List.of()));
  }

  @Test
  void countsPermissionsOnlyWhenAllTheirConditionsHold() {
    conditional(
        "sales",
        "/deals/**",
        false,
        new Condition.In("department", List.of("sales", "board")),
        new Condition.Present("mfa", true));
    conditional("careful", "/**", true, new Condition.Present("mfa", false));
    role("all", List.of("careful"), allow("", "/**"));
    RoleSets sets = new RoleSets(known);
    assertThat(sets.claims()).containsExactlyInAnyOrder("department", "mfa");
    Map<String, List<String>> sales = Map.of("department", List.of("x", "sales"), "mfa", List.of());
    assertThat(sets.access(List.of("sales"), "s", sales).allows("GET", "/deals/1")).isTrue();
    assertThat(sets.access(List.of("sales"), "t", sales))
        .isSameAs(sets.access(List.of("sales"), "s", sales));
    for (Map<String, List<String>> other :
        List.of(
            Map.<String, List<String>>of(),
            Map.of("department", List.of("sales")),
            Map.of("mfa", List.of("true")),
            Map.of("department", List.of("Sales"), "mfa", List.<String>of()))) {
      assertThat(sets.access(List.of("sales"), "s", other).allows("GET", "/deals/1")).isFalse();
    }
    assertThat(sets.access(List.of("all"), "s", sales).allows("GET", "/x")).isTrue();
    assertThat(sets.access(List.of("all"), "s", Map.of()).allows("GET", "/x")).isFalse();
  }

  @Test
  void knowsTheSubjectWithoutAToken() {
    conditional("root", "/**", false, new Condition.In("sub", List.of("alice")));
    conditional("named", "/**", false, new Condition.Present("sub", true));
    RoleSets sets = new RoleSets(known);
    assertThat(sets.claims()).isEmpty();
    assertThat(sets.access(List.of("root"), "alice", Map.of()).allows("GET", "/x")).isTrue();
    assertThat(sets.access(List.of("root"), "bob", Map.of("sub", List.of("alice"))))
        .returns(false, access -> access.allows("GET", "/x"));
    assertThat(sets.access(List.of("named"), "bob", Map.of()).allows("GET", "/x")).isTrue();
  }

  /** Whatever is unreserved is not encoded in a canonical path; the rest may be, or not. */
  @ParameterizedTest
  @CsvSource({
    "alice,        /users/alice/cart,         true",
    "alice,        /users/alice,              true",
    "alice,        /users/bob/cart,           false",
    "alice,        /users/alicea/cart,        false",
    "alice,        /users/alic/cart,          false",
    "alice,        /users//cart,              false",
    "alice,        /users/Alice/cart,         false",
    "a@b,          /users/a@b/cart,           true",
    "a@b,          /users/a%40b/cart,         true",
    "a@b,          /users/a%4/cart,           false",
    "a%40b,        /users/a%40b/cart,         false",
    "a%40b,        /users/a%2540b/cart,       true",
    "auth0|7,      /users/auth0%7C7/cart,     true",
    "jürgen,       /users/j%C3%BCrgen/cart,   true",
    "jürgen,       /users/j%FCrgen/cart,      false",
    "a/b,          /users/a/b,                false",
    "'',           /users//cart,              false"
  })
  void comparesPartsOfPathsWithClaims(String subject, String path, boolean allowed) {
    known.put(
        "own",
        new RoleDefinition(
            "own",
            List.of(
                new RoleDefinition.Permission(
                    Set.of(), List.of("/users/*/**"), false, List.of(), Map.of(1, "sub"))),
            List.of()));
    RoleSets sets = new RoleSets(known);
    assertThat(sets.conditional()).isTrue();
    Access access = sets.access(List.of("own"), subject, Map.of());
    assertThat(access.allows("GET", path)).isEqualTo(allowed);
  }
}
