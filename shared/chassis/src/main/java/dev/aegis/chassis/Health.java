package dev.aegis.chassis;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a service can do its work: it has started, is not stopping, and what it cannot do without
 * is there.
 */
public final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  private final CopyOnWriteArrayList<Check> checks = new CopyOnWriteArrayList<>();
  private volatile boolean accepting;

  private record Check(String name, BooleanSupplier up) {}

  /**
   * Adds something without which the service is not ready.
   *
   * @param name in the answer of {@code /health/ready}
   * @param up answers at once, from memory; an exception counts as no
   */
  public void check(String name, BooleanSupplier up) {
    checks.add(new Check(name, up));
  }

  /** Says that the service has started (true), or is stopping (false). */
  public void accepting(boolean accepting) {
    this.accepting = accepting;
  }

  /** Whether the service is ready. */
  public boolean ready() {
    return accepting && results().values().stream().allMatch(up -> up);
  }

  /** Each check and whether it is met, in the order they were added. */
  public SequencedMap<String, Boolean> results() {
    SequencedMap<String, Boolean> results = new LinkedHashMap<>();
    results.put("accepting", accepting);
    for (Check check : checks) {
      results.put(check.name(), isUp(check));
    }
    return results;
  }

  private static boolean isUp(Check check) {
    try {
      return check.up().getAsBoolean();
    } catch (RuntimeException e) {
      LOG.debug("The health check {} failed", check.name(), e);
      return false;
    }
  }

  /** Body of an answer about health. */
  static String json(boolean up, Map<String, Boolean> results) {
    StringBuilder json = new StringBuilder(64);
    json.append("{\"status\":\"").append(up ? "UP" : "DOWN").append("\",\"checks\":[");
    String comma = "";
    for (Map.Entry<String, Boolean> result : results.entrySet()) {
      json.append(comma)
          .append("{\"name\":\"")
          .append(result.getKey())
          .append("\",\"status\":\"")
          .append(result.getValue() ? "UP" : "DOWN")
          .append("\"}");
      comma = ",";
    }
    return json.append("]}").toString();
  }
}
