package dev.aegis.admin.changes;

import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many objects a tenant may have of those that programs make, one for each caller or token.
 * Every gateway holds all of them, and looks at them when the tenant is compiled.
 */
final class Bounds {
  /** Most keys, bindings and revocations, of each; and most operators of the installation. */
  static final int MOST = 10_000;

  /** What one new revocation takes away of those that are over: more than come, so they go. */
  private static final int TAKEN_AWAY = 2;

  /** Clocks of gateways may be behind; a revocation is not looked at after its time anyway. */
  private static final Duration LEEWAY = Duration.ofHours(1);

  private Bounds() {}

  /** Why there is no room for {@code key}, or null when there is. */
  static @Nullable Refusal check(Fold fold, ObjectKey key, Instant now) {
    return check(fold, key, now, most(key.kind()));
  }

  /**
   * Why there is no room for all of the kind and tenant of {@code key} in {@code fold}; or null.
   */
  static @Nullable Refusal exceeded(Fold fold, ObjectKey key, Instant now) {
    int most = most(key.kind());
    return most == Integer.MAX_VALUE ? null : check(fold, key, now, most + 1);
  }

  private static int most(Kind kind) {
    return switch (kind) {
      case API_KEY, BINDING, REVOCATION, OPERATOR -> MOST;
      case TENANT, UPSTREAM, ROUTE, ROLE, PLUGIN, ISSUER, WEBHOOK, CERTIFICATE -> Integer.MAX_VALUE;
    };
  }

  private static @Nullable Refusal check(Fold fold, ObjectKey key, Instant now, int most) {
    Collection<Entry> held = fold.list(key.kind(), key.tenant());
    if (held.size() < most) {
      return null;
    }
    long counting =
        key.kind() == Kind.REVOCATION
            ? held.stream().filter(each -> !isOver(each, now)).count()
            : held.size();
    return counting < most
        ? null
        : Refusal.of(
            Refusal.Reason.TOO_MANY,
            (key.tenant() == null ? "The installation" : "Tenant \"" + key.tenant() + "\"")
                + " has "
                + counting
                + " of the kind "
                + Documents.noun(key.kind())
                + "; it may have "
                + MOST);
  }

  /** Some revocations of the tenant of {@code beside}, a new one, that are over, and can go. */
  static List<Entry> over(Fold fold, ObjectKey beside, Instant now) {
    return fold.list(Kind.REVOCATION, beside.tenant()).stream()
        .filter(each -> !each.key().equals(beside) && isOver(each, now))
        .limit(TAKEN_AWAY)
        .toList();
  }

  private static boolean isOver(Entry revocation, Instant now) {
    String ends = revocation.body().path("expires_at").textValue();
    if (ends == null) {
      return false;
    }
    try {
      return OffsetDateTime.parse(ends).toInstant().plus(LEEWAY).isBefore(now);
    } catch (DateTimeParseException e) {
      return false; // what cannot be understood is not taken away
    }
  }
}
