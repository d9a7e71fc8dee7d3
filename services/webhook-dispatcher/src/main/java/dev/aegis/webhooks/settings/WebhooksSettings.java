package dev.aegis.webhooks.settings;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Quantities;
import dev.aegis.chassis.Setting;
import dev.aegis.egress.Network;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The settings of the webhook dispatcher. */
public final class WebhooksSettings {
  private static final int MOST_RETRIES = 20;

  /** Port of the API and of management. */
  public static final Setting<Integer> PORT =
      Setting.port("webhooks.port", "AEGIS_WEBHOOKS_PORT", 4580, "port of API and management");

  /** Waits before the second, third, … attempt. */
  public static final Setting<List<Duration>> RETRY_DELAYS =
      Setting.of(
          "webhooks.retry_delays",
          "AEGIS_WEBHOOKS_RETRY_DELAYS",
          "5s,30s,2m",
          "waits before each retry of a delivery; there are as many retries",
          WebhooksSettings::delays);

  /** Longest wait that a receiver may ask for. */
  public static final Setting<Duration> RETRY_AFTER_MAX =
      Setting.duration(
          "webhooks.retry_after_max",
          "AEGIS_WEBHOOKS_RETRY_AFTER_MAX",
          Duration.ofHours(1),
          "longest wait that a receiver may ask for with Retry-After");

  /** Longest wait for a connection. */
  public static final Setting<Duration> CONNECT_TIMEOUT =
      Setting.duration(
          "webhooks.connect_timeout",
          "AEGIS_WEBHOOKS_CONNECT_TIMEOUT",
          Duration.ofSeconds(5),
          "longest wait for a receiver to accept a connection");

  /** Longest time of a call. */
  public static final Setting<Duration> TIMEOUT =
      Setting.duration(
          "webhooks.timeout",
          "AEGIS_WEBHOOKS_TIMEOUT",
          Duration.ofSeconds(15),
          "longest time from looking up a receiver to its reply");

  /** Networks that may be called although they are not public. */
  public static final Setting<List<Network>> ALLOWED_NETWORKS =
      Setting.of(
          "webhooks.allowed_networks",
          "AEGIS_WEBHOOKS_ALLOWED_NETWORKS",
          "",
          "networks that receivers may be in although they are not public, such as 10.1.0.0/16",
          Network::parseList);

  /** Calls to one endpoint at the same time. */
  public static final Setting<Long> ENDPOINT_CALLS =
      Setting.number(
          "webhooks.endpoint_calls",
          "AEGIS_WEBHOOKS_ENDPOINT_CALLS",
          4,
          1,
          1_000,
          "most calls to one endpoint at the same time");

  /** Calls for one tenant at the same time. */
  public static final Setting<Long> TENANT_CALLS =
      Setting.number(
          "webhooks.tenant_calls",
          "AEGIS_WEBHOOKS_TENANT_CALLS",
          64,
          2,
          10_000,
          "most calls for one tenant at the same time");

  /** Calls at the same time. */
  public static final Setting<Long> CALLS =
      Setting.number(
          "webhooks.calls", "AEGIS_WEBHOOKS_CALLS", 512, 2, 10_000, "most calls at the same time");

  /** All that the process knows. */
  public static final List<Setting<?>> ALL = all();

  private WebhooksSettings() {}

  private static List<Duration> delays(String text) {
    List<Duration> delays = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      if (!one.isBlank()) {
        delays.add(Quantities.duration(one));
      }
    }
    if (delays.size() > MOST_RETRIES) {
      throw new IllegalArgumentException("must be at most " + MOST_RETRIES + " waits");
    }
    return List.copyOf(delays);
  }

  private static List<Setting<?>> all() {
    List<Setting<?>> all = new ArrayList<>(CommonSettings.ALL);
    all.addAll(
        List.of(
            PORT,
            RETRY_DELAYS,
            RETRY_AFTER_MAX,
            CONNECT_TIMEOUT,
            TIMEOUT,
            ALLOWED_NETWORKS,
            ENDPOINT_CALLS,
            TENANT_CALLS,
            CALLS));
    return List.copyOf(all);
  }
}
