package dev.aegis.gateway.plugin;

import dev.aegis.gateway.admission.FixedWindow;
import dev.aegis.journal.RateLimitConfig;

/**
 * The compiled form of one {@code rate_limit} plugin: whose requests it counts together, and the
 * counts. It outlives changes of the configuration that leave it as it is.
 */
public final class RateLimit {
  private final String id;
  private final RateLimitConfig config;
  private final FixedWindow window;
  private final String policy;

  /**
   * @param id the plugin's id, named in the {@code RateLimit} fields
   */
  public RateLimit(String id, RateLimitConfig config) {
    this.id = id;
    this.config = config;
    this.window = new FixedWindow(config.limit(), config.window());
    this.policy = '"' + id + "\";q=" + config.limit() + ";w=" + config.window().toSeconds();
  }

  /** The plugin's id. */
  public String id() {
    return id;
  }

  /** What it was configured with. */
  public RateLimitConfig config() {
    return config;
  }

  /** Value of {@code RateLimit-Policy}, by the IETF draft "RateLimit header fields for HTTP". */
  public String policy() {
    return policy;
  }

  /**
   * Counts a request.
   *
   * @param route id of the matched route
   * @param subject verified subject, {@code ""} without one
   * @param address the caller's address
   */
  public FixedWindow.Count take(String route, String subject, String address, long epochMillis) {
    return window.take(caller(route, subject, address), epochMillis);
  }

  /** What the next request would find; it is not counted, and the count does not include it. */
  public FixedWindow.Count peek(String route, String subject, String address, long epochMillis) {
    return window.peek(caller(route, subject, address), epochMillis);
  }

  private String caller(String route, String subject, String address) {
    String caller = "";
    for (RateLimitConfig.By by : RateLimitConfig.By.values()) {
      if (config.by().contains(by)) {
        String part =
            switch (by) {
              case TENANT -> "";
              case ROUTE -> route;
              case SUBJECT -> subject.isEmpty() ? '@' + address : subject;
              case IP -> address;
            };
        caller = caller.isEmpty() ? part : caller + '\n' + part;
      }
    }
    return caller;
  }
}
