package dev.aegis.gateway.settings;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.Quantities;
import dev.aegis.chassis.Setting;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.egress.Network;
import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.proxies.TrustedProxies;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Settings of the gateway, beside the common ones. */
public final class GatewaySettings {
  public static final Setting<Integer> PORT =
      Setting.port("gateway.port", "AEGIS_GATEWAY_PORT", 8000, "port for callers");

  public static final Setting<Integer> TLS_PORT =
      Setting.port("gateway.tls_port", "AEGIS_GATEWAY_TLS_PORT", 8443, "port for callers over TLS");

  public static final Setting<Integer> MANAGEMENT_PORT =
      Setting.port(
          "gateway.management_port",
          "AEGIS_GATEWAY_MANAGEMENT_PORT",
          8100,
          "port for /metrics, /health and /status");

  public static final Setting<Integer> MAX_CONNECTIONS =
      Setting.of(
          "gateway.max_connections",
          "AEGIS_GATEWAY_MAX_CONNECTIONS",
          "20000",
          "callers' connections at once",
          GatewaySettings::atLeastOne);

  public static final Setting<Integer> MAX_ACTIVE =
      Setting.of(
          "gateway.max_active",
          "AEGIS_GATEWAY_MAX_ACTIVE",
          "10000",
          "requests under way at once",
          GatewaySettings::atLeastOne);

  public static final Setting<Duration> IDLE_TIMEOUT =
      Setting.duration(
          "gateway.idle_timeout",
          "AEGIS_GATEWAY_IDLE_TIMEOUT",
          Duration.ofSeconds(75),
          "how long a caller's connection may wait for its next request");

  public static final Setting<Duration> HEADER_TIMEOUT =
      Setting.duration(
          "gateway.header_timeout",
          "AEGIS_GATEWAY_HEADER_TIMEOUT",
          Duration.ofSeconds(10),
          "how long the head of a request may take");

  public static final Setting<Duration> BODY_TIMEOUT =
      Setting.duration(
          "gateway.body_timeout",
          "AEGIS_GATEWAY_BODY_TIMEOUT",
          Duration.ofSeconds(30),
          "how long each read of a request's body, and each write of a reply, may take");

  public static final Setting<Duration> DRAIN_TIMEOUT =
      Setting.of(
          "gateway.drain_timeout",
          "AEGIS_GATEWAY_DRAIN_TIMEOUT",
          "1500ms",
          "how long requests in progress may take to end when the gateway stops, at most 10s",
          GatewaySettings::drain);

  public static final Setting<String> PROXY_PROTOCOL =
      Setting.choice(
          "gateway.proxy_protocol",
          "AEGIS_GATEWAY_PROXY_PROTOCOL",
          "off",
          List.of("off", "required"),
          "whether connections begin with a PROXY protocol header, `off` or `required`");

  public static final Setting<TrustedProxies> TRUSTED_PROXIES =
      Setting.of(
          "gateway.trusted_proxies",
          "AEGIS_GATEWAY_TRUSTED_PROXIES",
          "",
          "addresses and networks of the proxies in front that may say who calls",
          TrustedProxies::parse);

  public static final Setting<Boolean> TENANT_HEADER =
      Setting.flag(
          "gateway.tenant_header",
          "AEGIS_GATEWAY_TENANT_HEADER",
          false,
          "whether `X-Tenant-Id` names the tenant of requests whose host is the base domain itself");

  public static final Setting<Long> SPOOL_BYTES =
      Setting.bytes(
          "gateway.spool_bytes",
          "AEGIS_GATEWAY_SPOOL_BYTES",
          1L << 30,
          "most bytes of events kept on disk while Kafka is away");

  public static final Setting<Long> CACHE_BYTES =
      Setting.bytes(
          "gateway.cache_bytes",
          "AEGIS_GATEWAY_CACHE_BYTES",
          64L << 20,
          "most bytes of replies kept in memory for routes with `cache`; with `0` nothing is kept");

  public static final Setting<Long> RECENT_LOG_BYTES =
      Setting.bytes(
          "gateway.recent_log_bytes",
          "AEGIS_GATEWAY_RECENT_LOG_BYTES",
          8L << 20,
          "most bytes of the access log's last lines kept in memory for `/admin/logs`;"
              + " with `0` nothing is kept");

  public static final Setting<Boolean> SHARED_TOKENS =
      Setting.flag(
          "gateway.shared_tokens",
          "AEGIS_GATEWAY_SHARED_TOKENS",
          true,
          "whether gateways tell each other in Redis which tokens they have verified");

  public static final Setting<Optional<String>> DNS_SERVER =
      Setting.optional(
          "dns.server",
          "AEGIS_DNS_SERVER",
          "name server that upstreams with dns are asked of, host:port;"
              + " otherwise those of the system",
          GatewaySettings::server);

  public static final Setting<List<Network>> ALLOWED_NETWORKS =
      Setting.of(
          "gateway.allowed_networks",
          "AEGIS_GATEWAY_ALLOWED_NETWORKS",
          "",
          "networks that issuers may be asked in for keys and about tokens although they are not"
              + " public, such as 10.1.0.0/16",
          Network::parseList);

  /** All that the gateway knows, the common ones included. */
  public static final List<Setting<?>> ALL = all();

  private static final Duration MAX_DRAIN = Duration.ofSeconds(10);

  private GatewaySettings() {}

  private static int atLeastOne(String text) {
    try {
      int number = Integer.parseInt(text);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, together with numbers that are too small.
    }
    throw new IllegalArgumentException("must be a whole number from 1 to " + Integer.MAX_VALUE);
  }

  /**
   * What stands in front of the gateway.
   *
   * @throws StartFailure when nobody could connect
   */
  public static Front front(Settings settings) throws StartFailure {
    Front front =
        new Front(settings.of(PROXY_PROTOCOL).equals("required"), settings.of(TRUSTED_PROXIES));
    if (front.announces() && front.trusted().isEmpty()) {
      throw new StartFailure(
          "gateway.proxy_protocol is required, but gateway.trusted_proxies names no proxy");
    }
    return front;
  }

  /** Bounded, because a process that does not stop in time is ended (chassis.Foreground). */
  private static Duration drain(String text) {
    Duration drain = Quantities.duration(text);
    if (drain.compareTo(MAX_DRAIN) > 0) {
      throw new IllegalArgumentException("must be at most 10s");
    }
    return drain;
  }

  private static String server(String text) {
    try {
      URI uri = new URI("dns://" + text);
      if (uri.getHost() != null
          && text.equals(uri.getRawAuthority())
          && uri.getUserInfo() == null
          && uri.getPort() > 0) {
        return text;
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    throw new IllegalArgumentException("must be host:port of a name server, such as 10.0.0.2:53");
  }

  private static List<Setting<?>> all() {
    List<Setting<?>> all = new ArrayList<>(CommonSettings.ALL);
    all.addAll(
        List.of(
            PORT,
            TLS_PORT,
            MANAGEMENT_PORT,
            MAX_CONNECTIONS,
            MAX_ACTIVE,
            IDLE_TIMEOUT,
            HEADER_TIMEOUT,
            BODY_TIMEOUT,
            DRAIN_TIMEOUT,
            PROXY_PROTOCOL,
            TRUSTED_PROXIES,
            TENANT_HEADER,
            SPOOL_BYTES,
            CACHE_BYTES,
            RECENT_LOG_BYTES,
            SHARED_TOKENS,
            DNS_SERVER,
            ALLOWED_NETWORKS));
    return List.copyOf(all);
  }
}
