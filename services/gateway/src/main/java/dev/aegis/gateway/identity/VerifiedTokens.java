package dev.aegis.gateway.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Tokens whose signature held, by the whole token: no signature is computed twice for one. An entry
 * is good only for the {@link Tokens} that made it, so a changed issuer empties its share at once,
 * and for as long as the key that verified it.
 *
 * @param <A> what a tenant makes of a principal once, such as the compiled union of its roles
 */
public final class VerifiedTokens<A> {
  private static final long MAX_CHARACTERS = 64L * 1024 * 1024;

  private final Cache<String, Known<A>> known =
      Caffeine.newBuilder()
          .maximumWeight(MAX_CHARACTERS)
          .weigher((String token, Known<A> entry) -> token.length() + 256)
          .executor(Runnable::run)
          .build();

  /**
   * A token seen before.
   *
   * @param by who checked it
   * @param proof for how long that holds
   * @param principal whom it names
   * @param access what the tenant made of the principal
   */
  public record Known<A>(Tokens by, Proof proof, Principal principal, A access) {}

  /**
   * The entry for {@code token} if {@code by} made it and the key that verified it is good at
   * {@code now}, or null.
   */
  public @Nullable Known<A> find(String token, Tokens by, Instant now) {
    Known<A> entry = known.getIfPresent(token);
    return entry != null && entry.by().equals(by) && entry.proof().holds(now) ? entry : null;
  }

  /** Remembers a token that holds. */
  public Known<A> remember(String token, Tokens by, Verified.Valid valid, A access) {
    Known<A> entry = new Known<>(by, valid.proof(), valid.principal(), access);
    known.put(token, entry);
    return entry;
  }

  /** Forgets tokens that {@link Principal#expires} before {@code now}. */
  public void forgetExpired(Instant now) {
    known.asMap().values().removeIf(entry -> entry.principal().expires().isBefore(now));
  }
}
