package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.journal.RouteDefinition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route as requests use it.
 *
 * @param id of the route; null for the default route of a tenant without any
 * @param auth what a caller must show
 * @param split who serves it; where there is none, the route answers 503 and a finding says why
 * @param stripPrefix taken off the path, or null
 * @param stripCredentials whether credentials stay here
 * @param caps most bytes of bodies
 * @param limits in the order in which they are asked
 */
public record RoutePlan(
    @Nullable String id,
    RouteDefinition.Auth auth,
    Split split,
    @Nullable String stripPrefix,
    boolean stripCredentials,
    RouteDefinition.Caps caps,
    List<RateLimit> limits) {
  public RoutePlan {
    limits = List.copyOf(limits);
  }

  /** The path that the upstream gets for a canonical {@code path}. */
  public String upstreamPath(String path) {
    String prefix = stripPrefix;
    if (prefix == null || !path.startsWith(prefix)) {
      return path;
    }
    if (path.length() == prefix.length()) {
      return "/";
    }
    return path.charAt(prefix.length()) == '/' ? path.substring(prefix.length()) : path;
  }
}
