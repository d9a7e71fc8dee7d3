package dev.aegis.chassis;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The settings that every service has. */
public final class CommonSettings {
  /** Address on which all listeners listen. */
  public static final Setting<String> BIND =
      Setting.text("bind", "AEGIS_BIND", "127.0.0.1", "address to listen on");

  /** Where state, logs and secrets live. */
  public static final Setting<Path> DATA =
      Setting.path("data", "AEGIS_DATA", ".aegis", "directory of state, logs and secrets");

  /** Name of this process among its kind. */
  public static final Setting<String> NODE =
      Setting.text("node", "AEGIS_NODE", hostName(), "name of this process, unique in the suite");

  /** Kafka's brokers. */
  public static final Setting<Optional<String>> KAFKA_BOOTSTRAP =
      Setting.optionalText(
          "kafka.bootstrap", "AEGIS_KAFKA_BOOTSTRAP", "Kafka brokers, host:port,host:port");

  /** Redis. */
  public static final Setting<Optional<String>> REDIS_URL =
      Setting.peerUrl(
          "redis.url", "AEGIS_REDIS_URL", "redis://host:6379", "Redis, such as redis://host:6379");

  /** Consul's agent. */
  public static final Setting<Optional<String>> CONSUL_URL =
      Setting.peerUrl(
          "consul.url",
          "AEGIS_CONSUL_URL",
          "http://host:8500",
          "Consul, such as http://host:8500 or https://host:8501",
          "https");

  /** By what right Consul is asked. */
  public static final Setting<Optional<String>> CONSUL_TOKEN =
      Setting.secret(
          "consul.token",
          "AEGIS_CONSUL_TOKEN",
          "token of Consul's access control; it must be able to read services and nodes");

  /** Who vouches for Consul's certificate. */
  public static final Setting<Optional<String>> CONSUL_CA_FILE =
      Setting.optionalText(
          "consul.ca_file",
          "AEGIS_CONSUL_CA_FILE",
          "PEM file with the authorities that may vouch for Consul's certificate;"
              + " otherwise those that Java trusts");

  /** Key that encrypts stored secrets. */
  public static final Setting<Optional<String>> MASTER_KEY =
      Setting.secret(
          "master_key",
          "AEGIS_MASTER_KEY",
          "key that encrypts stored secrets, Base64 of 32 bytes;"
              + " otherwise the file master-key of the data directory, made at first start");

  /** Domain below which each tenant has a host. */
  public static final Setting<String> BASE_DOMAIN =
      Setting.of(
          "base_domain",
          "AEGIS_BASE_DOMAIN",
          "example.com",
          "tenant t is reached at t.<base domain>",
          CommonSettings::domain);

  /** How much is logged. */
  public static final Setting<String> LOG_LEVEL =
      Setting.choice(
          "log.level",
          "AEGIS_LOG_LEVEL",
          "info",
          List.of("trace", "debug", "info", "warn", "error"),
          "least important level that is logged");

  /** Where the jars of plugins are. */
  public static final Setting<Optional<String>> PLUGINS =
      Setting.optionalText(
          "plugins.folder",
          "AEGIS_PLUGINS_FOLDER",
          "folder with the jars of plugins; otherwise `plugins` in the data directory");

  /** Who takes spans. */
  public static final Setting<Optional<URI>> OTLP_ENDPOINT =
      Setting.optional(
          "tracing.otlp_endpoint",
          "OTEL_EXPORTER_OTLP_ENDPOINT",
          "OpenTelemetry collector that takes spans by OTLP over HTTP, such as"
              + " http://collector:4318; without one nothing is traced",
          CommonSettings::collector);

  /** By what right spans are sent. */
  public static final Setting<Optional<String>> OTLP_HEADERS =
      Setting.secret(
          "tracing.otlp_headers",
          "OTEL_EXPORTER_OTLP_HEADERS",
          "header fields of calls to the collector, name=value,name=value",
          text -> {
            OtlpHeaders.parse(text);
            return text;
          });

