package dev.aegis.tracing;

/**
 * A share of all traces. Whether a trace belongs to it depends on the last 56 bits of its id alone,
 * as OpenTelemetry's consistent probability sampling has it, so all who ask agree, and of two
 * shares the larger one holds the smaller one.
 */
public final class SampleRate {
  private static final double ALL = 0x1p56;

  /** Ids below it are left out. */
  private final long threshold;

  /**
   * @param share from 0, none, to 1, all
   */
  public SampleRate(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("must be a number from 0 to 1");
    }
    threshold = (long) ((1 - share) * ALL);
  }

  /** Whether the trace with this id, 32 hexadecimal digits, belongs to it. */
  public boolean has(String traceId) {
    long random = 0;
    for (int i = traceId.length() - 14; i < traceId.length(); i++) {
      random = random << 4 | Character.digit(traceId.charAt(i), 16);
    }
    return random >= threshold;
  }
}
