package dev.aegis.tracing;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A place in a trace, as the field {@code traceparent} says it (W3C Trace Context, level 2, section
 * 3.2).
 *
 * @param traceId 32 lower-case hexadecimal digits, not all zero
 * @param spanId 16 of them, not all zero
 * @param flags the bits {@link #SAMPLED} and {@link #RANDOM}; all others are dropped
 */
public record TraceContext(String traceId, String spanId, int flags) {
  /** Bit of the flags: spans of this trace may have been kept. */
  public static final int SAMPLED = 1;

  /** Bit of the flags: the last 7 bytes of the trace id are random (level 2). */
  public static final int RANDOM = 2;

  /** Characters of a {@code traceparent} of version 00. */
  public static final int LENGTH = 55;

  private static final int TRACE_AT = 3;

  /** Where in the text the span id begins. */
  public static final int SPAN_AT = 36;

  private static final int FLAGS_AT = 53;

  /**
   * Reads a {@code traceparent}. Of a higher version it takes what version 00 has, as the section
   * "Versioning" says.
   *
   * @return null for one that is absent or not valid: then there is no trace to be continued
   */
  public static @Nullable TraceContext parse(@Nullable String text) {
    if (text == null || text.length() < LENGTH || !hexadecimal(text, 0, 2)) {
      return null;
    }
    boolean current = text.startsWith("00");
    boolean framed =
        text.charAt(2) == '-'
            && text.charAt(SPAN_AT - 1) == '-'
            && text.charAt(FLAGS_AT - 1) == '-'
            && (text.length() == LENGTH || !current && text.charAt(LENGTH) == '-');
    if (!framed
        || text.startsWith("ff")
        || !id(text, TRACE_AT, SPAN_AT - 1)
        || !id(text, SPAN_AT, FLAGS_AT - 1)
        || !hexadecimal(text, FLAGS_AT, LENGTH)) {
      return null;
    }
    int flags = Character.digit(text.charAt(FLAGS_AT + 1), 16);
    return new TraceContext(
        text.substring(TRACE_AT, SPAN_AT - 1),
        text.substring(SPAN_AT, FLAGS_AT - 1),
        flags & (SAMPLED | RANDOM));
  }

  /** The same trace at another place. */
  public TraceContext at(String otherSpanId) {
    return new TraceContext(traceId, otherSpanId, flags);
  }

  /** Whether its sender may have kept spans of it. */
  public boolean sampled() {
    return (flags & SAMPLED) != 0;
  }

  /** The value of {@code traceparent}, version 00. */
  public String text() {
    return "00-" + traceId + "-" + spanId + "-0" + flags;
  }

  /** A new trace id. Ids are no secrets: a fast source of chance will do. */
  public static String newTraceId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return digits(random.nextLong()) + digits(notZero(random));
  }

  /** A new span id, as a number that is not zero. */
  public static long newSpanId() {
    return notZero(ThreadLocalRandom.current());
  }

  /** The 16 digits of an id or of the half of one. */
  public static String digits(long id) {
    return HexFormat.of().toHexDigits(id);
  }

  private static long notZero(ThreadLocalRandom random) {
    long id;
    do {
      id = random.nextLong();
    } while (id == 0);
    return id;
  }

  private static boolean id(String text, int from, int to) {
    boolean zero = true;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!hexadecimal(c)) {
        return false;
      }
      zero &= c == '0';
    }
    return !zero;
  }

  private static boolean hexadecimal(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!hexadecimal(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Upper case is not valid (section 3.2.2.3). */
  private static boolean hexadecimal(char c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
  }
}
