package dev.aegis.journal;

import dev.aegis.journal.UpstreamDefinition.Active;
import dev.aegis.journal.UpstreamDefinition.Bounds;
import dev.aegis.journal.UpstreamDefinition.Check;
import dev.aegis.journal.UpstreamDefinition.CircuitBreaker;
import dev.aegis.journal.UpstreamDefinition.Passive;
import dev.aegis.journal.UpstreamDefinition.Retries;
import dev.aegis.journal.UpstreamDefinition.Target;
import dev.aegis.journal.UpstreamDefinition.Timeouts;
import dev.aegis.journal.UpstreamDefinition.Tls;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parts of an upstream, and says what is wrong with them. */
final class UpstreamFields {
  private static final int MAX_GRPC_SERVICE = 255;

  private UpstreamFields() {}

  record Health(@Nullable Active active, Passive passive) {}

  static Duration slowStart(Fields fields, LoadBalancing loadBalancing) {
    long millis = fields.number("slow_start_ms", 0, 0, 3_600_000);
    if (millis > 0 && loadBalancing instanceof LoadBalancing.ConsistentHash) {
      fields.reject("slow_start_ms", "has no effect with \"consistent_hash\"");
    }
    return Duration.ofMillis(millis);
  }

  static Bounds bounds(Fields fields) {
    int connections = (int) fields.number("max_connections", 0, 0, 1_000_000);
    int pending = (int) fields.number("max_pending", Bounds.DEFAULT_PENDING, 0, 1_000_000);
    if (connections == 0 && !fields.absent("max_pending")) {
      fields.reject("max_pending", "needs \"max_connections\": without it nobody waits");
    }
    return connections == 0 ? Bounds.NONE : new Bounds(connections, pending);
  }

  static Tls tls(Fields fields) {
    boolean verify = fields.flag("verify", true);
    List<X509Certificate> authorities = certificates(fields, "ca");
    if (!verify && !fields.absent("ca")) {
      fields.reject("ca", "needs \"verify\": true: without it nobody is asked");
    }
    String serverName = fields.optionalText("server_name");
    if (serverName != null && !TenantDefinition.isHost(serverName)) {
      fields.reject("server_name", "must be a lower-case host name without a port");
      serverName = null;
    }
    List<X509Certificate> chain = certificates(fields, "certificate");
    String wrong = chain.isEmpty() ? null : CertificateDefinition.wrong(chain);
    if (wrong != null) {
      fields.reject("certificate", wrong);
    }
    SealedSecret key = SealedSecret.read(fields, "private_key");
    if (key == null && !fields.absent("certificate")) {
      fields.reject("private_key", "is required with \"certificate\"");
    } else if (key != null && fields.absent("certificate")) {
      fields.reject("private_key", "needs \"certificate\"");
    }
    return new Tls(verify, authorities, serverName, chain, key);
  }

  /** The certificates in a text of PEM, empty when it is missing or no such text. */
  private static List<X509Certificate> certificates(Fields fields, String name) {
    String pem = fields.optionalText(name, CertificateDefinition.MAX_PEM);
    if (pem == null) {
      return List.of();
    }
    try {
      return Pem.certificates(pem);
    } catch (IllegalArgumentException e) {
      fields.reject(name, String.valueOf(e.getMessage()));
      return List.of();
    }
  }

  static Health health(Fields fields) {
    boolean asks =
        !fields.absent("path") || !fields.absent("grpc_service") || !fields.absent("interval_ms");
    Active active =
        new Active(
            check(fields),
            Duration.ofMillis(fields.number("interval_ms", 5_000, 100, 3_600_000)),
            millis(fields, "timeout_ms", Duration.ofSeconds(2), 60_000),
            (int) fields.number("healthy", 2, 1, 100),
            (int) fields.number("unhealthy", 3, 1, 100));
    if (!asks) {
      for (String name : List.of("statuses", "timeout_ms", "healthy", "unhealthy")) {
        if (!fields.absent(name)) {
          fields.reject(
              name,
              "needs \"path\", \"grpc_service\" or \"interval_ms\": without them nothing is"
                  + " checked");
        }
      }
    }
    return new Health(asks ? active : null, fields.object("passive", UpstreamFields::passive));
  }

