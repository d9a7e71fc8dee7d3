package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.RateLimitConfig.Algorithm;
import dev.aegis.journal.RateLimitConfig.By;
import dev.aegis.journal.RateLimitConfig.OnFailure;
import dev.aegis.journal.RateLimitConfig.ReplyCost;
import dev.aegis.journal.RateLimitConfig.Store;
import dev.aegis.journal.RateLimitConfig.Window;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what operators write of a limit, and finds everything that is wrong with it. */
final class RateLimitReading {
  private static final int MOST_LIMIT = 1_000_000_000;
  private static final int MOST_WINDOWS = 4;
  private static final int MOST_HEADERS = 4;
  private static final int MOST_COST = 1_000;
  private static final int MOST_NAME = 256;
  private static final long LONGEST_QUEUE = 30;
  private static final String HEADER = "header:";
  private static final String LIMIT = "limit";
  private static final String WINDOW = "window_seconds";
  private static final String WINDOWS = "windows";
  private static final String SHARE = "share";
  private static final String COST = "cost";
  private static final String METHOD_COSTS = "method_costs";
  private static final String REPLY_COST = "reply_cost";

  /**
   * Most of room times milliseconds: with it all arithmetic is exact, in 64-bit integers and in the
   * doubles of a script in Redis.
   */
  private static final long EXACT = 1L << 51;

  private RateLimitReading() {}

