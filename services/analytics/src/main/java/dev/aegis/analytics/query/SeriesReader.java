package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.CellKey;
import dev.aegis.analytics.rollup.Granularity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Answers questions by adding up cells. */
public final class SeriesReader {
  /** Groups told apart while counting; behind it a consumer per request cannot use up the heap. */
  private static final int MAX_COUNTED_GROUPS = 100_000;

  /** Cells between two looks at the clock. */
  private static final int CELLS_PER_CHECK = 1_024;

  private static final Comparator<Group> BY_NAME =
      Comparator.comparing(Group::values, SeriesReader::compareValues);

  private final Cells cells;
  private final LongSupplier nanoTime;
  private final long maxNanos;

  /**
   * A reader of {@code cells}.
   *
   * @param nanoTime a clock like {@link System#nanoTime}
   * @param maxNanos how long one answer may take
   */
  public SeriesReader(Cells cells, LongSupplier nanoTime, long maxNanos) {
    this.cells = cells;
    this.nanoTime = nanoTime;
    this.maxNanos = maxNanos;
  }

  /**
   * The series of each group that had requests, by name. Without dimensions it is exactly one, also
   * when nothing happened.
   *
   * @throws NotReady when not all cells can be seen at the moment
   * @throws TooMuch when adding up takes too long
   */
  public List<Series> series(SeriesQuery query) throws NotReady, TooMuch {
    long deadline = nanoTime.getAsLong() + maxNanos;
    Set<Group> own =
        query.groupBy().isEmpty() ? Set.of() : largest(query, query.maxGroups(), deadline);
    Group rest = Group.other(query.groupBy().size());
    Map<Group, @Nullable Cell[]> sums = new HashMap<>();
    if (query.groupBy().isEmpty()) {
      sums.put(rest, new Cell[query.buckets()]);
    }
    long first = query.granularity().floor(query.range().from());
    scan(
        query,
        query.granularity(),
        deadline,
        (key, cell) -> {
          Group group = group(query, key);
          @Nullable Cell[] points =
              sums.computeIfAbsent(
                  own.contains(group) ? group : rest, _ -> new Cell[query.buckets()]);
          int at = (int) ((key.minute() - first) / query.granularity().minutes());
          Cell before = points[at];
          points[at] = before == null ? cell : before.plus(cell);
        });
    List<Series> series = new ArrayList<>();
    sums.keySet().stream()
        .sorted(BY_NAME)
        .forEach(group -> series.add(series(group, sums.getOrDefault(group, new Cell[0]))));
    return series;
  }

  /**
   * The groups with the most of the query's first metric, the largest first; points are left out.
   *
   * @param limit how many
   */
  public List<Series> top(SeriesQuery query, int limit) throws NotReady, TooMuch {
    long deadline = nanoTime.getAsLong() + maxNanos;
    Set<Group> own = largest(query, MAX_COUNTED_GROUPS, deadline);
    Map<Group, Cell> sums = new HashMap<>();
    scan(
        query,
        Granularity.DAY,
        deadline,
        (key, cell) -> {
          Group group = group(query, key);
          if (own.contains(group)) {
            sums.merge(group, cell, Cell::plus);
          }
        });
    Metric metric = query.metrics().getFirst();
    return sums.entrySet().stream()
        .map(entry -> new Series(entry.getKey(), List.of(), entry.getValue()))
        .sorted(
            Comparator.comparingDouble((Series each) -> rank(metric, each.total()))
                .reversed()
                .thenComparing(Series::group, BY_NAME))
        .limit(limit)
        .toList();
  }

  /** The groups with the most requests, found by a first pass that keeps one number of each. */
  private Set<Group> largest(SeriesQuery query, int limit, long deadline) throws NotReady, TooMuch {
    Map<Group, Long> requests = new HashMap<>();
    scan(
        query,
        Granularity.DAY,
        deadline,
        (key, cell) -> {
          Group group = group(query, key);
          if (requests.size() < MAX_COUNTED_GROUPS || requests.containsKey(group)) {
            requests.merge(group, cell.requests(), Long::sum);
          }
        });
    if (requests.size() <= limit) {
      return requests.keySet();
    }
    Comparator<Map.Entry<Group, Long>> most = Map.Entry.<Group, Long>comparingByValue().reversed();
    Set<Group> largest = new HashSet<>();
    requests.entrySet().stream()
        .sorted(most.thenComparing(Map.Entry::getKey, BY_NAME))
        .limit(limit)
        .forEach(entry -> largest.add(entry.getKey()));
    return largest;
  }

  private void scan(SeriesQuery query, Granularity longest, long deadline, Cells.Visitor visitor)
      throws NotReady, TooMuch {
    int[] seen = new int[1];
    try {
      for (RangePlan.Segment segment : RangePlan.of(query.range(), longest)) {
        cells.scan(
            segment.granularity(),
            query.tenant(),
            segment.from(),
            segment.to(),
            (key, cell) -> {
              if (++seen[0] % CELLS_PER_CHECK == 0 && nanoTime.getAsLong() - deadline > 0) {
                throw new OutOfTime();
              }
              visitor.visit(key, cell);
            });
      }
    } catch (OutOfTime e) {
      throw new TooMuch(
          "The range holds too much to be added up in time; ask for a shorter one", e);
    }
  }

  private static Group group(SeriesQuery query, CellKey key) {
    List<@Nullable String> values = new ArrayList<>(query.groupBy().size());
    for (Dimension dimension : query.groupBy()) {
      values.add(dimension.of(key));
    }
    return new Group(values);
  }

  private static Series series(Group group, @Nullable Cell[] sums) {
    Cell total = Cell.EMPTY;
    List<Cell> points = new ArrayList<>(Collections.nCopies(sums.length, Cell.EMPTY));
    for (int i = 0; i < sums.length; i++) {
      Cell sum = sums[i];
      if (sum != null) {
        points.set(i, sum);
        total = total.plus(sum);
      }
    }
    return new Series(group, points, total);
  }

  private static double rank(Metric metric, Cell sum) {
    Number value = metric.of(sum);
    return value == null ? -1 : value.doubleValue();
  }

  private static int compareValues(List<@Nullable String> a, List<@Nullable String> b) {
    return Arrays.compare(
        a.toArray(new String[0]),
        b.toArray(new String[0]),
        Comparator.nullsFirst(Comparator.naturalOrder()));
  }

  /** Leaves a scan from within its visitor. */
  private static final class OutOfTime extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfTime() {
      super(null, null, false, false);
    }
  }
}
