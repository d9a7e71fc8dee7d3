package dev.aegis.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.Destination;
import dev.aegis.journal.HeaderEdits;
import dev.aegis.journal.PathPattern;
import dev.aegis.journal.Rewrite;
import dev.aegis.journal.RouteDefinition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route a request gets. */
final class RoutingTest {
  @ParameterizedTest
  @CsvSource({
    "/,/,true",
    "/,/a,false",
    "/**,/,true",
    "/**,/a/b/,true",
    "/api/**,/api,true",
    "/api/**,/api/,true",
    "/api/**,/api/a/b,true",
    "/api/**,/apis,false",
    "/api/**,/ap,false",
    "/api/**,/API/a,false",
    "/api,/api,true",
    "/api,/api/,false",
    "/api/,/api,false",
    "/api/,/api/,true",
    "/*,/a,true",
    "/*,/,false",
    "/*,/a/,false",
    "/*/,/a/,true",
    "/a/*/c,/a/b/c,true",
    "/a/*/c,/a//c,false",
    "/a/*/c,/a/c,false",
    "/a/*/c,/a/b/c/d,false",
    "/a/*/**,/a,false",
    "/a/*/**,/a/b,true",
    "/a/*/**,/a/b/c/d,true",
    "/a/*/**,/a/,false"
  })
  void matches(String pattern, String path, boolean matches) {
    assertThat(PathPattern.violation(pattern)).isNull();
    assertThat(CompiledPath.of(pattern).matches(path)).isEqualTo(matches);
  }

  /** A second, slower reading of the same words: a regular expression. */
  @Property(tries = 3000)
  void matchesAsTheWordsSay(@ForAll("patterns") String pattern, @ForAll("paths") String path) {
    StringBuilder regex = new StringBuilder();
    for (String segment : pattern.substring(1).split("/", -1)) {
      regex.append(
          switch (segment) {
            case "**" -> "(/.*)?";
            case "*" -> "/[^/]+";
            default -> "/" + Pattern.quote(segment);
          });
    }
    boolean wanted = Pattern.matches(regex.toString(), path) || pattern.equals("/**");
    assertThat(CompiledPath.of(pattern).matches(path)).isEqualTo(wanted);
  }

  @Provide
  Arbitrary<String> patterns() {
    Arbitrary<List<String>> segments =
        Arbitraries.of("a", "b", "ab", "*", "*").list().ofMinSize(1).ofMaxSize(4);
    return segments.flatMap(
        s -> Arbitraries.of("", "/", "/**").map(end -> "/" + String.join("/", s) + end));
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of("a", "b", "ab", "c")
        .list()
        .ofMaxSize(5)
        .flatMap(
            s ->
                Arbitraries.of("", "/")
                    .map(end -> "/" + String.join("/", s) + (s.isEmpty() ? "" : end)));
  }

  @Test
  void triesTheMoreSpecificPathFirst() {
    List<String> order =
        List.of("/a/b/c", "/a/b", "/a/b/**", "/a/*/c", "/a/*", "/a", "/a/**", "/*/b", "/*", "/**");
    List<CompiledPath> sorted = new ArrayList<>(CompiledPath.all(order));
    Collections.shuffle(sorted, new Random(7));
    Collections.sort(sorted);
    assertThat(sorted.stream().map(CompiledPath::toString)).containsExactlyElementsOf(order);
  }

  private static RouteDefinition route(String id, UnaryOperator<Draft> change) {
    Draft draft = change.apply(new Draft(List.of("/**"), Set.of(), Map.of(), List.of(), 0));
    return new RouteDefinition(
        id,
        draft.paths(),
        new Destination.One("u"),
        draft.methods(),
        draft.headers(),
        draft.hosts(),
        RouteDefinition.Auth.JWT,
        false,
        null,
        null,
        new Rewrite.None(),
        false,
        HeaderEdits.NONE,
        HeaderEdits.NONE,
        null,
        null,
        null,
        null,
        RouteDefinition.Caps.NONE,
        null,
        draft.priority());
  }

  private record Draft(
      List<String> paths,
      Set<String> methods,
      Map<String, String> headers,
      List<String> hosts,
      int priority) {
    Draft path(String... newer) {
      return new Draft(List.of(newer), methods, headers, hosts, priority);
    }

    Draft method(String newer) {
      return new Draft(paths, Set.of(newer), headers, hosts, priority);
    }

    Draft header(String name, String value) {
      return new Draft(paths, methods, Map.of(name, value), hosts, priority);
    }

    Draft host(String newer) {
      return new Draft(paths, methods, headers, List.of(newer), priority);
    }

    Draft first(int newer) {
      return new Draft(paths, methods, headers, hosts, newer);
    }
  }

  /** The answer never depends on the order of creation: tried in every order of a few. */
  private static String find(
      List<RouteDefinition> routes,
      String host,
      String method,
      String path,
      Map<String, String> headers) {
    String found = null;
    for (int i = 0; i < routes.size(); i++) {
      List<RouteDefinition> order = new ArrayList<>(routes);
      Collections.rotate(order, i);
      Map<RouteDefinition, String> plans = new LinkedHashMap<>();
      order.forEach(route -> plans.put(route, route.id()));
      String now = RouteTable.of(plans.entrySet()).find(host, method, path, headers::get);
      assertThat(i == 0 || java.util.Objects.equals(now, found)).isTrue();
      found = now;
    }
    return found;
  }

  @Test
  void choosesByPriorityThenPathThenWhatElseIsAsked() {
    List<RouteDefinition> routes =
        List.of(
            route("all", d -> d),
            route("a", d -> d.path("/a/**")),
            route("a-get", d -> d.path("/a/**").method("GET")),
            route("a-beta", d -> d.path("/a/**").header("x-beta", "1")),
            route("a-host", d -> d.path("/a/**").host("h.test")),
            route("z-first", d -> d.path("/**").method("DELETE").first(1)),
            route("two", d -> d.path("/x", "/a/b")));
    assertThat(find(routes, "t", "POST", "/q", Map.of())).isEqualTo("all");
    assertThat(find(routes, "t", "POST", "/a/c", Map.of())).isEqualTo("a");
    assertThat(find(routes, "t", "GET", "/a/c", Map.of())).isEqualTo("a-get");
    assertThat(find(routes, "t", "GET", "/a/c", Map.of("x-beta", "1"))).isEqualTo("a-beta");
    assertThat(find(routes, "t", "GET", "/a/c", Map.of("x-beta", "2"))).isEqualTo("a-get");
    assertThat(find(routes, "h.test", "POST", "/a/c", Map.of())).isEqualTo("a-host");
    assertThat(find(routes, "t", "DELETE", "/a/b", Map.of())).isEqualTo("z-first");
    assertThat(find(routes, "t", "GET", "/a/b", Map.of())).isEqualTo("two");
    assertThat(find(routes, "t", "GET", "/x", Map.of())).isEqualTo("two");
  }

  @Test
  void findsNothingWhereNothingMatches() {
    assertThat(RouteTable.of(Map.<RouteDefinition, String>of().entrySet()).isEmpty()).isTrue();
    List<RouteDefinition> routes =
        List.of(
            route("get", d -> d.method("GET").path("/a")),
            route("host", d -> d.host("h.test").path("/b")));
    assertThat(find(routes, "t", "POST", "/a", Map.of())).isNull();
    assertThat(find(routes, "t", "get", "/a", Map.of())).isNull();
    assertThat(find(routes, "t", "GET", "/b", Map.of())).isNull();
    assertThat(find(routes, "x.h.test", "GET", "/b", Map.of())).isNull();
  }
}
