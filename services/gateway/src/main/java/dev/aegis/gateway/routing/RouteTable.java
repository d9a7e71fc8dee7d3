package dev.aegis.gateway.routing;

import dev.aegis.journal.RouteDefinition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one tenant in the order in which they are tried: higher priority first, then the
 * more specific path, then the one that asks for a host, for more headers, for methods, then the
 * id, so the answer never depends on the order of creation.
 *
 * @param <P> what a route leads to
 */
public final class RouteTable<P> {
  private final List<Row<P>> rows;

  private RouteTable(List<Row<P>> rows) {
    this.rows = rows;
  }

  private record Row<P>(CompiledPath path, RouteDefinition route, P plan) {}

  /** Compiles the table of routes and what they lead to. */
  public static <P> RouteTable<P> of(Collection<Map.Entry<RouteDefinition, P>> routes) {
    List<Row<P>> rows = new ArrayList<>();
    for (Map.Entry<RouteDefinition, P> each : routes) {
      for (CompiledPath path : CompiledPath.all(each.getKey().paths())) {
        rows.add(new Row<>(path, each.getKey(), each.getValue()));
      }
    }
    rows.sort(
        Comparator.<Row<P>>comparingInt(row -> -row.route().priority())
            .thenComparing(Row::path)
            .thenComparingInt(row -> row.route().hosts().isEmpty() ? 1 : 0)
            .thenComparingInt(row -> -row.route().headers().size())
            .thenComparingInt(row -> row.route().methods().isEmpty() ? 1 : 0)
            .thenComparing(row -> row.route().id()));
    return new RouteTable<>(List.copyOf(rows));
  }

  /** Whether there are no routes at all. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * Finds the first route that matches.
   *
   * @param header looks a request header up by its lower-case name, null when absent
   */
  public @Nullable P find(
      String host, String method, String path, Function<String, @Nullable String> header) {
    for (Row<P> row : rows) {
      RouteDefinition route = row.route();
      if ((route.methods().isEmpty() || route.methods().contains(method))
          && row.path().matches(path)
          && (route.hosts().isEmpty() || route.hosts().contains(host))
          && headersMatch(route, header)) {
        return row.plan();
      }
    }
    return null;
  }

  private static boolean headersMatch(
      RouteDefinition route, Function<String, @Nullable String> header) {
    if (route.headers().isEmpty()) {
      return true;
    }
    for (Map.Entry<String, String> wanted : route.headers().entrySet()) {
      if (!wanted.getValue().equals(header.apply(wanted.getKey()))) {
        return false;
      }
    }
    return true;
  }
}
