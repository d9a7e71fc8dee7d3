package dev.aegis.analytics.query;

import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.model.Ids;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a question from the parameters of a URL.
 *
 * <p>Anything unknown or out of bounds is an error that names what was probably meant: a mistyped
 * parameter that is ignored answers another question than the one that was asked. All mistakes are
 * reported at once.
 */
public final class QueryParameters {
  /** Most groups of one top list. */
  public static final int MAX_LIMIT = 500;

  private static final int DEFAULT_LIMIT = 10;
  private static final int HOURS_SHOWN = 24;
  private static final int DAYS_SHOWN = 30;

  private final Question question;
  private final Map<String, List<String>> parameters;
  private final long nowMinute;
  private final Retention retention;
  private final List<Violation> violations = new ArrayList<>();

  private QueryParameters(
      Question question, Map<String, List<String>> parameters, Instant now, Retention retention) {
    this.question = question;
    this.parameters = parameters;
    this.nowMinute = Math.floorDiv(now.getEpochSecond(), 60L);
    this.retention = retention;
  }

  /**
   * Reads a question.
   *
   * @param parameters decoded, each with all its values
   * @param now the end of a range that does not say one
   * @throws InvalidQuery when there is anything wrong with it
   */
  public static Asked read(
      Question question, Map<String, List<String>> parameters, Instant now, Retention retention)
      throws InvalidQuery {
    return new QueryParameters(question, parameters, now, retention).read();
  }

  private Asked read() throws InvalidQuery {
    refuseUnknown();
    String tenant = tenant();
    Granularity granularity = granularity();
    TimeRange range = range(granularity);
    List<Dimension> groupBy = groupBy();
    List<Metric> metrics = metrics();
    int limit = limit();
    if (range != null) {
      refuseTooLong(range, granularity);
      refuseForgotten(range, granularity);
    }
    if (range == null || !violations.isEmpty()) {
      throw new InvalidQuery(violations);
    }
    return new Asked(
        question, new SeriesQuery(tenant, range, granularity, groupBy, metrics), limit);
  }

  private void refuseUnknown() {
    Set<String> known =
        new LinkedHashSet<>(List.of("tenant", "from", "to", "granularity", "group_by", "metric"));
    if (question == Question.TOP) {
      known.add("limit");
    }
    parameters.forEach(
        (name, values) -> {
          if (!known.contains(name)) {
            violate(name, "There is no such parameter" + near(name, known));
          } else if (values.size() > 1) {
            violate(name, "Given " + values.size() + " times; several values go with commas");
          } else if (values.isEmpty() || values.getFirst().isEmpty()) {
            // A script whose variable is empty would get everybody's figures.
            violate(name, "Is empty; leave it out for its default");
          }
        });
  }

  private @Nullable String tenant() {
    String tenant = value("tenant");
    if (tenant != null && !Ids.isTenant(tenant)) {
      violate("tenant", "Not a tenant's id: " + Ids.TENANT_RULE);
      return null;
    }
    return tenant;
  }

  private Granularity granularity() {
    String text = value("granularity");
    if (text == null) {
      return question.granularity();
    }
    Map<String, Granularity> known = new LinkedHashMap<>();
    for (Granularity each : Granularity.values()) {
      known.put(each.wireName(), each);
    }
    Granularity granularity = known.get(text);
    if (granularity == null) {
      violate("granularity", unknown(text, known.keySet()));
      return question.granularity();
    }
    return granularity;
  }

  private @Nullable TimeRange range(Granularity granularity) {
    String fromText = value("from");
    String toText = value("to");
    Instant from = fromText == null ? null : instant("from", fromText);
    Instant to = toText == null ? null : instant("to", toText);
    if (fromText != null && from == null || toText != null && to == null) {
      return null;
    }
    Instant end = to == null ? TimeRange.instant(nowMinute + 1) : to;
    Instant begin = from == null ? TimeRange.instant(defaultFrom(end, granularity)) : from;
    if (!begin.isBefore(end)) {
      violate("from", "from must be before to, which is " + end);
      return null;
    }
    try {
      return TimeRange.of(begin, end);
    } catch (ArithmeticException | IllegalArgumentException e) {
      violate("from", "from and to must lie between the years 1970 and 6053");
      return null;
    }
  }

