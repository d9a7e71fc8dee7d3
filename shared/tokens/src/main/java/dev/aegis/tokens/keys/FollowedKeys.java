package dev.aegis.tokens.keys;

import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.Proof;
import dev.aegis.tokens.VerificationKey;
import dev.aegis.tokens.keys.Answer.Published;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A published set of keys as one issuer uses it: for its algorithms, with its overlap, and for as
 * long as it lets them be stale.
 *
 * <p>Requests read one value that the set's own thread replaces as a whole. Only a request whose
 * token names a key that is not known may wait, for a fetch that others wait for, too.
 */
final class FollowedKeys implements KeySet {
  /** Longest {@code kid} that a key can have here. */
  private static final int MAX_ID = 256;

  /** A token without {@code kid} is tried with no more keys than that. */
  private static final int MAX_TRIED = 20;

  private static final View NOTHING = new View(List.of(), Instant.MIN, Instant.MIN, 0);

  private final PublishedKeys published;
  private final List<SigningAlgorithm> algorithms;
  private final Source source;
  private final InstantSource clock;
  private final Duration patience;
  private final Allowance allowance;
  private volatile View view = NOTHING;

  /** A key bound to an algorithm; the same one for as long as the key is known. */
  private static final class Bound {
    private final Published of;
    private final VerificationKey key;

    /** From when on it is not good any more, because it left the set. */
    private volatile Instant until;

    Bound(Published of, VerificationKey key, Instant until) {
      this.of = of;
      this.key = key;
      this.until = until;
    }
  }

  /**
   * What requests go by.
   *
   * @param keys in the order of the set
   * @param fetched when the set was last answered for
   * @param stale from when on none of them is good, unless the set is answered for before
   * @param made when it was made, in nanoseconds of {@link System#nanoTime}
   */
  private record View(List<Bound> keys, Instant fetched, Instant stale, long made) {}

  FollowedKeys(
      PublishedKeys published,
      List<SigningAlgorithm> algorithms,
      Source source,
      InstantSource clock,
      FetchTerms terms) {
    this.published = published;
    this.algorithms = List.copyOf(algorithms);
    this.source = source;
    this.clock = clock;
    this.patience = terms.patience();
    this.allowance = new Allowance(terms);
  }

  Source source() {
    return source;
  }

  /** How old the keys may become. */
  Duration maxStale() {
    return Duration.ofSeconds(published.maxStaleSeconds());
  }

  /** Whether an issuer with these terms can use it. */
  boolean suits(PublishedKeys terms, List<SigningAlgorithm> ofIssuer) {
    return published.equals(terms) && algorithms.equals(ofIssuer);
  }

  @Override
  public List<VerificationKey> keys(SigningAlgorithm algorithm, @Nullable String keyId) {
    return known(algorithm, keyId);
  }

  @Override
  public List<VerificationKey> late(SigningAlgorithm algorithm, @Nullable String keyId) {
    List<VerificationKey> known = known(algorithm, keyId);
    if (!known.isEmpty()) {
      // What came between the look at the known keys and here has not been tried.
      return System.nanoTime() - view.made() < patience.toNanos() ? known : List.of();
    }
    if (!algorithms.contains(algorithm)) {
      return List.of();
    }
    // Without an id, there is no key of the algorithm at all: that may have changed, too.
    String wanted = keyId == null ? "" : keyId;
    if (wanted.length() > MAX_ID || allowance.wasInVain(wanted)) {
      return List.of();
    }
    try {
      return awaited(algorithm, keyId, wanted);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the request is over
      return List.of();
    }
  }

  @Override
  public @Nullable String doubt() {
    String why = source.failure();
    return why != null ? why : source.asking() ? "it has not answered yet" : null;
  }

  /** A round that began before the token came may have missed its key; one after it did not. */
  private List<VerificationKey> awaited(
      SigningAlgorithm algorithm, @Nullable String keyId, String wanted)
      throws InterruptedException {
    long began = System.nanoTime();
    while (true) {
      // Asked while no round can end: what the last one brought is looked at before another begins.
      Source.Round round =
          source.round(() -> known(algorithm, keyId).isEmpty() && allowance.take());
      if (round == null) {
        return known(algorithm, keyId);
      }
      if (!round.await(began + patience.toNanos() - System.nanoTime())) {
        return List.of();
      }
      List<VerificationKey> found = known(algorithm, keyId);
      if (!found.isEmpty() || !round.answered()) {
        return found;
      }
      if (round.began() - began >= 0) {
        allowance.inVain(wanted);
        return found;
      }
    }
  }

  private List<VerificationKey> known(SigningAlgorithm algorithm, @Nullable String keyId) {
    View now = view;
    Instant time = clock.instant();
    List<VerificationKey> found = new ArrayList<>();
    if (!time.isBefore(now.stale())) {
      return found;
    }
    for (Bound bound : now.keys()) {
      String id = bound.key.id();
      if (bound.key.algorithm() == algorithm
          && (keyId == null || id == null || id.equals(keyId))
          && time.isBefore(bound.until)
          && found.size() < MAX_TRIED) {
        found.add(bound.key);
      }
    }
    return found;
  }

  @Override
  public Proof proof(VerificationKey key) {
    for (Bound bound : view.keys()) {
      if (bound.key.equals(key)) {
        return now -> now.isBefore(bound.until) && now.isBefore(view.stale());
      }
    }
    return now -> false; // it was replaced just now
  }

  /** This is what is known now. */
  void are(KnownKeys known) {
    List<Bound> before = new ArrayList<>(view.keys());
    List<Bound> keys = new ArrayList<>();
    for (KnownKeys.Held held : known.keys()) {
      Instant left = held.left();
      Instant until = left == null ? Instant.MAX : left.plusSeconds(published.overlapSeconds());
      for (SigningAlgorithm algorithm : algorithms) {
        if (held.published().key().fits(algorithm)) {
          keys.add(bound(before, held.published(), algorithm, until));
        }
      }
    }
    for (Bound gone : before) {
      gone.until = Instant.MIN;
    }
    Instant stale = known.fetched().plusSeconds(published.maxStaleSeconds());
    view = new View(List.copyOf(keys), known.fetched(), stale, System.nanoTime());
  }

  /** The one there is, so that what it has verified stays verified, taken out; or a new one. */
  private static Bound bound(
      List<Bound> before, Published of, SigningAlgorithm algorithm, Instant until) {
    for (Bound known : before) {
      if (known.key.algorithm() == algorithm && known.of.equals(of)) {
        known.until = until;
        before.remove(known);
        return known;
      }
    }
    return new Bound(of, VerificationKey.of(of.key(), algorithm), until);
  }

  /** What is wrong with it at {@code now}, for operators. */
  @Nullable State state(Instant now) {
    View current = view;
    String why = source.failure();
    boolean any =
        now.isBefore(current.stale())
            && current.keys().stream().anyMatch(bound -> now.isBefore(bound.until));
    if (!any) {
      if (why != null) {
        return new State.Without(why);
      }
      return source.answered()
          ? new State.Without("its key set has none for its algorithms")
          : null; // it is asked just now
    }
    return why == null ? null : new State.Stale(why, current.fetched(), current.stale());
  }

  /** What an operator should know. */
  sealed interface State {
    /** There is no key that could be used. */
    record Without(String why) implements State {}

    /** The keys are the last known ones. */
    record Stale(String why, Instant since, Instant until) implements State {}
  }
}
