package dev.aegis.standalone;

import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.chassis.Setting;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.webhooks.settings.WebhooksSettings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Settings of the whole suite: those of the four services, and of the embedded peers. */
final class UpSettings {
  static final Setting<Integer> KAFKA_PORT =
      Setting.port("kafka.port", "AEGIS_KAFKA_PORT", 9092, "port of the embedded Kafka");

  static final Setting<Integer> REDIS_PORT =
      Setting.port("redis.port", "AEGIS_REDIS_PORT", 6379, "port of the embedded Redis");

  static final List<Setting<?>> ALL = all();

  private UpSettings() {}

  private static List<Setting<?>> all() {
    Set<Setting<?>> all = new LinkedHashSet<>(GatewaySettings.ALL);
    all.addAll(AdminSettings.ALL);
    all.addAll(AnalyticsSettings.ALL);
    all.addAll(WebhooksSettings.ALL);
    all.add(KAFKA_PORT);
    all.add(REDIS_PORT);
    return List.copyOf(new ArrayList<>(all));
  }
}
