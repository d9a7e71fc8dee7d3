package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.cache.CachePlan;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.routing.UpstreamPath;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.HeaderEdit;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.gateway.upstream.Squeeze;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.Maintenance;
import dev.aegis.journal.RouteDefinition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route as requests use it.
 *
 * @param id of the route; null for the default route of a tenant without any
 * @param pattern patterns of its paths, separated by commas, as spans say it
 * @param auth what a caller must show
 * @param reportOnly whether what roles forbid is let pass, and only counted
 * @param arbiter who is asked too whether requests may pass, or null
 * @param maintenance what callers are told instead of being served, or null
 * @param end what becomes of its requests
 * @param path which path an upstream gets
 * @param stripCredentials whether credentials stay here
 * @param requestEdit what is changed about the header that an upstream gets
 * @param replyEdit what is changed about the header of its reply
 * @param cors which pages of other origins may use it, null when that is left to the upstream
 * @param mirror who gets a copy of its requests, or null
 * @param squeeze which replies are compressed, null for none
 * @param cache which replies are kept, null for none
 * @param caps most bytes of bodies
 * @param limits in the order in which they are asked
 * @param chain plugins that take part in its requests
 */
public record RoutePlan(
    @Nullable String id,
    String pattern,
    RouteDefinition.Auth auth,
    boolean reportOnly,
    @Nullable ArbiterPlan arbiter,
    @Nullable Maintenance maintenance,
    End end,
    UpstreamPath path,
    boolean stripCredentials,
    HeaderEdit requestEdit,
    HeaderEdit replyEdit,
    @Nullable CorsPlan cors,
    @Nullable MirrorPlan mirror,
    @Nullable Squeeze squeeze,
    @Nullable CachePlan cache,
    RouteDefinition.Caps caps,
    List<RateLimit> limits,
    Chain chain) {
  public RoutePlan {
    limits = List.copyOf(limits);
  }

  /**
   * Who gets copies.
   *
   * @param percent share of the requests
   * @param maxBodyBytes most bytes of the body of a request that is copied
   */
  public record MirrorPlan(Upstream upstream, int percent, int maxBodyBytes) {}

  /** What becomes of a request that was admitted. */
  public sealed interface End {
    /** An upstream serves it; where there is none, it is 503 and a finding says why. */
    record Forwarded(Split split) implements End {}

    /** The caller is told to go elsewhere. */
    record Redirected(Redirect redirect) implements End {}
  }

  /** The only upstream that can serve it, null when there are several or none. */
  public @Nullable Backend only() {
    return switch (end) {
      case End.Forwarded(Split split) -> split.only();
      case End.Redirected redirected -> null;
    };
  }

  /** The path that the upstream gets for a canonical {@code path}. */
  public String upstreamPath(String path) {
    return this.path.of(path);
  }
}
