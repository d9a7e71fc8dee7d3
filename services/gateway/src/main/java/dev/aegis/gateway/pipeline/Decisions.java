package dev.aegis.gateway.pipeline;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** How often roles allowed and forbade, since the gateway started. */
public final class Decisions {
  private final Map<Outcome, Map<Source, LongAdder>> counts = new EnumMap<>(Outcome.class);

  Decisions() {
    for (Outcome outcome : Outcome.values()) {
      Map<Source, LongAdder> bySource = new EnumMap<>(Source.class);
      for (Source source : Source.values()) {
        bySource.put(source, new LongAdder());
      }
      counts.put(outcome, bySource);
    }
  }

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
    adder(outcome, source).increment();
  }

  /** How many so far. */
  public long count(Outcome outcome, Source source) {
    return adder(outcome, source).sum();
  }

  private LongAdder adder(Outcome outcome, Source source) {
    return Objects.requireNonNull(Objects.requireNonNull(counts.get(outcome)).get(source));
  }
}
