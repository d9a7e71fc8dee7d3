package dev.aegis.gateway.recent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which lines somebody wants to see. A line is read as JSON only when something is asked of it, and
 * it has the bytes that a line must have to be wanted: looking for one request among many thousand
 * reads one line.
 */
final class Wanted {
  /** Names of a line's members by the names of the filters that compare them. */
  private static final Map<String, String> EQUAL =
      Map.of(
          "tenant", "tenant_id",
          "route", "route_id",
          "code", "code",
          "method", "method",
          "request_id", "request_id",
          "user", "user_id",
          "trace_id", "trace_id");

  private static final Set<String> OTHERS =
      Set.of("within", "status", "path", "min_latency_ms", "from", "to", "text");

  private static final Pattern STATUS = Pattern.compile("[1-9]([0-9][0-9]|xx)");
  private static final Pattern PLAIN = Pattern.compile("[ !#-\\[\\]-~]+"); // nothing is escaped

  private final List<byte[]> needles = new ArrayList<>();
  private final List<Predicate<ObjectNode>> filters = new ArrayList<>();

  /**
   * @param filters members by the names of the filters
   * @param within whether a tenant is another one or below it
   * @throws IllegalArgumentException when a filter is not one that is known here, or cannot be
   *     understood: to leave it out would show more than was asked for
   */
  Wanted(ObjectNode filters, BiPredicate<String, String> within) {
    filters
        .properties()
        .forEach(
            filter -> {
              String name = filter.getKey();
              String member = EQUAL.get(name);
              String value = filter.getValue().asText();
              if (!filter.getValue().isTextual() || member == null && !OTHERS.contains(name)) {
                throw new IllegalArgumentException("No such filter: " + name);
              }
              try {
                if (member == null) {
                  add(name, value, within);
                } else {
                  equal(member, value);
                }
              } catch (DateTimeException | NumberFormatException e) {
                throw new IllegalArgumentException("Not a value for " + name, e);
              }
            });
  }

  private void equal(String member, String value) {
    if (PLAIN.matcher(value).matches()) {
      needles.add(bytes('"' + member + "\":\"" + value + '"'));
    }
    filters.add(line -> value.equals(line.path(member).textValue()));
  }

  private void add(String name, String value, BiPredicate<String, String> within) {
    switch (name) {
      case "within" -> {
        Map<String, Boolean> known = new HashMap<>();
        filters.add(line -> below(line.path("tenant_id").textValue(), value, within, known));
      }
      case "status" -> {
        if (!STATUS.matcher(value).matches()) {
          throw new IllegalArgumentException("Not a status");
        }
        boolean whole = value.endsWith("xx");
        int least = whole ? (value.charAt(0) - '0') * 100 : Integer.parseInt(value);
        int most = whole ? least + 99 : least;
        needles.add(bytes("\"status\":" + (whole ? value.substring(0, 1) : value)));
        filters.add(
            line -> {
              int status = line.path("status").asInt();
              return status >= least && status <= most;
            });
      }
      case "path" -> {
        if (PLAIN.matcher(value).matches()) {
          needles.add(bytes("\"uri\":\"" + value));
        }
        filters.add(line -> line.path("uri").asText().startsWith(value));
      }
      case "min_latency_ms" -> {
        double least = Double.parseDouble(value);
        filters.add(line -> line.path("latency_ms").asDouble(-1) >= least);
      }
      case "from" -> {
        Instant from = Instant.parse(value);
        filters.add(line -> at(line, at -> !at.isBefore(from)));
      }
      case "to" -> {
        Instant to = Instant.parse(value);
        filters.add(line -> at(line, at -> at.isBefore(to)));
      }
      default ->
          filters.add(
              line -> {
                for (JsonNode member : line) {
                  if (member.isTextual() && member.textValue().contains(value)) {
                    return true;
                  }
                }
                return false;
              });
    }
  }

  private static boolean below(
      @Nullable String tenant,
      String above,
      BiPredicate<String, String> within,
      Map<String, Boolean> known) {
    return tenant != null && known.computeIfAbsent(tenant, each -> within.test(each, above));
  }

  private static boolean at(ObjectNode line, Predicate<Instant> range) {
    try {
      return range.test(Instant.parse(line.path("timestamp").asText()));
    } catch (DateTimeException e) {
      return false; // of no time, so in no range
    }
  }

  /** Whether the line in {@code lines} from {@code start} to before {@code end} is wanted. */
  boolean wants(byte[] lines, int start, int end) {
    if (filters.isEmpty()) {
      return start < end && lines[start] == '{' && lines[end - 1] == '}';
    }
    for (byte[] needle : needles) {
      if (!has(lines, start, end, needle)) {
        return false;
      }
    }
    try {
      ObjectNode line = Json.readObject(Arrays.copyOfRange(lines, start, end));
      return filters.stream().allMatch(filter -> filter.test(line));
    } catch (IOException e) {
      return false; // no line of the access log
    }
  }

  private static boolean has(byte[] lines, int start, int end, byte[] needle) {
    byte first = needle[0];
    for (int at = start; at <= end - needle.length; at++) {
      if (lines[at] == first
          && Arrays.equals(lines, at, at + needle.length, needle, 0, needle.length)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
