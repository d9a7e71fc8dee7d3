package dev.aegis.admin.access;

import dev.aegis.journal.ApiKeyDefinition.Secret;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition;
import dev.aegis.model.Finding;
import dev.aegis.tokens.SignedToken;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
  private static final String SCHEME = "Bearer ";

  private final byte[] administrator;
  private final Brake brake;
  private final InstantSource clock;
  private final @Nullable IssuedOperators issued;
  private volatile Map<ApiKeySecret.Hash, Known> known = Map.of();
  private volatile List<Finding> findings = List.of();

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
    if (everything || changed.stream().anyMatch(Operators::concerns)) {
      Map<ApiKeySecret.Hash, Known> next = new HashMap<>();
      List<Finding> found = new ArrayList<>();
      for (Entry entry : fold.list(Kind.OPERATOR, null)) {
        add(entry, fold, next, found);
      }
      known = Map.copyOf(next);
      findings = List.copyOf(found);
    }
  }

  /** Operators may be held to tenants. */
  private static boolean concerns(ObjectKey changed) {
    return changed.kind() == Kind.OPERATOR || changed.kind() == Kind.TENANT;
  }

  /** One that cannot be understood is let in nowhere. */
  private static void add(
      Entry entry, Fold fold, Map<ApiKeySecret.Hash, Known> next, List<Finding> found) {
    String key = entry.key().toString();
    try {
      if (entry.definition() instanceof OperatorDefinition definition && definition.enabled()) {
        String tenant = definition.tenant();
        if (tenant != null && fold.find(ObjectKey.tenant(tenant)) == null) {
          found.add(
              Finding.warning(key, "is held to tenant \"" + tenant + "\", which does not exist"));
        }
        Operator operator = new Operator(definition.id(), definition.role(), tenant);
        for (Secret secret : definition.secrets()) {
          next.put(secret.hash(), new Known(operator, definition.ends(secret)));
        }
      }
    } catch (InvalidDefinition e) {
      found.add(Finding.error(key, "is not let in: " + e.getMessage()));
    }
  }

  /** What is wrong with the operators of the journal. */
  public List<Finding> findings() {
    return findings;
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
