package dev.aegis.chassis;

import java.util.Map;

/** Which service a logger speaks for, when several run in one JVM. */
final class ServiceNames {
  private static final String ROOT = "dev.aegis.";
  private static final Map<String, String> BY_PACKAGE =
      Map.of(
          "gateway", "gateway",
          "admin", "admin",
          "analytics", "analytics",
          "webhooks", "webhook-dispatcher");

  private ServiceNames() {}

  static String ofLogger(String logger, String otherwise) {
    if (!logger.startsWith(ROOT)) {
      return otherwise;
    }
    int end = logger.indexOf('.', ROOT.length());
    return end < 0
        ? otherwise
        : BY_PACKAGE.getOrDefault(logger.substring(ROOT.length(), end), otherwise);
  }
}
