package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of the {@code rate_limit} plugin: so many requests per time and caller, or at once.
 * The admin service checks it on write, the gateway compiles it.
 *
 * @param algorithm how requests are counted
 * @param windows all that must hold at once, at least one
 * @param by what tells callers apart, in a fixed order
 * @param headers names of request header fields, in lower case, whose values tell callers apart too
 * @param cost what a request takes of the limit, 0 to 1,000
 * @param methodCosts the same for some methods
 * @param replyCost where replies say what a request costs in all; null where nobody asks them
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
    @Nullable ReplyCost replyCost,
    boolean reportOnly,
    boolean countRefused,
    boolean together,
    Store store,
    long share,
    OnFailure onFailure) {
  /** Name of the plugin in the catalogue. */
  public static final String PLUGIN = "rate_limit";

  private static final String SCHEMA = "rate_limit.schema.json";

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
    LEAKY_BUCKET,
    /** Those that are under way: each has a place until it ends. */
    CONCURRENCY
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
   * What a request costs in all, as its reply says. Missing or no whole number, it is what was
   * taken of the limit when the request came; so is less than that.
   *
   * @param header name of the field, in lower case
   * @param most what counts of it, 1 to what may come at once
   * @param keep whether callers get the field too
   */
  public record ReplyCost(String header, int most, boolean keep) {}

  /**
   * So much per time, or at once.
   *
   * @param limit requests per window, or under way at once, 1 to 1,000,000,000
   * @param length of a window, 1 second to 1 day; zero where requests under way are counted
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
    return RateLimitReading.read(config);
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

  static int most(int cost, Map<String, Integer> methodCosts) {
    return methodCosts.values().stream().reduce(Math.max(cost, 1), Math::max);
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