  private static Check check(Fields fields) {
    String path = fields.optionalText("path");
    if (path != null && !requestTarget(path)) {
      fields.reject("path", "must begin with / and hold only visible ASCII characters but #");
    }
    Set<Integer> statuses = Set.copyOf(fields.numbers("statuses", 200, 599));
    String service = fields.optionalText("grpc_service", MAX_GRPC_SERVICE);
    if (service == null && path != null) {
      return new Check.Answers(path, statuses);
    }
    if (service == null) {
      if (!fields.absent("interval_ms") && !fields.absent("statuses")) {
        fields.reject("statuses", "has no effect without \"path\": only a connection is made");
      }
      return new Check.Connects();
    }
    for (String name : List.of("path", "statuses")) {
      if (!fields.absent(name)) {
        fields.reject(name, "has no effect with \"grpc_service\"");
      }
    }
    return new Check.Serves(service);
  }

  /** Whether it is a path, and perhaps a query, as a request line has it. */
  static boolean requestTarget(String path) {
    return path.startsWith("/") && path.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#');
  }

  private static Passive passive(Fields fields) {
    Passive otherwise = Passive.DEFAULT;
    int failures = (int) fields.number("failures", otherwise.failures(), 0, 1_000);
    Duration ejection = millis(fields, "ejection_ms", otherwise.ejection(), 3_600_000);
    Duration most = millis(fields, "max_ejection_ms", otherwise.maxEjection(), 86_400_000);
    return new Passive(
        failures,
        ejection,
        most,
        (int) fields.number("max_ejected_percent", otherwise.maxEjectedPercent(), 0, 100));
  }

  static CircuitBreaker circuitBreaker(Fields fields) {
    return new CircuitBreaker(
        (int) fields.number("consecutive_failures", 5, 1, 10_000),
        (int) fields.number("failure_percent", 50, 1, 100),
        (int) fields.number("min_requests", 20, 1, 1_000_000),
        millis(fields, "window_ms", Duration.ofSeconds(10), 3_600_000),
        millis(fields, "open_ms", Duration.ofSeconds(30), 3_600_000),
        (int) fields.number("half_open_requests", 1, 1, 1_000));
  }

  static Retries retries(Fields fields) {
    Retries otherwise = Retries.DEFAULT;
    int attempts = (int) fields.number("attempts", otherwise.attempts(), 1, 10);
    long perTry = fields.number("per_try_timeout_ms", 0, 0, 3_600_000);
    long hedgeAfter = fields.number("hedge_after_ms", 0, 0, 3_600_000);
    if (hedgeAfter > 0 && attempts == 1) {
      fields.reject("hedge_after_ms", "needs \"attempts\" of at least 2: a hedge is one");
    } else if (perTry > 0 && hedgeAfter >= perTry) {
      fields.reject("hedge_after_ms", "must be below \"per_try_timeout_ms\"");
    }
    return new Retries(
        attempts,
        Duration.ofMillis(perTry),
        Duration.ofMillis(hedgeAfter),
        Duration.ofMillis(fields.number("backoff_ms", otherwise.backoff().toMillis(), 0, 10_000)),
        Set.copyOf(fields.numbers("statuses", 400, 599)),
        (int) fields.number("budget_percent", otherwise.budgetPercent(), 0, 100),
        (int) fields.number("min_per_second", otherwise.minPerSecond(), 0, 10_000));
  }

  private static Duration millis(Fields fields, String name, Duration otherwise, long most) {
    return Duration.ofMillis(fields.number(name, otherwise.toMillis(), 1, most));
  }

  static Timeouts timeouts(Fields fields) {
    return new Timeouts(
        millis(fields, "connect_ms", Timeouts.DEFAULT.connect(), 60_000),
        Duration.ofMillis(fields.number("first_byte_ms", 0, 0, 3_600_000)),
        millis(fields, "idle_ms", Timeouts.DEFAULT.idle(), 3_600_000),
        Duration.ofMillis(fields.number("request_ms", 0, 0, 86_400_000)));
  }

  static Target target(Fields fields) {
    String url = fields.text("url");
    int weight = (int) fields.number("weight", 1, 0, 1000);
    try {
      URI uri = new URI(url);
      String host = uri.getHost();
      String path = uri.getRawPath();
      String scheme = uri.getScheme();
      boolean secure = "https".equals(scheme);
      if ((secure || "http".equals(scheme))
          && host != null
          && (path == null || path.isEmpty() || path.equals("/"))
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && uri.getRawUserInfo() == null) {
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = uri.getPort() == -1 ? (secure ? 443 : 80) : uri.getPort();
        return new Target(bare, port, weight, 0, secure);
      }
    } catch (URISyntaxException e) {
      // Falls through to the one message that says what is right.
    }
    if (!url.isEmpty()) {
      fields.reject("url", "must be http:// or https://host:port without path, query or user");
    }
    return new Target("", 80, weight);
  }
}
