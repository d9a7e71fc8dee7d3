package dev.aegis.admin.access;

import dev.aegis.journal.ApiKeyDefinition.Secret;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition;
import dev.aegis.tokens.SignedToken;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows operators by their bearer token (RFC 6750 section 2.1): the platform administrator by the
 * token of the settings, those that the journal has by the hash of theirs, all others by what the
 * issuer of operators says of them in theirs.
 *
 * <p>Holds digests only. That of the platform administrator's token, which a person may have
 * chosen, is compared in constant time; the others are of 256 random bits and looked up, see {@link
 * ApiKeySecret.Hash}.
 */
public final class Operators {
  private static final Logger LOG = LoggerFactory.getLogger(Operators.class);
  private static final String SCHEME = "Bearer ";

  private final byte[] administrator;
  private final Brake brake;
  private final InstantSource clock;
  private final @Nullable IssuedOperators issued;
  private volatile Map<ApiKeySecret.Hash, Known> known = Map.of();

  /** An operator of the journal, and until when one of its tokens is taken. */
  private record Known(Operator operator, Instant ends) {}

  /**
   * @param administratorToken the platform administrator's token, not empty
   * @param brake for those who guess
   * @param clock for tokens that end
   */
  public Operators(String administratorToken, Brake brake, InstantSource clock) {
    this(administratorToken, brake, clock, null);
  }

  /**
   * @param administratorToken the platform administrator's token, not empty
   * @param brake for those who guess
   * @param clock for tokens that end
   * @param issued knows those whom an issuer vouches for; null when none does
   */
  public Operators(
      String administratorToken,
      Brake brake,
      InstantSource clock,
      @Nullable IssuedOperators issued) {
    if (administratorToken.isBlank()) {
      throw new IllegalArgumentException("The platform administrator's token must not be empty");
    }
    this.administrator = digest(administratorToken);
    this.brake = brake;
    this.clock = clock;
    this.issued = issued;
  }

  /**
   * Hears of a new state of the configuration, before whoever brought it about has an answer.
   *
   * @param changed keys of what changed
   * @param everything whether anything else may have changed too
   */
  public void folded(Fold fold, Set<ObjectKey> changed, boolean everything) {
    if (everything || changed.stream().anyMatch(key -> key.kind() == Kind.OPERATOR)) {
      Map<ApiKeySecret.Hash, Known> next = new HashMap<>();
      for (Entry entry : fold.list(Kind.OPERATOR, null)) {
        add(entry, next);
      }
      known = Map.copyOf(next);
    }
  }

  /** One that cannot be understood is let in nowhere. */
  private static void add(Entry entry, Map<ApiKeySecret.Hash, Known> next) {
    try {
      if (entry.definition() instanceof OperatorDefinition definition && definition.enabled()) {
        Operator operator = new Operator(definition.id(), definition.role(), definition.tenant());
        for (Secret secret : definition.secrets()) {
          next.put(secret.hash(), new Known(operator, definition.ends(secret)));
        }
      }
    } catch (InvalidDefinition e) {
      LOG.warn("{} is not let in, since it cannot be understood: {}", entry.key(), e.getMessage());
    }
  }

  /**
   * The operator of a request.
   *
   * @param authorization value of the {@code Authorization} header, null when there is none
   * @param from address of whoever asks
   */
  public Access identify(@Nullable String authorization, InetAddress from) {
    if (authorization == null || authorization.isBlank()) {
      return Access.Refused.MISSING;
    }
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Access.Refused.MISSING;
    }
    long pause = brake.pause(from);
    if (pause > 0) {
      return new Access.Paused(pause);
    }
    String token = authorization.substring(SCHEME.length()).strip();
    if (MessageDigest.isEqual(digest(token), administrator)) {
      return new Access.Granted(Operator.PLATFORM_ADMINISTRATOR);
    }
    Known found = ApiKeySecret.wellFormed(token) ? known.get(ApiKeySecret.Hash.of(token)) : null;
    if (found != null && clock.instant().isBefore(found.ends())) {
      return new Access.Granted(found.operator());
    }
    Access access =
        issued != null && SignedToken.resembles(token)
            ? issued.identify(token)
            : Access.Refused.INVALID;
    if (access instanceof Access.Refused) {
      brake.wrong(from);
    }
    return access;
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
