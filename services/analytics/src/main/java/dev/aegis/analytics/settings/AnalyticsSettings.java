package dev.aegis.analytics.settings;

import dev.aegis.analytics.rollup.Retention;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Setting;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The settings of analytics. */
public final class AnalyticsSettings {
  /** Where the API and the management answer. */
  public static final Setting<Integer> PORT =
      Setting.port("analytics.port", "AEGIS_ANALYTICS_PORT", 4570, "analytics API and management");

  /** How long cells of a minute are kept. */
  public static final Setting<Duration> KEEP_MINUTES =
      Setting.duration(
          "analytics.keep.minutes",
          "AEGIS_ANALYTICS_KEEP_MINUTES",
          Duration.ofDays(32),
          "how long counts per minute are kept");

  /** How long cells of an hour are kept. */
  public static final Setting<Duration> KEEP_HOURS =
      Setting.duration(
          "analytics.keep.hours",
          "AEGIS_ANALYTICS_KEEP_HOURS",
          Duration.ofDays(400),
          "how long counts per hour are kept");

  /** How long cells of a day are kept. */
  public static final Setting<Duration> KEEP_DAYS =
      Setting.duration(
          "analytics.keep.days",
          "AEGIS_ANALYTICS_KEEP_DAYS",
          Duration.ofDays(3_660),
          "how long counts per day are kept");

  /** All of them, without the common ones. */
  public static final List<Setting<?>> OWN = List.of(PORT, KEEP_MINUTES, KEEP_HOURS, KEEP_DAYS);

  /** All of them. */
  public static final List<Setting<?>> ALL =
      Stream.concat(CommonSettings.ALL.stream(), OWN.stream()).toList();

  private AnalyticsSettings() {}

  /**
   * How long cells are kept.
   *
   * @throws StartFailure when the three do not fit together
   */
  public static Retention retention(Settings settings) throws StartFailure {
    try {
      return new Retention(
          settings.of(KEEP_MINUTES), settings.of(KEEP_HOURS), settings.of(KEEP_DAYS));
    } catch (IllegalArgumentException e) {
      throw new StartFailure("analytics.keep.*: " + e.getMessage(), e);
    }
  }
}
