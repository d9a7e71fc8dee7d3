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
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replies to requests that carried an {@code Idempotency-Key}, so that a repeated one gets the
 * same reply and changes nothing again.
 *
 * <p>Kept in this process' memory for a day, the oldest forgotten first: a repetition at another
 * instance, or after a restart, is an ordinary request. A reply that says "not now" (5xx) is not
 * kept. A reply holds as long as its operator and what its path names are the ones that they were:
 * another tenant of the same name is told nothing of the one before, and no secret that is gone.
 */
final class IdempotencyKeys {
  static final String HEADER = "Idempotency-Key";
  static final String REPLAYED = "Idempotent-Replayed";

  private static final int MAX_KEYS = 10_000;
  private static final int MAX_LENGTH = 255;
  private static final Duration KEPT = Duration.ofHours(24);

  private final InstantSource clock;
  private final Function<Call, List<String>> lives;
  private final Map<String, Kept> kept = new LinkedHashMap<>();

  /**
   * @param clock for forgetting
   * @param lives of the objects that a call is about, as {@link Lives} tells them
   */
  IdempotencyKeys(InstantSource clock, Function<Call, List<String>> lives) {
    this.clock = clock;
    this.lives = lives;
  }

  /**
   * A request that was seen; its reply is null while it is being made.
   *
   * @param lives as they were once it had been answered, since it may have made what it names
   */
  private record Kept(String fingerprint, Instant at, List<String> lives, @Nullable Reply reply) {}

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
    Reply earlier = claim(key, fingerprint, lives.apply(call));
    if (earlier != null) {
      return earlier.with(REPLAYED, "true");
    }
    Reply reply = null;
    try {
      reply = make.get();
      return reply;
    } finally {
      settle(key, fingerprint, lives.apply(call), reply);
    }
  }

  private synchronized @Nullable Reply claim(String key, String fingerprint, List<String> lives) {
    forget();
    Kept earlier = kept.get(key);
    if (earlier == null || earlier.reply() != null && !earlier.lives().equals(lives)) {
      kept.remove(key); // else it would keep the place of the former one among the oldest
      kept.put(key, new Kept(fingerprint, clock.instant(), lives, null));
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

  private synchronized void settle(
      String key, String fingerprint, List<String> lives, @Nullable Reply reply) {
    if (reply == null || reply.status() >= 500 || !(reply.body() instanceof Reply.Body.Bytes)) {
      kept.remove(key);
    } else {
      kept.put(key, new Kept(fingerprint, clock.instant(), lives, reply));
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
