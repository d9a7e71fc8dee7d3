package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Json;
import dev.aegis.model.Ids;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which lines of the access log an operator wants to see.
 *
 * @param filters as the gateways are asked, without what the operator's reach adds
 * @param tenant the one that was named, null for none
 * @param limit most lines
 * @param follow whether those that are still to come are wanted
 * @param positions where to go on, one for each gateway, null where it is not known
 */
record LogQuestion(
    ObjectNode filters,
    @Nullable String tenant,
    int limit,
    boolean follow,
    List<@Nullable String> positions) {
  static final String TENANT = "tenant";
  static final String UNKNOWN_POSITION = "-";

  private static final String FROM = "from";
  private static final String TO = "to";
  private static final String STATUS = "status";
  private static final String PATH = "path";
  private static final String FOLLOW = "follow";
  private static final String MIN_LATENCY = "min_latency_ms";
  private static final String LAST_EVENT = "Last-Event-ID";
  private static final Set<String> TEXTS =
      Set.of("route", "code", "method", "request_id", "user", "trace_id", "text");

  private static final int MAX_TEXT = 1_024;
  private static final Pattern STATUSES = Pattern.compile("[1-5]([0-9][0-9]|xx)");

  /** All query parameters that are known. */
  static Set<String> parameters() {
    Set<String> all = new TreeSet<>(TEXTS);
    all.addAll(List.of(TENANT, STATUS, PATH, MIN_LATENCY, FROM, TO, FOLLOW, Paging.LIMIT));
    return all;
  }

  /**
   * Reads a call's query.
   *
   * @param gateways how many there are
   * @throws RefusedCall with everything that is wrong with it
   */
  static LogQuestion of(Call call, int gateways) {
    return new Reading(call).question(gateways);
  }

  /** One query, from its first parameter to its last. */
  private static final class Reading {
    private final Call call;
    private final ObjectNode filters = Json.object();
    private final List<Violation> wrong = new ArrayList<>();

    Reading(Call call) {
      this.call = call;
    }

    LogQuestion question(int gateways) {
      TEXTS.forEach(
          name -> matching(name, !blankOrLong(value(name)), "must be 1 to 1024 characters"));
      String tenant = value(TENANT);
      matching(TENANT, tenant != null && Ids.isTenant(tenant), "must be the id of a tenant");
      String status = value(STATUS);
      matching(
          STATUS,
          status != null && STATUSES.matcher(status).matches(),
          "must be a status such as 404, or 5xx for all that begin so");
      String path = value(PATH);
      matching(
          PATH,
          path != null && path.startsWith("/") && path.length() <= MAX_TEXT,
          "must be the beginning of a path, and begin with /");
      matching(MIN_LATENCY, milliseconds(value(MIN_LATENCY)), "must be a number of milliseconds");
      Instant from = time(FROM);
      Instant to = time(TO);
      if (from != null && to != null && !from.isBefore(to)) {
        wrong.add(new Violation("?" + TO, "must be after from"));
      }
      boolean follow = guarded(() -> call.flag(FOLLOW), false);
      int limit = guarded(() -> Paging.limit(call), 1);
      List<@Nullable String> positions = new ArrayList<>();
      if (follow) {
        for (String name : List.of(FROM, TO, Paging.LIMIT)) {
          if (value(name) != null) {
            wrong.add(new Violation("?" + name, "does not go with follow"));
          }
        }
        positions.addAll(positions(gateways));
      }
      if (!wrong.isEmpty()) {
        throw new RefusedCall(
            new Refusal(
                Refusal.Reason.MALFORMED,
                wrong.size() == 1
                    ? wrong.getFirst().field() + " " + wrong.getFirst().message()
                    : wrong.size() + " parameters cannot be understood",
                wrong));
      }
      return new LogQuestion(filters, tenant, limit, follow, positions);
    }

    private @Nullable String value(String name) {
      return call.query().get(name);
    }

    private static boolean blankOrLong(@Nullable String value) {
      return value == null || value.isBlank() || value.length() > MAX_TEXT;
    }

    /** A parameter that the gateways compare, if it is there. */
    private void matching(String name, boolean right, String rule) {
      String value = value(name);
      if (value != null && right) {
        filters.put(name, value);
      } else if (value != null) {
        wrong.add(new Violation("?" + name, rule));
      }
    }

    private static boolean milliseconds(@Nullable String value) {
      try {
        return value != null && Double.parseDouble(value) >= 0 && value.matches("[0-9.]{1,20}");
      } catch (NumberFormatException e) {
        return false;
      }
    }

    private @Nullable Instant time(String name) {
      String value = value(name);
      try {
        Instant time = value == null ? null : OffsetDateTime.parse(value).toInstant();
        if (time != null) {
          filters.put(name, time.toString());
        }
        return time;
      } catch (DateTimeParseException e) {
        wrong.add(new Violation("?" + name, "must be a time such as 2030-01-01T00:00:00Z"));
        return null;
      }
    }

    private <T> T guarded(Supplier<T> read, T otherwise) {
      try {
        return read.get();
      } catch (RefusedCall e) {
        wrong.addAll(e.why().violations());
        return otherwise;
      }
    }

    /** Where a follower that was cut off had come to. */
    private List<@Nullable String> positions(int gateways) {
      List<@Nullable String> positions = new ArrayList<>();
      String last = call.header(LAST_EVENT);
      String[] parts = last == null || last.isEmpty() ? new String[0] : last.split(",", -1);
      boolean right = parts.length == 0 || parts.length == gateways;
      for (int i = 0; i < gateways; i++) {
        String part = i < parts.length ? parts[i] : UNKNOWN_POSITION;
        boolean known = !part.equals(UNKNOWN_POSITION);
        right &= !known || GatewayLogs.POSITION.matcher(part).matches();
        positions.add(known ? part : null);
      }
      if (!right) {
        wrong.add(new Violation(LAST_EVENT, "must be the id of an event of this path"));
      }
      return positions;
    }
  }
}
