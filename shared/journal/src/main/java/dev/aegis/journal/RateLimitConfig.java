package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Configuration of the {@code rate_limit} plugin: so many requests per window and caller. The admin
 * service checks it on write, the gateway compiles it.
 *
 * @param limit requests per window, 1 to 1,000,000,000
 * @param window length of a fixed window, 1 second to 1 day, aligned to the Unix epoch
 * @param by what tells callers apart, in a fixed order
 */
public record RateLimitConfig(int limit, Duration window, Set<By> by) {
  /** Name of the plugin in the catalogue. */
  public static final String PLUGIN = "rate_limit";

  private static final String SCHEMA = "rate_limit.schema.json";

  /** What tells callers apart. */
  public enum By {
    /** All requests of the tenant together. */
    TENANT,
    /** The route that was matched. */
    ROUTE,
    /** The verified subject; the address on routes without one. */
    SUBJECT,
    /** The caller's address. */
    IP
  }

  /**
   * Reads the configuration.
   *
   * @throws InvalidDefinition with every violation, its fields below {@code /config}
   */
  public static RateLimitConfig read(ObjectNode config) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(config, "/config", violations);
    fields.oneOf("algorithm", "fixed_window", List.of("fixed_window"));
    fields.oneOf("store", "local", List.of("local"));
    int limit = (int) fields.requiredNumber("limit", 1, 1_000_000_000);
    long window = fields.requiredNumber("window_seconds", 1, 86_400);
    Set<By> by = new TreeSet<>();
    for (String word : fields.texts("by")) {
      switch (word) {
        case "tenant", "route", "subject", "ip" ->
            by.add(By.valueOf(word.toUpperCase(Locale.ROOT)));
        default -> fields.reject("by", "must hold only tenant, route, subject and ip");
      }
    }
    if (by.isEmpty()) {
      by.add(By.SUBJECT);
    }
    fields.done();
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return new RateLimitConfig(limit, Duration.ofSeconds(window), Set.copyOf(by));
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
