package dev.aegis.chassis;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The settings of what every service sends to Datadog. Their variables are those that Datadog's own
 * programs know, where it has one.
 */
public final class DatadogSettings {
  /** By what right Datadog takes metrics and logs; without it neither is sent to its intake. */
  public static final Setting<Optional<String>> API_KEY =
      Setting.secret(
          "datadog.api_key", "DD_API_KEY", "API key by which Datadog takes metrics and logs");

  /** Which of Datadog's sites. */
  public static final Setting<String> SITE =
      Setting.of(
          "datadog.site",
          "DD_SITE",
          "datadoghq.com",
          "Datadog's site, such as datadoghq.com or datadoghq.eu",
          DatadogSettings::site);

  /** Takes the place of the site's addresses. */
  public static final Setting<Optional<URI>> URL =
      Setting.optional(
          "datadog.url",
          "AEGIS_DATADOG_URL",
          "base URL that takes the place of the site's, for a proxy in between",
          DatadogSettings::url);

  /** Where an agent takes metrics by DogStatsD. */
  public static final Setting<Optional<String>> AGENT_HOST =
      Setting.optionalText(
          "datadog.agent_host",
          "DD_AGENT_HOST",
          "host of a Datadog agent that gets the metrics by DogStatsD, instead of the site");

  /** On which port. */
  public static final Setting<Integer> AGENT_PORT =
      Setting.port(
          "datadog.agent_port", "DD_DOGSTATSD_PORT", 8125, "UDP port of that agent for DogStatsD");

  /** Whether logs are sent, too. */
  public static final Setting<Boolean> LOGS =
      Setting.flag(
          "datadog.logs",
          "AEGIS_DATADOG_LOGS",
          true,
          "whether lines of the log are sent, too; only with an API key");

  /** How often metrics are sent. */
  public static final Setting<Duration> INTERVAL =
      Setting.of(
          "datadog.interval",
          "AEGIS_DATADOG_INTERVAL",
          "10s",
          "how often metrics are sent, from 1s to 5m",
          DatadogSettings::interval);

  /** In which environment this runs, as Datadog's tag {@code env}. */
  public static final Setting<Optional<String>> ENVIRONMENT =
      Setting.optionalText("datadog.env", "DD_ENV", "tag env of all that is sent");

  /** Tags beside those of Aegis. */
  public static final Setting<List<String>> TAGS =
      Setting.of(
          "datadog.tags",
          "DD_TAGS",
          "",
          "more tags of all that is sent, such as team:edge,region:eu",
          DatadogSettings::tags);

  /** All of them. */
  static final List<Setting<?>> ALL =
      List.of(API_KEY, SITE, URL, AGENT_HOST, AGENT_PORT, LOGS, INTERVAL, ENVIRONMENT, TAGS);

  private static final Pattern SITES =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,8}[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?");

  private static final Pattern NOT_OF_TAGS = Pattern.compile("[^\\p{Alnum}_:./-]");
  private static final int MOST_TAGS = 32;
  private static final int LONGEST_TAG = 200;

  private DatadogSettings() {}

  private static String site(String text) {
    String site = text.toLowerCase(Locale.ROOT);
    if (!SITES.matcher(site).matches()) {
      throw new IllegalArgumentException("must be the name of a host, such as datadoghq.eu");
    }
    return site;
  }

  private static URI url(String text) {
    try {
      URI url = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (http
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && url.getRawFragment() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    throw new IllegalArgumentException("must be a URL such as https://proxy.example.com:3834");
  }

  private static Duration interval(String text) {
    Duration interval = Quantities.duration(text);
    if (interval.toSeconds() < 1 || interval.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("must be from 1s to 5m");
    }
    return interval;
  }

  /**
   * Datadog's own programs part them by spaces as well. Nothing is refused: clusters set the
   * variable for all that they run, and what Datadog has no place for it turns into "_" itself.
   */
  private static List<String> tags(String text) {
    return Arrays.stream(text.split("[,\\s]+"))
        .filter(tag -> !tag.isEmpty())
        .limit(MOST_TAGS)
        .map(tag -> tag.substring(0, Math.min(tag.length(), LONGEST_TAG)))
        .map(tag -> NOT_OF_TAGS.matcher(tag).replaceAll("_"))
        .toList();
  }
}
