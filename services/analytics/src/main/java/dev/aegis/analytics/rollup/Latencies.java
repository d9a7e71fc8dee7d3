package dev.aegis.analytics.rollup;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How many requests took how long: counts per {@link LatencyBucket}, only those that are not zero.
 *
 * <p>Two of them add up to exactly what counting all their durations into one would have given, so
 * the percentile of any range is read from a sum. Immutable.
 */
public final class Latencies {
  /** No request. */
  public static final Latencies NONE = new Latencies(new int[0], new long[0]);

  /** Ascending. */
  private final int[] buckets;

  /** Beside {@link #buckets}, each at least 1. */
  private final long[] counts;

  private Latencies(int[] buckets, long[] counts) {
    this.buckets = buckets;
    this.counts = counts;
  }

  /** These and one more of {@code micros} microseconds. */
  public Latencies plus(long micros) {
    int bucket = LatencyBucket.of(micros);
    int at = Arrays.binarySearch(buckets, bucket);
    if (at >= 0) {
      long[] sum = counts.clone();
      sum[at]++;
      return new Latencies(buckets, sum);
    }
    int gap = -at - 1;
    int[] wider = new int[buckets.length + 1];
    long[] sum = new long[buckets.length + 1];
    System.arraycopy(buckets, 0, wider, 0, gap);
    System.arraycopy(counts, 0, sum, 0, gap);
    wider[gap] = bucket;
    sum[gap] = 1;
    System.arraycopy(buckets, gap, wider, gap + 1, buckets.length - gap);
    System.arraycopy(counts, gap, sum, gap + 1, counts.length - gap);
    return new Latencies(wider, sum);
  }

  /** These and the others. */
  public Latencies plus(Latencies others) {
    if (others.buckets.length == 0) {
      return this;
    }
    if (buckets.length == 0) {
      return others;
    }
    int[] merged = new int[buckets.length + others.buckets.length];
    long[] sum = new long[merged.length];
    int size = 0;
    int mine = 0;
    int theirs = 0;
    while (mine < buckets.length || theirs < others.buckets.length) {
      int next =
          Math.min(
              mine < buckets.length ? buckets[mine] : Integer.MAX_VALUE,
              theirs < others.buckets.length ? others.buckets[theirs] : Integer.MAX_VALUE);
      merged[size] = next;
      if (mine < buckets.length && buckets[mine] == next) {
        sum[size] += counts[mine++];
      }
      if (theirs < others.buckets.length && others.buckets[theirs] == next) {
        sum[size] += others.counts[theirs++];
      }
      size++;
    }
    return new Latencies(Arrays.copyOf(merged, size), Arrays.copyOf(sum, size));
  }

  /** How many durations were counted. */
  public long count() {
    long count = 0;
    for (long each : counts) {
      count += each;
    }
    return count;
  }

  /**
   * The duration at rank ⌈{@code quantile} · count⌉ of the sorted durations (nearest rank), in
   * microseconds, within {@link LatencyBucket#RELATIVE_ERROR}; empty when there are none.
   *
   * @param quantile above 0, at most 1
   */
  public OptionalDouble quantile(double quantile) {
    if (!(quantile > 0 && quantile <= 1)) {
      throw new IllegalArgumentException("A quantile is above 0 and at most 1, not " + quantile);
    }
    long rank = (long) Math.ceil(quantile * count());
    long passed = 0;
    for (int i = 0; i < buckets.length; i++) {
      passed += counts[i];
      if (passed >= rank) {
        return OptionalDouble.of(LatencyBucket.middle(buckets[i]));
      }
    }
    return OptionalDouble.empty();
  }

  void writeTo(CellBytes.Writer out) {
    out.number(buckets.length);
    int before = 0;
    for (int i = 0; i < buckets.length; i++) {
      out.number(buckets[i] - before);
      out.number(counts[i]);
      before = buckets[i];
    }
  }

  static Latencies readFrom(CellBytes.Reader in) {
    long size = in.number();
    if (size < 0 || size > LatencyBucket.COUNT) {
      throw new IllegalArgumentException("A cell has " + size + " latency buckets");
    }
    int[] buckets = new int[(int) size];
    long[] counts = new long[(int) size];
    long before = 0;
    for (int i = 0; i < buckets.length; i++) {
      long bucket = before + in.number();
      if (bucket < 0 || bucket >= LatencyBucket.COUNT || i > 0 && bucket <= before) {
        throw new IllegalArgumentException("A cell has a latency bucket out of order");
      }
      buckets[i] = (int) bucket;
      counts[i] = in.number();
      before = bucket;
    }
    return size == 0 ? NONE : new Latencies(buckets, counts);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Latencies that
        && Arrays.equals(buckets, that.buckets)
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(buckets) + Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Latencies[");
    for (int i = 0; i < buckets.length; i++) {
      text.append(i == 0 ? "" : ", ")
          .append(LatencyBucket.middle(buckets[i]))
          .append(" µs × ")
          .append(counts[i]);
    }
    return text.append(']').toString();
  }
}
