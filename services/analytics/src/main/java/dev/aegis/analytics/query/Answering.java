package dev.aegis.analytics.query;

import java.util.List;

/** Answers each kind of question, and says how far the answer can be relied on. */
public final class Answering {
  private final Cells cells;
  private final SeriesReader reader;
  private final Lag.Probe lag;

  /** Answers from {@code cells}, read by {@code reader}. */
  public Answering(Cells cells, SeriesReader reader, Lag.Probe lag) {
    this.cells = cells;
    this.reader = reader;
    this.lag = lag;
  }

  /**
   * The answer.
   *
   * @throws NotReady when not all cells can be seen at the moment
   * @throws TooMuch when adding up takes too long
   */
  public Answer answer(Asked asked) throws NotReady, TooMuch {
    // The lag first: what it counts as done is then in the cells that are read behind it.
    Lag before = lag.measure();
    SeriesQuery query = asked.query();
    List<Series> series =
        switch (asked.question()) {
          case SERIES, USAGE -> reader.series(query);
          case TOP -> reader.top(query, asked.limit());
        };
    TimeRange range = query.range();
    long lost = cells.lost(query.tenant(), range.from(), range.to());
    return new Answer(asked, series, Coverage.of(before, range.toInstant(), lost));
  }
}
