package dev.aegis.admin.settings;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Setting;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Settings of the admin service, beside the common ones. */
public final class AdminSettings {
  /** Port of the API. */
  public static final Setting<Integer> PORT =
      Setting.port("admin.port", "AEGIS_ADMIN_PORT", 4567, "port of the admin API");

  /** Port of its management. */
  public static final Setting<Integer> MANAGEMENT_PORT =
      Setting.port(
          "admin.management_port",
          "AEGIS_ADMIN_MANAGEMENT_PORT",
          4568,
          "port for /metrics, /health and /status of the admin service");

  /** The platform administrator's token. */
  public static final Setting<Optional<String>> TOKEN =
      Setting.secret(
          "admin.token",
          "AEGIS_ADMIN_TOKEN",
          "platform administrator's token;"
              + " otherwise the file admin-token of the data directory, made at first start");

  /** The file of plugins. */
  public static final Setting<Optional<Path>> PLUGINS_FILE =
      Setting.optional(
          "admin.plugins_file",
          "AEGIS_PLUGINS_FILE",
          "the plugins as a file that can be edited;"
              + " otherwise config/plugins.json of the data directory",
          AdminSettings::file);

  /** When an address is not listened to any more. */
  public static final Setting<Long> MAX_WRONG_TOKENS =
      Setting.number(
          "admin.max_wrong_tokens",
          "AEGIS_ADMIN_MAX_WRONG_TOKENS",
          100,
          1,
          100_000,
          "wrong tokens from one address within a minute, after which it gets 429");

  /** Where the analytics service answers. */
  public static final Setting<URI> ANALYTICS_URL =
      Setting.of(
          "analytics.url",
          "AEGIS_ANALYTICS_URL",
          "http://127.0.0.1:4570",
          "analytics service",
          AdminSettings::base);

  /** Where the webhook-dispatcher answers. */
  public static final Setting<URI> WEBHOOKS_URL =
      Setting.of(
          "webhooks.url",
          "AEGIS_WEBHOOKS_URL",
          "http://127.0.0.1:4580",
          "webhook-dispatcher",
          AdminSettings::base);

  /** Where gateways answer for their configuration and their metrics; at least one. */
  public static final Setting<List<URI>> GATEWAY_URLS =
      Setting.of(
          "gateway.management_url",
          "AEGIS_GATEWAY_MANAGEMENT_URL",
          "http://127.0.0.1:8100",
          "management ports of the gateways, separated by commas: the first one answers"
              + " /admin/explain, all of them are in /admin/metrics and /admin/logs",
          AdminSettings::bases);

  /** All that the admin service knows, the common ones included. */
  public static final List<Setting<?>> ALL = all();

  private AdminSettings() {}

  private static Path file(String text) {
    if (text.isBlank() || Path.of(text).getFileName() == null) {
      throw new IllegalArgumentException("must be the path of a file");
    }
    return Path.of(text);
  }

  private static URI base(String text) {
    try {
      URI url = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      if (("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawPath().isEmpty()
          && url.getRawQuery() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    throw new IllegalArgumentException("must be a URL such as http://host:4570 without a path");
  }

  private static List<URI> bases(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).map(AdminSettings::base).toList();
  }

  private static List<Setting<?>> all() {
    List<Setting<?>> all = new ArrayList<>(CommonSettings.ALL);
    all.addAll(
        List.of(
            PORT,
            MANAGEMENT_PORT,
            TOKEN,
            PLUGINS_FILE,
            MAX_WRONG_TOKENS,
            ANALYTICS_URL,
            WEBHOOKS_URL,
            GATEWAY_URLS));
    all.addAll(IssuerSettings.ALL);
    return List.copyOf(all);
  }
}