  /** Where a range begins that only says, or does not even say, where it ends. */
  private static long defaultFrom(Instant end, Granularity granularity) {
    long to = Math.ceilDiv(end.toEpochMilli(), 60_000L);
    int shown =
        switch (granularity) {
          case MINUTE -> Granularity.HOUR.minutes();
          case HOUR -> HOURS_SHOWN;
          case DAY -> DAYS_SHOWN;
        };
    return Math.max(0, granularity.ceiling(to) - (long) shown * granularity.minutes());
  }

  private List<Dimension> groupBy() {
    Map<String, Dimension> known = new LinkedHashMap<>();
    for (Dimension each : Dimension.values()) {
      known.put(each.wireName(), each);
    }
    return list("group_by", known, question.groupBy());
  }

  private List<Metric> metrics() {
    Map<String, Metric> known = new LinkedHashMap<>();
    for (Metric each : Metric.values()) {
      known.put(each.wireName(), each);
    }
    return list("metric", known, question.metrics());
  }

  private <T> List<T> list(String name, Map<String, T> known, List<T> otherwise) {
    String text = value(name);
    if (text == null) {
      return otherwise;
    }
    Set<T> values = new LinkedHashSet<>();
    for (String each : text.split(",", -1)) {
      T value = known.get(each.strip());
      if (value == null) {
        violate(name, unknown(each.strip(), known.keySet()));
      } else {
        values.add(value);
      }
    }
    return List.copyOf(values);
  }

  private int limit() {
    String text = value("limit");
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    int limit = 0;
    try {
      limit = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      limit = 0;
    }
    if (limit < 1 || limit > MAX_LIMIT) {
      violate("limit", "A whole number from 1 to " + MAX_LIMIT);
    }
    return limit;
  }

  private void refuseTooLong(TimeRange range, Granularity granularity) {
    long buckets = range.buckets(granularity);
    if (buckets > SeriesQuery.MAX_BUCKETS) {
      violate(
          "granularity",
          "The range has "
              + buckets
              + " points of a "
              + granularity.wireName()
              + ", at most "
              + SeriesQuery.MAX_BUCKETS
              + " are answered; ask for a coarser granularity or a shorter range");
    }
  }

  private void refuseForgotten(TimeRange range, Granularity granularity) {
    Granularity longest = question == Question.TOP ? Granularity.DAY : granularity;
    for (RangePlan.Segment segment : RangePlan.of(range, longest)) {
      Granularity needed = segment.granularity();
      if (segment.from() < retention.firstKept(needed, nowMinute)) {
        violate(
            "from",
            "Cells of a "
                + needed.wireName()
                + " are kept for "
                + retention.of(needed).toDays()
                + " days"
                + (needed == Granularity.DAY
                    ? ""
                    : "; further back, ask for a coarser granularity and put both ends of the"
                        + " range on its borders in UTC"));
        return;
      }
    }
  }

  private @Nullable Instant instant(String name, String text) {
    try {
      // A '+' that was not escaped arrives as a space.
      return text.length() == "2026-01-01".length()
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
    } catch (DateTimeException e) {
      violate(name, "Not a time; write it like 2026-01-01T00:00:00Z (RFC 3339)");
      return null;
    }
  }

  private @Nullable String value(String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.isEmpty() ? null : values.getFirst();
  }

  private void violate(String name, String message) {
    violations.add(new Violation(name, message));
  }

  private static String unknown(String text, Set<String> known) {
    return "\"" + text + "\" is none of " + String.join(", ", known) + near(text, known);
  }

  private static String near(String text, Set<String> known) {
    String near = NearName.of(text, known);
    return near == null ? "" : "; did you mean " + near + "?";
  }
}
