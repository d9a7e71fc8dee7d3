package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.identity.Principal;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.RevocationDefinition;
import dev.aegis.journal.RevocationDefinition.Revoked;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that one tenant takes no more: its own, and those of tenants above it. It follows from
 * the journal alone, so it holds on every gateway alike, over a restart, and whatever becomes of a
 * cache.
 */
public final class RevocationTable {
  /** Nothing is revoked. */
  static final RevocationTable EMPTY = new RevocationTable(Map.of());

  private final Map<ObjectKey, Known> byKey;
  private final Map<Named, Instant> tokens = new HashMap<>();
  private final Map<Named, List<Cut>> subjects = new HashMap<>();

  /** An id of a token, or a subject, among those of its tenant. */
  private record Named(@Nullable String tenant, String name) {}

  private record Known(long revision, RevocationDefinition definition) {}

  /** Tokens issued before a moment, until another moment. */
  private record Cut(Instant issuedBefore, Instant until) {
    boolean covers(Cut other) {
      return !issuedBefore.isBefore(other.issuedBefore) && !until.isBefore(other.until);
    }
  }

  private RevocationTable(Map<ObjectKey, Known> byKey) {
    this.byKey = byKey;
    byKey.forEach(
        (key, known) -> {
          Instant until = known.definition().expiresAt();
          switch (known.definition().what()) {
            case Revoked.Token(String id) ->
                tokens.merge(new Named(key.tenant(), id), until, (a, b) -> a.isAfter(b) ? a : b);
            case Revoked.Earlier(String subject, Instant issuedBefore) ->
                add(
                    subjects.computeIfAbsent(
                        new Named(key.tenant(), subject), each -> new ArrayList<>()),
                    new Cut(issuedBefore, until));
          }
        });
  }

  /** Keeps only those that no other makes needless: who is logged out daily has one, not many. */
  private static void add(List<Cut> cuts, Cut cut) {
    for (Cut other : cuts) {
      if (other.covers(cut)) {
        return;
      }
    }
    cuts.removeIf(cut::covers);
    cuts.add(cut);
  }

  /** Whether the token that {@code principal} comes from is revoked at {@code now}. */
  public boolean revokes(Principal principal, Instant now) {
    if (byKey.isEmpty()) {
      return false;
    }
    String tokenId = principal.tokenId();
    Instant until = tokenId == null ? null : tokens.get(new Named(principal.tenant(), tokenId));
    if (until != null && until.isAfter(now)) {
      return true;
    }
    List<Cut> cuts = subjects.get(new Named(principal.tenant(), principal.subject()));
    if (cuts != null) {
      for (Cut cut : cuts) {
        if (principal.issuedAt().isBefore(cut.issuedBefore()) && cut.until().isAfter(now)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Collects the revocations of a tenant; what did not change is taken from the table before. */
  static final class Builder {
    private final RevocationTable before;
    private final Map<ObjectKey, Known> known = new HashMap<>();

    Builder(@Nullable RevocationTable before) {
      this.before = before == null ? EMPTY : before;
    }

    /** Takes one over as it was; false when it has to be added anew. */
    boolean keep(ObjectKey key, long revision) {
      Known same = before.byKey.get(key);
      if (same == null || same.revision() != revision) {
        return false;
      }
      known.put(key, same);
      return true;
    }

    void add(ObjectKey key, RevocationDefinition definition, long revision) {
      known.put(key, new Known(revision, definition));
    }

    RevocationTable build() {
      if (known.isEmpty()) {
        return EMPTY;
      }
      return known.equals(before.byKey) ? before : new RevocationTable(known);
    }
  }
}
