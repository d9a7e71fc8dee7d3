package dev.aegis.gateway.telemetry;

import dev.aegis.events.RequestEvent;
import org.jspecify.annotations.Nullable;

/**
 * A request that has come to its end.
 *
 * @param event what the world is told of it
 * @param address the caller's address, for the log alone
 * @param limit id of the limit that refused it, or null
 * @param detail what the log alone is told of the refusal, or null
 */
public record Finished(
    RequestEvent event, String address, @Nullable String limit, @Nullable String detail) {}
