package dev.aegis.journal;

import java.time.Duration;

/**
 * What callers are told while a route is out of service.
 *
 * @param status 500 to 599
 * @param retryAfter when it is worth another try, in whole seconds; zero when nobody knows
 * @param message for a person; {@code ""} when there is nothing to say
 */
public record Maintenance(int status, Duration retryAfter, String message) {
  static Maintenance read(Fields fields) {
    return new Maintenance(
        (int) fields.number("status", 503, 500, 599),
        Duration.ofSeconds(fields.number("retry_after_s", 0, 0, 31_536_000)),
        fields.textOr("message", ""));
  }
}
