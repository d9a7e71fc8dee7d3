package dev.aegis.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;

/** A configuration with its secrets in clear, which it keeps out of what is told about it. */
public final class Opened {
  private static final String REDACTED = "[redacted]";

  private final ObjectNode config;
  private final List<String> secrets;

  Opened(ObjectNode config, List<String> secrets) {
    this.config = config;
    this.secrets =
        secrets.stream()
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  /** What the plugin is told. */
  ObjectNode config() {
    return config;
  }

  /** The same without the configuration, for whoever lives long and only tells. */
  public Opened told() {
    return new Opened(config.objectNode(), secrets);
  }

  /** {@code text}, which the plugin may have made, without what is secret. */
  public String told(String text) {
    String told = text;
    for (String secret : secrets) {
      told = told.replace(secret, REDACTED);
    }
    return told;
  }
}