  /** Which requests are traced. */
  public static final Setting<Double> SAMPLE_RATE =
      Setting.of(
          "tracing.sample_rate",
          "AEGIS_TRACING_SAMPLE_RATE",
          "0.01",
          "share of requests whose traces are kept, from 0 to 1",
          CommonSettings::share);

  /** Which requests are traced whatever the rate. */
  public static final Setting<Duration> SLOW_THRESHOLD =
      Setting.duration(
          "tracing.slow_threshold",
          "AEGIS_TRACING_SLOW_THRESHOLD",
          Duration.ofSeconds(1),
          "requests that take at least so long are traced whatever the rate, like those that end"
              + " with 5xx; 0s: none for that");

  /** Whether callers decide. */
  public static final Setting<Boolean> TRUST_SAMPLED =
      Setting.flag(
          "tracing.trust_sampled",
          "AEGIS_TRACING_TRUST_SAMPLED",
          false,
          "whether a caller's traceparent decides if its trace is kept, and not the rate");

  /** All of them. */
  public static final List<Setting<?>> ALL =
      Stream.concat(own().stream(), DatadogSettings.ALL.stream()).toList();

  private static final int MASTER_KEY_BYTES = 32;

  /** Leaves room for a tenant's label and a dot in front, in the 253 characters of a name. */
  private static final int MOST_DOMAIN = 189;

  private static final Pattern DOMAIN =
      Pattern.compile(
          "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*");

  private CommonSettings() {}

  private static List<Setting<?>> own() {
    return List.of(
        BIND,
        DATA,
        NODE,
        KAFKA_BOOTSTRAP,
        REDIS_URL,
        CONSUL_URL,
        CONSUL_TOKEN,
        CONSUL_CA_FILE,
        MASTER_KEY,
        BASE_DOMAIN,
        PLUGINS,
        OTLP_ENDPOINT,
        OTLP_HEADERS,
        SAMPLE_RATE,
        SLOW_THRESHOLD,
        TRUST_SAMPLED,
        LOG_LEVEL);
  }

  /** The folder with the jars of plugins, which need not be there. */
  public static Path plugins(Settings settings) {
    return settings.of(PLUGINS).map(Path::of).orElse(settings.of(DATA).resolve("plugins"));
  }

  /**
   * Text of the master key: of the setting, else of the file {@code master-key} in the data
   * directory, which is made when it is missing.
   *
   * @throws StartFailure when the file cannot be read or made, or others may read it
   */
  public static String masterKeyText(Settings settings) throws StartFailure {
    Optional<String> given = settings.of(MASTER_KEY);
    if (given.isPresent()) {
      return given.get();
    }
    return SecretFile.readOrCreate(
        settings.of(DATA).resolve("master-key"),
        "AEGIS_MASTER_KEY",
        () -> {
          byte[] key = new byte[MASTER_KEY_BYTES];
          new SecureRandom().nextBytes(key);
          return Base64.getEncoder().encodeToString(key);
        });
  }

  /** A domain name in lower case; its labels as RFC 1123 section 2.1 has them. */
  private static String domain(String text) {
    String domain = text.toLowerCase(Locale.ROOT);
    if (domain.length() > MOST_DOMAIN || !DOMAIN.matcher(domain).matches()) {
      throw new IllegalArgumentException("must be a domain such as example.com");
    }
    return domain;
  }

  private static URI collector(String text) {
    try {
      URI url = new URI(text);
      if (List.of("http", "https").contains(String.valueOf(url.getScheme()))
          && url.getHost() != null
          && url.getUserInfo() == null
          && url.getQuery() == null
          && url.getFragment() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    throw new IllegalArgumentException("must be a URL such as http://collector:4318");
  }

  private static double share(String text) {
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // Said below, together with numbers out of range.
    }
    throw new IllegalArgumentException("must be a number from 0 to 1");
  }

  private static String hostName() {
    String fromEnvironment = System.getenv("HOSTNAME");
    if (fromEnvironment != null && !fromEnvironment.isBlank()) {
      return fromEnvironment;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
