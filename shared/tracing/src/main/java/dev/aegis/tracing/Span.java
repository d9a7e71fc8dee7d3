package dev.aegis.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Something that took its time and is over, as a part of a trace.
 *
 * @param name of few values, such as method and route; the beginning of what is long
 * @param kind which side of a call it was
 * @param at where it stands in its trace
 * @param parentId span that it is a part of, 16 digits; null for the first of its trace
 * @param remoteParent whether another process made that one
 * @param startNanos Unix time
 * @param endNanos the same, not before
 * @param failed whether what it stands for did not succeed
 * @param about what else there is to say
 */
public record Span(
    String name,
    Kind kind,
    TraceContext at,
    @Nullable String parentId,
    boolean remoteParent,
    long startNanos,
    long endNanos,
    boolean failed,
    About about) {
  private static final int MOST = 1024;

  public Span {
    name = beginning(name);
  }

  /** As much of {@code text} as a span has, 1,024 characters; what waits is bounded by it. */
  public static String beginning(String text) {
    if (text.length() <= MOST) {
      return text;
    }
    // A pair of surrogates is not torn apart.
    return text.substring(0, Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST);
  }

  /** Which side of a call. */
  public enum Kind {
    /** It served one. */
    SERVER,
    /** It made one. */
    CLIENT,
    /** It worked on a message. */
    CONSUMER
  }

  /** Names and values, by OpenTelemetry's semantic conventions. */
  public static final class About {
    private final AttributesBuilder all = Attributes.builder();

    /** Says one thing, unless it is not known; the beginning of what is long. */
    public About text(String name, @Nullable String value) {
      if (value != null && !value.isEmpty()) {
        all.put(AttributeKey.stringKey(name), beginning(value));
      }
      return this;
    }

    /** Says a number. */
    public About number(String name, long value) {
      all.put(AttributeKey.longKey(name), value);
      return this;
    }

    /** All that was said. */
    public Attributes attributes() {
      return all.build();
    }
  }
}
