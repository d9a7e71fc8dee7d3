package dev.aegis.chassis;

/** The buckets of a histogram of durations: each has what is longer than the one below holds. */
final class Bounds {
  private final long[] nanos;
  private final byte[][] text;
  private final byte[][] openText;

  /**
   * @param seconds upper bounds, ascending; the infinite one is added
   * @throws IllegalArgumentException when they do not ascend
   */
  Bounds(double[] seconds) {
    nanos = new long[seconds.length];
    text = new byte[seconds.length + 1][];
    openText = new byte[seconds.length + 1][];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = Math.round(seconds[i] * 1e9);
      if (i > 0 && nanos[i] <= nanos[i - 1]) {
        throw new IllegalArgumentException("The bounds of a histogram must ascend");
      }
      // OpenMetrics has a fraction on whole numbers, too.
      openText[i] = ExpositionWriter.bytes(Double.toString(seconds[i]));
      boolean whole = seconds[i] == Math.rint(seconds[i]);
      text[i] =
          whole ? ExpositionWriter.bytes(Long.toString((long) seconds[i])) : openText[i].clone();
    }
    text[nanos.length] = ExpositionWriter.bytes("+Inf");
    openText[nanos.length] = text[nanos.length];
  }

  /** How many buckets there are, the infinite one among them. */
  int buckets() {
    return text.length;
  }

  /** The bucket for a duration; one on a bound belongs to that bucket. */
  int bucket(long duration) {
    int i = 0;
    while (i < nanos.length && duration > nanos[i]) {
      i++;
    }
    return i;
  }

  /** Upper bound of a bucket in seconds, infinite for the last. */
  double seconds(int bucket) {
    return bucket < nanos.length ? nanos[bucket] / 1e9 : Double.POSITIVE_INFINITY;
  }

  /** The value of {@code le}, not to be changed. */
  byte[] text(int bucket, boolean open) {
    return open ? openText[bucket] : text[bucket];
  }
}
