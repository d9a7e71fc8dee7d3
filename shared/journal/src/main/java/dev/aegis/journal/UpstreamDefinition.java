package dev.aegis.journal;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A logical backend: either a service that Consul knows, or targets named one by one.
 *
 * @param id unique within the tenant
 * @param service Consul's name of the service, null when {@code targets} are given
 * @param targets fixed addresses, empty when {@code service} is given
 * @param loadBalancing how requests are shared out among the targets
 * @param timeouts bounds on waiting for a target
 */
public record UpstreamDefinition(
    String id,
    @Nullable String service,
    List<Target> targets,
    LoadBalancing loadBalancing,
    Timeouts timeouts)
    implements Definition {

  /**
   * One address of an upstream.
   *
   * @param host name or literal address
   * @param port 1 to 65535
   * @param weight share of the requests, 0 (none) to 1000
   */
  public record Target(String host, int port, int weight) {
    /** {@code host:port}, with brackets around an IPv6 literal. */
    public String authority() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /**
   * How long the gateway waits for a target.
   *
   * @param connect for the TCP handshake
   * @param idle between two reads or writes on an open exchange, the first byte of the reply
   *     included
   */
  public record Timeouts(Duration connect, Duration idle) {
    /** What holds when nothing is said: 2 s and 60 s. */
    public static final Timeouts DEFAULT =
        new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(60));
  }

  /** A service that Consul knows, with nothing else said. */
  public static UpstreamDefinition ofService(String id, String service) {
    return new UpstreamDefinition(
        id, service, List.of(), new LoadBalancing.RoundRobin(), Timeouts.DEFAULT);
  }

  static UpstreamDefinition read(String id, Fields fields) {
    String service = fields.optionalText("service");
    List<Target> targets = fields.objects("targets", UpstreamDefinition::target);
    if (service == null == targets.isEmpty() && (service != null || fields.absent("targets"))) {
      fields.reject("targets", "either \"service\" or at least one target is required, not both");
    } else if (service == null && targets.isEmpty()) {
      fields.reject("targets", "must hold at least one target");
    }
    LoadBalancing loadBalancing = LoadBalancing.read(fields);
    for (String later : List.of("health", "retries", "circuit_breaker", "tls")) {
      fields.unavailable(later);
    }
    return new UpstreamDefinition(
        id,
        service,
        targets,
        loadBalancing,
        fields.object("timeouts", UpstreamDefinition::timeouts));
  }

  private static Timeouts timeouts(Fields fields) {
    return new Timeouts(
        Duration.ofMillis(
            fields.number("connect_ms", Timeouts.DEFAULT.connect().toMillis(), 1, 60_000)),
        Duration.ofMillis(
            fields.number("idle_ms", Timeouts.DEFAULT.idle().toMillis(), 1, 3_600_000)));
  }

  private static Target target(Fields fields) {
    String url = fields.text("url");
    int weight = (int) fields.number("weight", 1, 0, 1000);
    try {
      URI uri = new URI(url);
      String host = uri.getHost();
      String path = uri.getRawPath();
      if ("http".equals(uri.getScheme())
          && host != null
          && (path == null || path.isEmpty() || path.equals("/"))
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && uri.getRawUserInfo() == null) {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new Target(bare, uri.getPort() == -1 ? 80 : uri.getPort(), weight);
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    if (!url.isEmpty()) {
      fields.reject("url", "must be http://host:port without path, query or user");
    }
    return new Target("", 80, weight);
  }
}
