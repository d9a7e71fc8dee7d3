package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.counts.Counts;
import java.util.Locale;

/** How often roles allowed and forbade, since the gateway started. */
public final class Decisions {
  private final Counts<Outcome> local = new Counts<>(Outcome.class);
  private final Counts<Outcome> remembered = new Counts<>(Outcome.class);

  Decisions() {}

  /** What came of a decision. */
  public enum Outcome {
    ALLOWED,
    DENIED,
    /** The route only reports: it would have been denied, and was let pass. */
    WOULD_REFUSE;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where it was known from what a caller may do. */
  public enum Source {
    /** It was put together for this request. */
    LOCAL,
    /** It was remembered, with the caller's token or with the host's certificate. */
    CACHE;

    /** As in the metric. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  void add(Outcome outcome, Source source) {
    counts(source).add(outcome);
  }

  /** How many so far. */
  public long count(Outcome outcome, Source source) {
    return counts(source).of(outcome);
  }

  private Counts<Outcome> counts(Source source) {
    return switch (source) {
      case LOCAL -> local;
      case CACHE -> remembered;
    };
  }
}
