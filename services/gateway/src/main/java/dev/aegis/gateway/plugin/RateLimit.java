package dev.aegis.gateway.plugin;

import dev.aegis.gateway.admission.Bound;
import dev.aegis.gateway.admission.Claim;
import dev.aegis.gateway.admission.Count;
import dev.aegis.gateway.admission.Meter;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.journal.RateLimitConfig.By;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The compiled form of one {@code rate_limit} plugin: whose requests it counts together, and the
 * counts. It outlives changes of the configuration that leave it as it is.
 */
public final class RateLimit {
  private static final int MOST_CALLER = 256;

  private final String id;
  private final RateLimitConfig config;
  private final Meter meter;
  private final Meter leased;
  private volatile Share share;
  private final String policy;
  private final @Nullable FieldNames dropped;

  /** What one of so many gateways lets pass while they cannot count together. */
  private record Share(int gateways, Meter meter) {}

  /**
   * @param id the plugin's id, named in the {@code RateLimit} fields
   * @param name of its counts where gateways share them
   */
  public RateLimit(String id, RateLimitConfig config, String name) {
    this.id = id;
    this.config = config;
    List<Bound> bounds = new ArrayList<>();
    StringBuilder policy = new StringBuilder();
    for (RateLimitConfig.Window window : config.windows()) {
      bounds.add(
          new Bound(config.algorithm(), window.limit(), window.length().toMillis(), window.room()));
      if (!policy.isEmpty()) {
        policy.append(", ");
      }
      policy.append('"').append(id).append("\";q=").append(window.limit());
      if (config.algorithm() == RateLimitConfig.Algorithm.CONCURRENCY) {
        policy.append(";qu=\"concurrent-requests\"");
      } else {
        policy.append(";w=").append(window.length().toSeconds());
      }
    }
    this.meter = new Meter(name, bounds, config.reportOnly(), config.countRefused());
    this.leased = config.share() > 0 ? meter.leased(config.share()) : meter;
    this.policy = policy.toString();
    RateLimitConfig.ReplyCost cost = config.replyCost();
    this.dropped = cost == null || cost.keep() ? null : new FieldNames(List.of(cost.header()));
    this.share = new Share(1, share(1));
  }

  /**
   * What tells callers apart.
   *
   * @param tenant whose host it is
   * @param route id of the matched route
   * @param subject verified subject, {@code ""} without one
   * @param key which of the subject's keys or tokens, {@code ""} without one that has a name
   * @param address the caller's address
   */
  public record Asker(
      String tenant, String route, String subject, String key, String address, RequestHead head) {}

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

  /** Value of {@code RateLimit}, by the same draft; nobody knows when a place is free. */
  public String state(Count count) {
    String state = '"' + id + "\";r=" + count.remaining();
    return meter.places() ? state : state + ";t=" + count.resetSeconds();
  }

  /** What it reads in replies and callers do not get, null for nothing. */
  public @Nullable FieldNames dropped() {
    return dropped;
  }

  /** Whether it counts requests that are under way. */
  public boolean places() {
    return meter.places();
  }

  /** What a request wants of it. */
  public Claim claim(Asker asker) {
    return new Claim(meter, caller(asker), config.cost(asker.head().method()));
  }

  /** The same of what this gateway has taken in advance. */
  public Claim leased(Claim claim) {
    return new Claim(leased, claim.caller(), claim.cost());
  }

  /** The name of its counts where gateways share them. */
  public String name() {
    return meter.name();
  }

  /** The same of this gateway's share of it, one of {@code gateways}. */
  public Claim shared(Claim claim, int gateways) {
    Share known = share;
    if (known.gateways() != gateways) {
      known = new Share(gateways, share(gateways));
      share = known;
    }
    return new Claim(known.meter(), claim.caller(), claim.cost());
  }

  /** At least what the dearest request costs, or nothing would pass. */
  private Meter share(int gateways) {
    List<Bound> bounds = new ArrayList<>();
    for (Bound bound : meter.bounds()) {
      long room = Math.max(bound.room() / gateways, config.most());
      boolean window = bound.limit() == bound.room();
      long limit = Math.max(bound.limit() / gateways, window ? config.most() : 1);
      bounds.add(new Bound(bound.algorithm(), limit, bound.lengthMillis(), window ? limit : room));
    }
    return meter.places()
        ? meter.within(bounds)
        : new Meter(meter.name(), bounds, config.reportOnly(), config.countRefused());
  }

  /** Whether a request has to end here, when this is what the limit says. */
  public boolean refuses(Count count) {
    return !count.admitted() && !config.reportOnly();
  }

  /** A part that a caller chooses ends where it says, so that no two make the same name. */
  private String caller(Asker asker) {
    String caller = "";
    for (By by : By.values()) {
      if (config.by().contains(by)) {
        String part =
            switch (by) {
              case TENANT -> "";
              case ROUTE -> within(asker, asker.route());
              case SUBJECT -> subject(asker);
              case IP -> asker.address();
              case KEY ->
                  asker.key().isEmpty()
                      ? subject(asker)
                      : asker.key().length() + ":" + asker.key() + '\n' + subject(asker);
            };
        caller = caller.isEmpty() ? part : caller + '\n' + part;
      }
    }
    for (String name : config.headers()) {
      @Nullable String value = asker.head().value(name);
      String part = value == null ? "-" : value.length() + ":" + value;
      caller = caller.isEmpty() ? part : caller + '\n' + part;
    }
    return caller.length() > MOST_CALLER ? digest(caller) : caller;
  }

  private String subject(Asker asker) {
    return asker.subject().isEmpty() ? '@' + asker.address() : within(asker, asker.subject());
  }

  /** Callers choose the values of their fields; what is remembered of each is short. */
  private static String digest(String caller) {
    try {
      byte[] bytes = caller.getBytes(StandardCharsets.UTF_8);
      return '#' + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /** Names of a tenant mean something only in it; a count that several have needs both. */
  private String within(Asker asker, String name) {
    return config.together() ? asker.tenant() + '\n' + name : name;
  }
}
