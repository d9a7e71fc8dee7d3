package dev.aegis.gateway.pipeline;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.aegis.gateway.counts.Counts;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What arbiters said: how often, and for a while what, where a route lets it hold. */
public final class Rulings {
  private static final long MAX_CHARACTERS = 16L * 1024 * 1024;

  private final Cache<String, Kept> kept =
      Caffeine.newBuilder()
          .maximumWeight(MAX_CHARACTERS)
          .weigher((String question, Kept entry) -> question.length() + 256 + entry.length())
          .executor(Runnable::run)
          .build();
  private final Counts<Outcome> asked = new Counts<>(Outcome.class);
  private final Counts<Outcome> remembered = new Counts<>(Outcome.class);

  Rulings() {}

  /** What became of a request whose route has an arbiter. */
  public enum Outcome {
    ALLOWED,
    DENIED,
    /** There was no answer, and it was refused. */
    FAILED,
    /** There was no answer, and it was let pass. */
    LET_PASS;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where that was known from. */
  public enum Source {
    /** The arbiter was asked. */
    ASKED,
    /** It had said so before. */
    CACHE;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How many so far. */
  public long count(Outcome outcome, Source source) {
    return counts(source).of(outcome);
  }

  /** One more. */
  public void add(Outcome outcome, Source source) {
    counts(source).add(outcome);
  }

  private Counts<Outcome> counts(Source source) {
    return switch (source) {
      case ASKED -> asked;
      case CACHE -> remembered;
    };
  }

  /** What was said to this question, null when that is not known or holds no longer. */
  public @Nullable Ruling find(String question, long nanoTime) {
    Kept entry = kept.getIfPresent(question);
    return entry == null || entry.until() - nanoTime <= 0 ? null : entry.ruling();
  }

  /**
   * Remembers what was said.
   *
   * @param question all that the arbiter was told, and by whom
   * @param until how long it holds, on the monotonic clock
   */
  public void remember(String question, Ruling ruling, long until) {
    kept.put(question, new Kept(ruling, until));
  }

  /** Forgets what holds no longer. */
  public void forgetOld(long nanoTime) {
    kept.asMap().values().removeIf(entry -> entry.until() - nanoTime <= 0);
  }

  private record Kept(Ruling ruling, long until) {
    int length() {
      return switch (ruling) {
        case Ruling.Passes(String lines) -> lines.length();
        case Ruling.Stops stops -> 0;
      };
    }
  }
}