  static RateLimitConfig read(ObjectNode config) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(config, "/config", violations);
    String word =
        fields.oneOf(
            "algorithm",
            "fixed_window",
            List.of(
                "fixed_window", "sliding_window", "token_bucket", "leaky_bucket", "concurrency"));
    Algorithm algorithm = Algorithm.valueOf(word.toUpperCase(Locale.ROOT));
    Store store =
        Store.valueOf(
            fields
                .oneOf("store", "local", List.of("local", "redis", "leased"))
                .toUpperCase(Locale.ROOT));
    OnFailure onFailure =
        OnFailure.valueOf(
            fields
                .oneOf("on_failure", "local_share", List.of("local_share", "open", "closed"))
                .toUpperCase(Locale.ROOT));
    List<Window> windows = windows(fields, algorithm);
    Set<By> by = new TreeSet<>();
    Set<String> headers = new TreeSet<>();
    by(fields, by, headers);
    int cost = (int) fields.number(COST, 1, 0, MOST_COST);
    Map<String, Integer> methodCosts = fields.object(METHOD_COSTS, RateLimitReading::costs);
    ReplyCost replyCost = replyCost(fields, windows, cost);
    boolean reportOnly =
        fields.oneOf("mode", "enforce", List.of("enforce", "report")).equals("report");
    boolean countRefused = fields.flag("count_refused", false);
    boolean together =
        fields.oneOf("descendants", "apart", List.of("apart", "together")).equals("together");
    affordable(fields, windows, cost, methodCosts);
    int most = RateLimitConfig.most(cost, methodCosts);
    long share = share(fields, store, algorithm, windows, most, countRefused);
    if (algorithm == Algorithm.CONCURRENCY) {
      places(fields, countRefused);
    }
    fields.done();
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return new RateLimitConfig(
        algorithm,
        windows,
        by,
        List.copyOf(headers),
        cost,
        methodCosts,
        replyCost,
        reportOnly,
        countRefused,
        together,
        store,
        share,
        onFailure);
  }

  private static List<Window> windows(Fields fields, Algorithm algorithm) {
    if (algorithm == Algorithm.CONCURRENCY) {
      long limit = fields.requiredNumber(LIMIT, 1, MOST_LIMIT);
      return List.of(new Window((int) limit, Duration.ZERO, limit));
    }
    if (fields.absent(WINDOWS)) {
      return List.of(window(fields, algorithm));
    }
    List<Window> windows = fields.objects(WINDOWS, each -> window(each, algorithm));
    if (windows.isEmpty() || windows.size() > MOST_WINDOWS) {
      fields.reject(WINDOWS, "must hold 1 to " + MOST_WINDOWS + " windows");
    }
    for (String member : List.of(LIMIT, WINDOW, "burst", "queue")) {
      if (!fields.absent(member)) {
        fields.reject(member, "must not be given beside windows");
      }
    }
    long lengths = windows.stream().map(Window::length).distinct().count();
    if (lengths < windows.size()) {
      fields.reject(WINDOWS, "must have lengths that differ");
    }
    return windows;
  }

  /** Each request has one place, for as long as it takes: there is no time and no cost. */
  private static void places(Fields fields, boolean countRefused) {
    for (String member : List.of(WINDOW, WINDOWS, COST, METHOD_COSTS, REPLY_COST)) {
      if (!fields.absent(member)) {
        fields.reject(member, "must not be given where requests under way are counted");
      }
    }
    if (countRefused) {
      fields.reject("count_refused", "must not be given where requests under way are counted");
    }
  }

  private static Window window(Fields fields, Algorithm algorithm) {
    int limit = (int) fields.requiredNumber(LIMIT, 1, MOST_LIMIT);
    long seconds = fields.requiredNumber(WINDOW, 1, 86_400);
    long room =
        switch (algorithm) {
          case FIXED_WINDOW, SLIDING_WINDOW, CONCURRENCY -> limit;
          case TOKEN_BUCKET -> fields.number("burst", limit, 1, MOST_LIMIT);
          case LEAKY_BUCKET -> 1 + fields.number("queue", 0, 0, 1_000);
        };
    if (algorithm != Algorithm.FIXED_WINDOW && Math.max(limit, room) > EXACT / (seconds * 1000)) {
      fields.reject(
          LIMIT, "and burst must be at most " + EXACT / (seconds * 1000) + " with this window");
    }
    if (algorithm == Algorithm.LEAKY_BUCKET && (room - 1) * seconds > LONGEST_QUEUE * limit) {
      fields.reject("queue", "must be at most what passes in " + LONGEST_QUEUE + " s");
    }
    return new Window(limit, Duration.ofSeconds(seconds), room);
  }

  private static void by(Fields fields, Set<By> by, Set<String> headers) {
    for (String word : fields.texts("by")) {
      switch (word) {
        case "tenant", "route", "subject", "ip", "key" ->
            by.add(By.valueOf(word.toUpperCase(Locale.ROOT)));
        default -> {
          if (word.startsWith(HEADER) && LoadBalancing.token(word.substring(HEADER.length()))) {
            headers.add(word.substring(HEADER.length()).toLowerCase(Locale.ROOT));
          } else {
            fields.reject("by", "must hold only tenant, route, subject, ip, key and header:NAME");
          }
        }
      }
    }
    if (headers.size() > MOST_HEADERS) {
      fields.reject("by", "must hold at most " + MOST_HEADERS + " header fields");
    }
    if (by.isEmpty() && headers.isEmpty()) {
      by.add(By.SUBJECT);
    }
  }

  private static Map<String, Integer> costs(Fields fields) {
    Map<String, Integer> costs = new TreeMap<>();
    for (String method : List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
      int cost = (int) fields.number(method, -1, 0, MOST_COST);
      if (cost >= 0) {
        costs.put(method, cost);
      }
    }
    return costs;
  }

  /** Without a cost of its own a request could not be refused, whatever it turned out to cost. */
  private static @Nullable ReplyCost replyCost(Fields fields, List<Window> windows, int cost) {
    if (fields.absent(REPLY_COST)) {
      fields.knows(REPLY_COST);
      return null;
    }
    if (cost == 0) {
      fields.reject(COST, "must be at least 1 beside reply_cost");
    }
    long room = windows.stream().mapToLong(Window::room).min().orElse(1);
    return fields.object(
        REPLY_COST,
        each -> {
          String header = each.text("header", MOST_NAME);
          if (!header.isEmpty() && !LoadBalancing.token(header)) {
            each.reject("header", "must be the name of a header field");
          } else if (HeaderEdits.untouchable(header)) {
            each.reject("header", "must not be a field that Aegis says itself");
          }
          long otherwise = Math.min(MOST_COST, room);
          int most = (int) each.number("most", otherwise, 1, Math.min(MOST_LIMIT, room));
          return new ReplyCost(header.toLowerCase(Locale.ROOT), most, each.flag("keep", false));
        });
  }

  /** A tenth of the limit unless it is said, and enough for any request. */
  private static long share(
      Fields fields,
      Store store,
      Algorithm algorithm,
      List<Window> windows,
      int most,
      boolean countRefused) {
    return switch (store) {
      case LOCAL, REDIS -> {
        if (!fields.absent(SHARE)) {
          fields.reject(SHARE, "must not be given unless store is leased");
        }
        yield 0;
      }
      case LEASED -> {
        if (algorithm != Algorithm.FIXED_WINDOW || windows.size() != 1) {
          fields.reject("store", "must not be leased but for one fixed_window");
          yield 0;
        }
        if (countRefused) {
          fields.reject("count_refused", "must not be given where store is leased");
        }
        long limit = windows.getFirst().limit();
        long least = Math.min(most, limit); // a request that costs more is refused elsewhere
        yield fields.number(SHARE, Math.max(Math.ceilDiv(limit, 10), least), least, limit);
      }
    };
  }

  /** A request that could never be let pass is a mistake. */
  private static void affordable(
      Fields fields, List<Window> windows, int cost, Map<String, Integer> methodCosts) {
    for (Window window : windows) {
      if (cost > window.room()) {
        fields.reject(COST, "must be at most what may come at once, " + window.room());
      }
      if (methodCosts.values().stream().anyMatch(each -> each > window.room())) {
        fields.reject(METHOD_COSTS, "must be at most what may come at once, " + window.room());
      }
    }
  }
}
