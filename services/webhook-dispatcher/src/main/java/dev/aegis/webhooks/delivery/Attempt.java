package dev.aegis.webhooks.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One call that was made for a delivery.
 *
 * @param at when it began
 * @param latencyMillis until the head of the reply, or until it failed
 * @param status of the reply, or null when there was none
 * @param error why it was not a success, or null: {@code status}, {@code redirect}, or a code of
 *     {@link dev.aegis.egress.CallResult.Failure}
 */
public record Attempt(
    Instant at, long latencyMillis, @Nullable Integer status, @Nullable String error) {}
