package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.RoleDefinition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

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
}
