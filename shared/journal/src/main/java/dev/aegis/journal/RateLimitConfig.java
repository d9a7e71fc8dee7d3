package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Configuration of the {@code rate_limit} plugin: so many requests per time and caller. The admin
 * service checks it on write, the gateway compiles it.
 *
 * @param algorithm how requests are counted
 * @param windows all that must hold at once, at least one
 * @param by what tells callers apart, in a fixed order
 * @param headers names of request header fields, in lower case, whose values tell callers apart too
 * @param cost what a request takes of the limit, 0 to 1,000
 * @param methodCosts the same for some methods
 * @param reportOnly whether what it would refuse is let pass, and only counted in the metric
 * @param countRefused whether requests that are refused are counted too
 * @param together whether the tenants below the one that it belongs to have one count with it
 * @param store where requests are counted
 * @param share how much a gateway takes at once from a leased store; 0 for the others
 * @param onFailure what becomes of requests while the store is away
 */
public record RateLimitConfig(
    Algorithm algorithm,
    List<Window> windows,
    Set<By> by,
    List<String> headers,
    int cost,
    Map<String, Integer> methodCosts,
    boolean reportOnly,
    boolean countRefused,
    boolean together,
    Store store,
    long share,
    OnFailure onFailure) {
  /** Name of the plugin in the catalogue. */
  public static final String PLUGIN = "rate_limit";

  private static final String SCHEMA = "rate_limit.schema.json";
  private static final int MOST_WINDOWS = 4;
  private static final int MOST_HEADERS = 4;
  private static final int MOST_COST = 1_000;
  private static final long LONGEST_QUEUE = 30;
  private static final String HEADER = "header:";
  private static final String LIMIT = "limit";
  private static final String WINDOW = "window_seconds";
  private static final String WINDOWS = "windows";
  private static final String SHARE = "share";

  /**
   * Most of room times milliseconds: with it all arithmetic is exact, in 64-bit integers and in the
   * doubles of a script in Redis.
   */
  private static final long EXACT = 1L << 51;

  public RateLimitConfig {
    windows = List.copyOf(windows);
    by = Set.copyOf(by);
    headers = List.copyOf(headers);
    methodCosts = Map.copyOf(methodCosts);
  }

  /** How requests are counted. */
  public enum Algorithm {
    /** Windows aligned to the Unix epoch, each with a count of its own. */
    FIXED_WINDOW,
    /** The same, and of the window before as much as a window that ends now would still have. */
    SLIDING_WINDOW,
    /** A bucket of tokens that is filled evenly, and full at first. */
    TOKEN_BUCKET,
    /** Requests pass evenly, one after the other; a few may wait for their turn. */
    LEAKY_BUCKET
  }

  /** Where requests are counted. */
  public enum Store {
    /** In each gateway, apart. */
    LOCAL,
    /** In Redis, exactly, for all gateways together. */
    REDIS,
    /** In Redis, of which each gateway takes shares in advance. */
    LEASED
  }

  /** What becomes of requests while the store is away. */
  public enum OnFailure {
    /** Each gateway counts by itself, against its share of the limit. */
    LOCAL_SHARE,
    /** They pass. */
    OPEN,
    /** They are refused. */
    CLOSED
  }

  /** What tells callers apart. */
  public enum By {
    /** All requests of the tenant together. */
    TENANT,
    /** The route that was matched. */
    ROUTE,
    /** The verified subject; the address on routes without one. */
    SUBJECT,
    /** The caller's address. */
    IP,
    /** The API key, or the id of the token; without either as the subject. */
    KEY
  }

  /**
   * So much per time.
   *
   * @param limit requests per window, 1 to 1,000,000,000
   * @param length of a window, 1 second to 1 day
   * @param room how much may come at once: {@code burst} of a bucket of tokens, one and {@code
   *     queue} of a leaky bucket, else {@code limit}
   */
  public record Window(int limit, Duration length, long room) {}

  /**
   * Reads the configuration.
   *
   * @throws InvalidDefinition with every violation, its fields below {@code /config}
   */
  public static RateLimitConfig read(ObjectNode config) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(config, "/config", violations);
    String word =
        fields.oneOf(
            "algorithm",
            "fixed_window",
            List.of("fixed_window", "sliding_window", "token_bucket", "leaky_bucket"));
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
    int cost = (int) fields.number("cost", 1, 0, MOST_COST);
    Map<String, Integer> methodCosts = fields.object("method_costs", RateLimitConfig::costs);
    boolean reportOnly =
        fields.oneOf("mode", "enforce", List.of("enforce", "report")).equals("report");
    boolean countRefused = fields.flag("count_refused", false);
    boolean together =
        fields.oneOf("descendants", "apart", List.of("apart", "together")).equals("together");
    affordable(fields, windows, cost, methodCosts);
    int most = most(cost, methodCosts);
    long share = share(fields, store, algorithm, windows, most, countRefused);
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
        reportOnly,
        countRefused,
        together,
        store,
        share,
        onFailure);
  }

  /**
   * Name of its counts where gateways share them: what they mean follows from it, so that another
   * definition begins anew. What stands in braces decides on which server of a Redis Cluster they
   * are.
   *
   * @param root the tenant at the top of the tree
   * @param tenant whose requests are counted
   * @param plugin the object that has this configuration
   */
  public String name(String root, String tenant, ObjectKey plugin) {
    String means =
        tenant
            + '\n'
            + plugin
            + '\n'
            + algorithm
            + '\n'
            + windows
            + '\n'
            + new TreeSet<>(by)
            + '\n'
            + headers
            + '\n'
            + together;
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(means.getBytes(StandardCharsets.UTF_8));
      return '{' + root + "}:" + HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /** What a request with this method takes of the limit. */
  public int cost(String method) {
    return methodCosts.isEmpty() ? cost : methodCosts.getOrDefault(method, cost);
  }

  /** What the dearest request takes of the limit, at least 1. */
  public int most() {
    return most(cost, methodCosts);
  }

  private static int most(int cost, Map<String, Integer> methodCosts) {
    return methodCosts.values().stream().reduce(Math.max(cost, 1), Math::max);
  }

  private static List<Window> windows(Fields fields, Algorithm algorithm) {
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

  private static Window window(Fields fields, Algorithm algorithm) {
    int limit = (int) fields.requiredNumber(LIMIT, 1, 1_000_000_000);
    long seconds = fields.requiredNumber(WINDOW, 1, 86_400);
    long room =
        switch (algorithm) {
          case FIXED_WINDOW, SLIDING_WINDOW -> limit;
          case TOKEN_BUCKET -> fields.number("burst", limit, 1, 1_000_000_000);
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
        fields.reject("cost", "must be at most what may come at once, " + window.room());
      }
      if (methodCosts.values().stream().anyMatch(each -> each > window.room())) {
        fields.reject("method_costs", "must be at most what may come at once, " + window.room());
      }
    }
  }

  /** The JSON Schema of the configuration. */
  public static ObjectNode schema() {
    try (InputStream in = RateLimitConfig.class.getResourceAsStream(SCHEMA)) {
      if (in == null) {
        throw new IllegalStateException(SCHEMA + " is part of this module");
      }
      return Json.readObject(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
