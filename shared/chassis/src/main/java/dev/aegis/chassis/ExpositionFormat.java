package dev.aegis.chassis;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A format in which metrics are told. */
public enum ExpositionFormat {
  /** Prometheus' text format 0.0.4, which everyone gets who names no other. */
  TEXT("text/plain; version=0.0.4; charset=utf-8"),
  /** OpenMetrics 1.0.0, which has exemplars. */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private static final String OPEN = "application/openmetrics-text";
  private static final String PLAIN = "text/plain";

  private final String contentType;

  ExpositionFormat(String contentType) {
    this.contentType = contentType;
  }

  /** The reply's {@code Content-Type}. */
  public String contentType() {
    return contentType;
  }

  /**
   * The format for an {@code Accept} field (RFC 9110, 12.5.1): OpenMetrics when it is named, in
   * version 1.0.0 or in none, and text is not liked better. What cannot be read is passed over, and
   * who takes neither gets text.
   *
   * @param accept the field's value, null when there is none
   */
  public static ExpositionFormat of(@Nullable String accept) {
    if (accept == null) {
      return TEXT;
    }
    double open = 0;
    double text = 0;
    int precision = -1;
    for (String range : accept.split(",", 64)) {
      String[] parts = range.toLowerCase(Locale.ROOT).split(";", 16);
      String type = parts[0].strip();
      double quality = quality(parts);
      int precise = precision(type);
      if (type.equals(OPEN) && version(parts)) {
        open = Math.max(open, quality);
      } else if (precise > precision) {
        precision = precise;
        text = quality;
      } else if (precise >= 0 && precise == precision) {
        text = Math.max(text, quality);
      }
    }
    return open > 0 && open >= text ? OPEN_METRICS : TEXT;
  }

  /** How precisely a range names text, -1 when it does not. */
  private static int precision(String type) {
    return switch (type) {
      case PLAIN -> 2;
      case "text/*" -> 1;
      case "*/*" -> 0;
      default -> -1;
    };
  }

  private static boolean version(String[] parts) {
    String version = parameter(parts, "version");
    return version == null || version.equals("1.0.0");
  }

  private static double quality(String[] parts) {
    String quality = parameter(parts, "q");
    if (quality == null) {
      return 1;
    }
    try {
      double value = Double.parseDouble(quality);
      return value >= 0 && value <= 1 ? value : 0;
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private static @Nullable String parameter(String[] parts, String name) {
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals > 0 && parts[i].substring(0, equals).strip().equals(name)) {
        return parts[i].substring(equals + 1).strip().replace("\"", "");
      }
    }
    return null;
  }
}
