package dev.aegis.admin.api;

import dev.aegis.admin.tenancy.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replies to requests that carried an {@code Idempotency-Key}, so that a repeated one gets the
 * same reply and changes nothing again.
 *
 * <p>Kept in this process' memory for a day, the oldest forgotten first: a repetition at another
 * instance, or after a restart, is an ordinary request. A reply that says "not now" (5xx) is not
 * kept.
 */
final class IdempotencyKeys {
  static final String HEADER = "Idempotency-Key";
  static final String REPLAYED = "Idempotent-Replayed";

  private static final int MAX_KEYS = 10_000;
  private static final int MAX_LENGTH = 255;
  private static final Duration KEPT = Duration.ofHours(24);

  private final InstantSource clock;
  private final Map<String, Kept> kept = new LinkedHashMap<>();

  IdempotencyKeys(InstantSource clock) {
    this.clock = clock;
  }

  /** A request that was seen; its reply is null while it is being made. */
  private record Kept(String fingerprint, Instant at, @Nullable Reply reply) {}

  /** The kept reply to this very request, else the reply that {@code make} makes. */
  Reply once(Call call, Supplier<Reply> make) {
    String header = call.header(HEADER);
    if (header == null) {
      return make.get();
    }
    if (header.isEmpty() || header.length() > MAX_LENGTH) {
      throw RefusedCall.malformed(HEADER + " must have 1 to " + MAX_LENGTH + " characters");
    }
    String key = call.operator().name() + "\n" + header;
    String fingerprint = fingerprint(call);
    Reply earlier = claim(key, fingerprint);
    if (earlier != null) {
      return earlier.with(REPLAYED, "true");
    }
    Reply reply = null;
    try {
      reply = make.get();
      return reply;
    } finally {
      settle(key, fingerprint, reply);
    }
  }

  private synchronized @Nullable Reply claim(String key, String fingerprint) {
    forget();
    Kept earlier = kept.get(key);
    if (earlier == null) {
      kept.put(key, new Kept(fingerprint, clock.instant(), null));
      return null;
    }
    if (!earlier.fingerprint().equals(fingerprint)) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.KEY_REUSED,
              "This " + HEADER + " came with another method, path or body before"));
    }
    if (earlier.reply() == null) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.KEY_IN_PROGRESS,
              "The first request with this " + HEADER + " has not been answered yet"));
    }
    return earlier.reply();
  }

  private synchronized void settle(String key, String fingerprint, @Nullable Reply reply) {
    if (reply == null || reply.status() >= 500 || !(reply.body() instanceof Reply.Body.Bytes)) {
      kept.remove(key);
    } else {
      kept.put(key, new Kept(fingerprint, clock.instant(), reply));
    }
  }

  private void forget() {
    Instant oldest = clock.instant().minus(KEPT);
    Iterator<Kept> each = kept.values().iterator();
    while (each.hasNext()) {
      Kept next = each.next();
      if (kept.size() < MAX_KEYS && !next.at().isBefore(oldest)) {
        return;
      }
      each.remove();
    }
  }

  private static String fingerprint(Call call) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(
          (call.method() + "\n" + call.path() + "\n" + call.query() + "\n")
              .getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(call.body().bytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
