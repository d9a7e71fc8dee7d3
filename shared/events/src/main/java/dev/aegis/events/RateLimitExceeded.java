package dev.aegis.events;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a limit refused, a burst folded into one: the data of {@code rate_limit.exceeded}.
 *
 * @param routeId route of the requests, null for the tenant's default route
 * @param pluginId the limit
 * @param code of the refusals
 * @param subject of the last request, null when it had none
 * @param requestId of the last request
 * @param traceId of the last request, null when it had none
 * @param count requests refused, at least 1
 * @param firstAt when the first was
 * @param lastAt when the last was
 */
public record RateLimitExceeded(
    @Nullable String routeId,
    String pluginId,
    String code,
    @Nullable String subject,
    String requestId,
    @Nullable String traceId,
    long count,
    Instant firstAt,
    Instant lastAt) {

  /** What an endpoint subscribes to. */
  public static final String TYPE = "rate_limit.exceeded";

  /** The event for {@code tenant}; its time is that of the last refusal. */
  public TenantEvent of(String tenant) {
    return new TenantEvent(
        TYPE,
        tenant,
        lastAt,
        JsonNodeFactory.instance
            .objectNode()
            .put("route_id", routeId)
            .put("plugin_id", pluginId)
            .put("code", code)
            .put("subject", subject)
            .put("request_id", requestId)
            .put("trace_id", traceId)
            .put("count", count)
            .put("first_at", firstAt.toString())
            .put("last_at", lastAt.toString()));
  }
}
