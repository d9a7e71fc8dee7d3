package dev.aegis.gateway.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.aegis.gateway.counts.Counts;
import dev.aegis.tokens.Proof;
import dev.aegis.tokens.SignedToken;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that held: by the whole token those whose signature did, so that none is computed twice
 * for one, and by its hash what an issuer said of others. An entry is good only for the {@link
 * Tokens} that made it, so a changed issuer empties its share at once, and for as long as its
 * proof.
 *
 * @param <A> what a tenant makes of a principal once, such as the compiled union of its roles
 */
public final class VerifiedTokens<A> {
  private static final long MAX_CHARACTERS = 64L * 1024 * 1024;
  private static final int AROUND = 256;

  private final Cache<String, Known<A>> known =
      Caffeine.newBuilder()
          .maximumWeight(MAX_CHARACTERS)
          .weigher(
              (String name, Known<A> entry) ->
                  Math.max(name.length(), entry.principal().characters()) + AROUND)
          .executor(Runnable::run)
          .build();

  private final Counts<Outcome> counts = new Counts<>(Outcome.class);

  /** Nothing is known yet. */
  public VerifiedTokens() {}

  /** How a token was looked up. */
  public enum Outcome {
    /** This gateway had verified it before. */
    HIT,
    /** Another gateway had. */
    SHARED_HIT,
    /** Nobody had, as far as could be known. */
    MISS,
    /** Whether another had, nobody could say. */
    SHARED_NO_ANSWER,
    /** What was there had been written by no gateway. */
    SHARED_NOT_OURS;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Notes how one token was looked up. */
  public void count(Outcome outcome) {
    counts.add(outcome);
  }

  /** How often it was so. */
  public long counted(Outcome outcome) {
    return counts.of(outcome);
  }

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
    Known<A> entry = known.getIfPresent(name(token));
    return entry != null && entry.by().equals(by) && entry.proof().holds(now) ? entry : null;
  }

  /** Remembers a token that holds. */
  public Known<A> remember(String token, Tokens by, Verified.Valid valid, A access) {
    Known<A> entry = new Known<>(by, valid.proof(), valid.principal(), access);
    known.put(name(token), entry);
    return entry;
  }

  /**
   * What a token is known by. One that is signed tells all who can read it what it says, and its
   * end; of one that is not, nobody needs more than to know it again.
   */
  private static String name(String token) {
    return SignedToken.resembles(token) ? token : hash(token);
  }

  /** The SHA-256 of a token as text; without dots, so no token of three parts is the same. */
  public static String hash(String token) {
    try {
      byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /** Forgets tokens that {@link Principal#expires} before {@code now}, or whose proof is over. */
  public void forgetExpired(Instant now) {
    known
        .asMap()
        .values()
        .removeIf(entry -> entry.principal().expires().isBefore(now) || !entry.proof().holds(now));
  }
}
