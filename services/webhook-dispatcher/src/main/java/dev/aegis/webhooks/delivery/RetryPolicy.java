package dev.aegis.webhooks.delivery;

import dev.aegis.egress.CallResult;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows an attempt: done, another one later, or given up.
 *
 * @param delays waits before the second, third, … attempt; there are as many retries as delays
 * @param retryAfterBound longest wait that a receiver may ask for by {@code Retry-After}
 * @param random numbers from 0 to 1, exclusive, that spread retries over time
 */
public record RetryPolicy(List<Duration> delays, Duration retryAfterBound, DoubleSupplier random) {
  /** A wait is lengthened by up to this part of itself, so retries do not come in one herd. */
  static final double JITTER = 0.2;

  private static final int GONE = 410;

  public RetryPolicy {
    delays = List.copyOf(delays);
  }

  /**
   * The delivery after an attempt.
   *
   * @param began when the attempt began
   * @param now when its result was known
   */
  Delivery after(Delivery delivery, CallResult.Answered reply, Instant began, Instant now) {
    int status = reply.status();
    boolean taken = status >= 200 && status < 300;
    String error = taken ? null : status >= 300 && status < 400 ? "redirect" : "status";
    Attempt attempt = new Attempt(began, reply.latency().toMillis(), status, error);
    if (taken) {
      return delivery.finished(attempt, Delivery.State.DELIVERED);
    }
    if (status == GONE) {
      return delivery.finished(attempt, Delivery.State.GONE);
    }
    return again(delivery, attempt, retryAfter(reply.retryAfter(), now), now);
  }

  /** The delivery after an attempt that got no reply. */
  Delivery after(Delivery delivery, CallResult.Failed failed, Instant began, Instant now) {
    Attempt attempt =
        new Attempt(began, failed.latency().toMillis(), null, failed.failure().code());
    return again(delivery, attempt, Duration.ZERO, now);
  }

  private Delivery again(Delivery delivery, Attempt attempt, Duration least, Instant now) {
    int made = delivery.attempts().size();
    if (made >= delays.size()) {
      return delivery.finished(attempt, Delivery.State.FAILED);
    }
    Duration wait = delays.get(made);
    wait = wait.plusMillis((long) (wait.toMillis() * JITTER * random.getAsDouble()));
    return delivery.retried(attempt, now.plus(wait.compareTo(least) > 0 ? wait : least));
  }

  /** Seconds or a date (RFC 9110 section 10.2.3), within the bound; what cannot be read is none. */
  private Duration retryAfter(@Nullable String text, Instant now) {
    if (text == null) {
      return Duration.ZERO;
    }
    Duration asked;
    if (!text.isEmpty() && text.length() <= 9 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      asked = Duration.ofSeconds(Long.parseLong(text));
    } else {
      try {
        asked =
            Duration.between(
                now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      } catch (DateTimeException e) {
        return Duration.ZERO;
      }
    }
    return asked.compareTo(retryAfterBound) > 0 ? retryAfterBound : asked;
  }
}
