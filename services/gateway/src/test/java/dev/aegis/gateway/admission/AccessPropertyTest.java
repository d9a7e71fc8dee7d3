package dev.aegis.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.routing.CompiledPath;
import dev.aegis.journal.Condition;
import dev.aegis.journal.RoleDefinition;
import dev.aegis.journal.RoleDefinition.Permission;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What was compiled says the same as asking each pattern of each role in turn. */
class AccessPropertyTest {
  /** Few names, so that patterns and paths meet; two of them have the same hash. */
  private static final List<String> NAMES = List.of("a", "b", "Aa", "BB", "a.b", "%20");

  private static final List<String> METHODS = List.of("GET", "POST", "get");
  private static final List<String> ROLES = List.of("r0", "r1", "r2", "r3");

  @Property(tries = 3_000)
  void saysWhatThePatternsSay(
      @ForAll("roles") List<RoleDefinition> roles,
      @ForAll("held") List<String> held,
      @ForAll("claims") Map<String, List<String>> claims,
      @ForAll("paths") List<String> paths) {
    Map<String, RoleDefinition> known = new HashMap<>();
    roles.forEach(role -> known.put(role.id(), role));
    Access access = new RoleSets(known).access(held, "a", claims);
    Map<String, List<String>> facts = new HashMap<>(claims);
    facts.put("sub", List.of("a"));
    for (String path : paths) {
      for (String method : METHODS) {
        boolean allowed =
            !covered(held, known, facts, method, path, true)
                && covered(held, known, facts, method, path, false);
        assertThat(access.allows(method, path)).as("%s %s", method, path).isEqualTo(allowed);
        assertCovers(access.denial(method, path), true, known, method, path);
        assertCovers(access.permission(method, path), false, known, method, path);
      }
    }
  }

  /** The rule that is named is one of those that decide. */
  private static void assertCovers(
      Rule rule, boolean deny, Map<String, RoleDefinition> known, String method, String path) {
    if (rule == null) {
      return;
    }
    Permission permission = known.get(rule.role()).permissions().get(rule.permission());
    assertThat(rule.deny()).isEqualTo(deny).isEqualTo(permission.deny());
    assertThat(permission.paths()).contains(rule.pattern());
    assertThat(CompiledPath.of(rule.pattern()).matches(path)).isTrue();
    assertThat(permission.methods().isEmpty() || permission.methods().contains(method)).isTrue();
    for (int i = 0; i < rule.through().size(); i++) {
      String next = i + 1 < rule.through().size() ? rule.through().get(i + 1) : rule.role();
      assertThat(known.get(rule.through().get(i)).inherits()).contains(next);
    }
  }

  private static boolean covered(
      List<String> held,
      Map<String, RoleDefinition> known,
      Map<String, List<String>> facts,
      String method,
      String path,
      boolean deny) {
    for (String id : reached(held, known)) {
      for (Permission permission : known.get(id).permissions()) {
        if (permission.deny() == deny
            && (permission.methods().isEmpty() || permission.methods().contains(method))
            && permission.when().stream().allMatch(each -> holds(each, facts))
            && permission.paths().stream()
                .anyMatch(each -> matches(each, permission.where(), facts, path))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean holds(Condition condition, Map<String, List<String>> facts) {
    return switch (condition) {
      case Condition.In(String claim, List<String> values) ->
          !Collections.disjoint(facts.getOrDefault(claim, List.of()), values);
      case Condition.Present(String claim, boolean present) -> facts.containsKey(claim) == present;
    };
  }

  private static boolean matches(
      String pattern, Map<Integer, String> where, Map<String, List<String>> facts, String path) {
    if (!CompiledPath.of(pattern).matches(path)) {
      return false;
    }
    String[] segments = pattern.split("/", -1);
    String[] given = path.split("/", -1);
    int place = 0;
    for (int i = 0; i < segments.length; i++) {
      String claim = segments[i].equals("*") ? where.get(++place) : null;
      if (claim != null
          && !facts
              .getOrDefault(claim, List.of())
              .contains(URLDecoder.decode(given[i], StandardCharsets.UTF_8))) {
        return false;
      }
    }
    return true;
  }

  private static Set<String> reached(List<String> held, Map<String, RoleDefinition> known) {
    Set<String> reached = new LinkedHashSet<>();
    for (String id : held) {
      reach(id, known, reached);
    }
    return reached;
  }

  private static void reach(String id, Map<String, RoleDefinition> known, Set<String> reached) {
    RoleDefinition role = known.get(id);
    if (role != null && reached.add(id)) {
      role.inherits().forEach(parent -> reach(parent, known, reached));
    }
  }

  @Provide
  Arbitrary<List<RoleDefinition>> roles() {
    Arbitrary<Permission> permissions =
        Combinators.combine(
                Arbitraries.of(METHODS).set().ofMaxSize(2),
                patterns().list().ofMinSize(1).ofMaxSize(3),
                Arbitraries.integers().between(0, 3),
                conditions().list().ofMaxSize(2),
                Arbitraries.maps(Arbitraries.of(1, 2), Arbitraries.of("sub", "x", "y"))
                    .ofMaxSize(1))
            .as(
                (methods, paths, effect, when, where) ->
                    new Permission(methods, paths, effect == 0, when, where));
    return Combinators.combine(
            permissions.list().ofMaxSize(4),
            Arbitraries.of(ROLES).list().ofMaxSize(2),
            Arbitraries.of(ROLES))
        .as((list, inherits, id) -> new RoleDefinition(id, list, inherits))
        .list()
        .ofMaxSize(4);
  }

  private static Arbitrary<Condition> conditions() {
    Arbitrary<String> claim = Arbitraries.of("sub", "x", "y", "z");
    return Arbitraries.oneOf(
        Combinators.combine(claim, Arbitraries.of("a", "b", " ").list().ofSize(2))
            .as(Condition.In::new),
        Combinators.combine(claim, Arbitraries.of(true, false)).as(Condition.Present::new));
  }

  @Provide
  Arbitrary<Map<String, List<String>>> claims() {
    return Arbitraries.maps(
            Arbitraries.of("x", "y"), Arbitraries.of("a", "b", "BB", " ").list().ofMaxSize(2))
        .ofMaxSize(2);
  }

  @Provide
  Arbitrary<List<String>> held() {
    return Arbitraries.of("r0", "r1", "r2", "r3", "gone").list().ofMaxSize(3);
  }

  private static Arbitrary<String> patterns() {
    Arbitrary<String> segment =
        Arbitraries.oneOf(Arbitraries.of(NAMES), Arbitraries.of("*", "*", NAMES.getFirst()));
    return Combinators.combine(segment.list().ofMaxSize(4), Arbitraries.of("", "/", "/**", "/**"))
        .as((segments, end) -> joined(segments) + end)
        .map(pattern -> pattern.isEmpty() ? "/" : pattern);
  }

  @Provide
  Arbitrary<List<String>> paths() {
    return Combinators.combine(
            Arbitraries.of(NAMES).list().ofMaxSize(5), Arbitraries.of("", "", "/"))
        .as((segments, end) -> joined(segments) + end)
        .map(path -> path.isEmpty() ? "/" : path)
        .list()
        .ofSize(8);
  }

  private static String joined(List<String> segments) {
    StringBuilder joined = new StringBuilder();
    segments.forEach(segment -> joined.append('/').append(segment));
    return joined.toString();
  }
}
