package dev.aegis.chassis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes metrics in one of the formats. Names and labels are copied as the series have them
 * rendered; nothing is made per sample but fractions.
 */
final class ExpositionWriter {
  private static final byte[] BUCKET = bytes("_bucket{");
  private static final byte[] LE = bytes("le=\"");
  private static final byte[] CLOSE = bytes("\"} ");
  private static final byte[] SUM = bytes("_sum");
  private static final byte[] COUNT = bytes("_count");
  private static final byte[] EXEMPLAR = bytes(" # {");
  private static final byte[] NOTHING = {};
  private static final String TOTAL = "_total";

  private final boolean open;
  private byte[] out;
  private int length;

  private ExpositionWriter(ExpositionFormat format, int size) {
    this.open = format == ExpositionFormat.OPEN_METRICS;
    this.out = new byte[size];
  }

  /**
   * All families, in the order in which they come.
   *
   * @param size bytes to begin with
   */
  static byte[] write(Collection<Family> families, ExpositionFormat format, int size) {
    ExpositionWriter writer = new ExpositionWriter(format, size);
    families.forEach(writer::family);
    if (writer.open) {
      writer.put("# EOF\n");
    }
    return Arrays.copyOf(writer.out, writer.length);
  }

  private void family(Family family) {
    if (family.series().isEmpty()) {
      return;
    }
    head(family);
    for (Series series : family.series().values()) {
      switch (series.source()) {
        case Metrics.Counter counter -> {
          sample(family, series);
          put(counter.count());
          put('\n');
        }
        case Series.Kept(var count) -> {
          sample(family, series);
          put(count.getAsLong());
          put('\n');
        }
        case Series.Shown(var value) -> {
          sample(family, series);
          put(value.get().doubleValue());
          put('\n');
        }
        case Metrics.Histogram histogram -> histogram(family, series, histogram);
      }
    }
  }

  /** OpenMetrics calls a counter's family by its name without the suffix. */
  private void head(Family family) {
    String name = family.name();
    if (open && family.type() == Family.Type.COUNTER && name.endsWith(TOTAL)) {
      name = name.substring(0, name.length() - TOTAL.length());
    }
    if (!family.help().isEmpty()) {
      String help = family.help().replace("\\", "\\\\").replace("\n", "\\n");
      put("# HELP " + name + ' ' + (open ? help.replace("\"", "\\\"") : help) + '\n');
    }
    put("# TYPE " + name + ' ' + family.type().name().toLowerCase(Locale.ROOT) + '\n');
    if (open) {
      for (String unit : List.of("seconds", "bytes")) {
        if (name.endsWith('_' + unit)) {
          put("# UNIT " + name + ' ' + unit + '\n');
        }
      }
    }
  }

  private void histogram(Family family, Series series, Metrics.Histogram histogram) {
    long count = 0;
    for (int i = 0; i < histogram.buckets(); i++) {
      count += histogram.count(i);
      put(family.nameText());
      put(BUCKET);
      put(series.text());
      if (series.text().length > 0) {
        put(',');
      }
      put(LE);
      put(histogram.bounds().text(i, open));
      put(CLOSE);
      put(count);
      if (open) {
        exemplar(histogram, i);
      }
      put('\n');
    }
    sample(family, SUM, series);
    put(histogram.sumSeconds());
    put('\n');
    sample(family, COUNT, series);
    put(count);
    put('\n');
  }

  private void exemplar(Metrics.Histogram histogram, int bucket) {
    Exemplar exemplar = histogram.exemplar(bucket);
    String labels = exemplar == null ? "" : exemplar.labels();
    if (exemplar != null && !labels.isEmpty()) {
      put(EXEMPLAR);
      put(labels);
      put("} ");
      put(exemplar.nanos() / 1e9);
      put(' ');
      put(exemplar.second());
    }
  }

  private void sample(Family family, Series series) {
    sample(family, NOTHING, series);
  }

  private void sample(Family family, byte[] suffix, Series series) {
    put(family.nameText());
    put(suffix);
    if (series.text().length > 0) {
      put('{');
      put(series.text());
      put('}');
    }
    put(' ');
  }

  /** Whole numbers without a fraction, others as {@link Double#toString} has them. */
  private void put(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      put((long) value);
    } else {
      put(number(value));
    }
  }

  private void put(long value) {
    if (value < 0) {
      put(Long.toString(value));
      return;
    }
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    room(digits);
    long rest = value;
    for (int i = length + digits - 1; i >= length; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  private void put(char one) {
    room(1);
    out[length++] = (byte) one;
  }

  private void put(String text) {
    put(bytes(text));
  }

  private void put(byte[] bytes) {
    room(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  private void room(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
  }

  /** The labels of a series, sorted, as they are written between the braces. */
  static byte[] labels(List<String> pairs) {
    Map<String, String> sorted = new TreeMap<>();
    for (int i = 0; i < pairs.size(); i += 2) {
      sorted.put(pairs.get(i), pairs.get(i + 1));
    }
    StringBuilder labels = new StringBuilder();
    sorted.forEach(
        (label, value) ->
            labels
                .append(labels.isEmpty() ? "" : ",")
                .append(label)
                .append("=\"")
                .append(escaped(value))
                .append('"'));
    return bytes(labels.toString());
  }

  /** The value of a label, in both formats. */
  static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
  }

  /** A number that is no whole one; Prometheus' names for what has no digits. */
  static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return Double.toString(value);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
