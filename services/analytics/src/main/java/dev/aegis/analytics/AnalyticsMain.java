package dev.aegis.analytics;

import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.chassis.ServiceMain;

/** Runs analytics as a process of its own. */
public final class AnalyticsMain {
  private AnalyticsMain() {}

  /** Does not return. */
  public static void main(String[] args) {
    ServiceMain.run(
        "analytics", args, AnalyticsSettings.ALL, (settings, _) -> new AnalyticsService(settings));
  }
}
