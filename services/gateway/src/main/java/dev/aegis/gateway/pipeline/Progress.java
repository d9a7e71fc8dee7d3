package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Places;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.LiveRequest;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.TenantPlan;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is known of a request so far. */
public sealed interface Progress {
  /** What was known at the beginning. */
  Inbound inbound();

  /** The tenant and route, null before they are known. */
  @Nullable Matched matchedOrNull();

  /** Who it comes from, null before that is known or where nobody asks. */
  @Nullable Caller callerOrNull();

  /** The same without what it may do. */
  default @Nullable Principal principalOrNull() {
    Caller caller = callerOrNull();
    return caller == null ? null : caller.principal();
  }

  /**
   * A request as it arrived.
   *
   * @param tenant whom its host belongs to, with the configuration that holds for the request from
   *     beginning to end; null when it is nobody's
   * @param requestId the caller's {@code X-Request-Id} or a new one
   * @param head its head
   * @param address the caller's address
   * @param handshake how its connection was opened
   * @param startedMillis when its first byte was read, Unix time
   * @param startedNanos the same on the monotonic clock
   * @param secure whether the caller spoke over TLS, to here or to a trusted proxy
   */
  record Inbound(
      @Nullable TenantPlan tenant,
      String requestId,
      RequestHead head,
      String address,
      Handshake handshake,
      long startedMillis,
      long startedNanos,
      boolean secure)
      implements Progress {
    /** One that came in the clear. */
    public Inbound(
        @Nullable TenantPlan tenant,
        String requestId,
        RequestHead head,
        String address,
        Handshake handshake,
        long startedMillis,
        long startedNanos) {
      this(tenant, requestId, head, address, handshake, startedMillis, startedNanos, false);
    }

    /** The same for another path. */
    public Inbound with(RequestHead other) {
      return new Inbound(
          tenant, requestId, other, address, handshake, startedMillis, startedNanos, secure);
    }

    /** When its first byte was read. */
    Instant began() {
      return Instant.ofEpochMilli(startedMillis);
    }

    @Override
    public Inbound inbound() {
      return this;
    }

    @Override
    public @Nullable Matched matchedOrNull() {
      return null;
    }

    @Override
    public @Nullable Caller callerOrNull() {
      return null;
    }
  }

  /**
   * A request whose tenant and route are known.
   *
   * @param route null when the tenant has no route for it
   */
  record Matched(Inbound inbound, TenantPlan tenant, @Nullable RoutePlan route)
      implements Progress {
    /** Plugins that take part: of the route, or of the tenant where there is none. */
    public Chain chain() {
      return route == null ? tenant.chain() : route.chain();
    }

    /** The same as plugins of {@code route}, or where there is none of the tenant, see it. */
    public LiveRequest live(@Nullable RoutePlan route, @Nullable Caller caller) {
      return new LiveRequest(
          inbound.head(),
          inbound.requestId(),
          tenant.id(),
          route == null ? "" : Pipeline.name(route),
          inbound.address(),
          inbound.secure(),
          caller == null ? "" : caller.principal().subjectIn(tenant.id()));
    }

    @Override
    public Matched matchedOrNull() {
      return this;
    }

    @Override
    public @Nullable Caller callerOrNull() {
      return null;
    }
  }

  /**
   * A request whose caller is known.
   *
   * @param route the matched route
   * @param caller who, null when the route asks nobody
   */
  record Identified(Matched matched, RoutePlan route, @Nullable Caller caller) implements Progress {
    /** The same as plugins see it. */
    public LiveRequest live() {
      return matched.live(route, caller);
    }

    /** Who asks, as limits tell callers apart. */
    RateLimit.Asker asker() {
      String tenant = matched.tenant().id();
      return new RateLimit.Asker(
          tenant,
          Pipeline.name(route),
          caller == null ? "" : caller.principal().subjectIn(tenant),
          caller == null ? "" : caller.key(),
          inbound().address(),
          inbound().head());
    }

    @Override
    public Inbound inbound() {
      return matched.inbound();
    }

    @Override
    public Matched matchedOrNull() {
      return matched;
    }

    @Override
    public @Nullable Caller callerOrNull() {
      return caller;
    }
  }

  /**
   * A request that may go on.
   *
   * @param limit the tightest limit that counted it, null when none did
   * @param lines header lines of an arbiter that the backend gets, {@code ""} for none
   * @param places what it holds of limits, and gives back when it ends, however that is
   */
  record Admitted(Identified identified, @Nullable Counted limit, String lines, Places places)
      implements Progress {
    @Override
    public Inbound inbound() {
      return identified.inbound();
    }

    @Override
    public Matched matchedOrNull() {
      return identified.matched();
    }

    @Override
    public @Nullable Caller callerOrNull() {
      return identified.caller();
    }
  }

  /**
   * What a limit made of a request.
   *
   * @param limit which
   * @param count where its window stands
   */
  record Counted(RateLimit limit, Count count) {}
}
