package dev.aegis.journal;

import dev.aegis.model.Finding;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A logical backend.
 *
 * @param id unique within the tenant
 * @param source where its targets come from
 * @param loadBalancing how requests are shared out among the targets
 * @param active how targets are asked how they do, null for not at all
 * @param passive when a target is left out for a while
 * @param circuitBreaker when the whole upstream is, null for never
 * @param retries when a request is tried again
 * @param timeouts bounds on waiting for a target
 * @param maxActive requests that may be under way at once, 1 to 1,000,000
 * @param protocol what the targets speak
 * @param tls how targets are spoken to over TLS; null when none is
 * @param bounds what each gateway asks of one target at once
 * @param slowStart how long it takes until a target that has come, or come back, gets all of its
 *     share; zero for at once
 */
public record UpstreamDefinition(
    String id,
    TargetSource source,
    LoadBalancing loadBalancing,
    @Nullable Active active,
    Passive passive,
    @Nullable CircuitBreaker circuitBreaker,
    Retries retries,
    Timeouts timeouts,
    int maxActive,
    Protocol protocol,
    @Nullable Tls tls,
    Bounds bounds,
    Duration slowStart)
    implements Definition {

  /** What targets speak. */
  public enum Protocol {
    /** HTTP/1.1. */
    HTTP1,
    /** HTTP/2: by prior knowledge in clear text, by ALPN over TLS. What gRPC needs. */
    HTTP2
  }

  /**
   * One address of an upstream.
   *
   * @param host name or literal address
   * @param port 1 to 65535
   * @param weight share of the requests, 0 (none) to 1000
   * @param priority those of a higher number get requests only when no lower one may get them
   * @param secure whether it is spoken to over TLS because its own URL says so
   */
  public record Target(String host, int port, int weight, int priority, boolean secure) {
    /** One among equals, whose scheme nobody named. */
    public Target(String host, int port, int weight) {
      this(host, port, weight, 0, false);
    }

    /** One whose scheme nobody named. */
    public Target(String host, int port, int weight, int priority) {
      this(host, port, weight, priority, false);
    }

    /** {@code host:port}, with brackets around an IPv6 literal. */
    public String authority() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /**
   * What each gateway asks of one target at once. There is no bound unless one is set: only an
   * operator knows what a target stands, a wrong guess would refuse requests that it could have
   * served, and {@link #maxActive} bounds the whole.
   *
   * @param connections that may be in use, 0 for any number
   * @param pending requests that may wait for one of them
   */
  public record Bounds(int connections, int pending) {
    /** Any number of connections, so that nobody waits. */
    public static final Bounds NONE = new Bounds(0, 0);

    /** {@link #pending} when nothing is said but {@code connections}. */
    public static final int DEFAULT_PENDING = 100;
  }

  /**
   * How targets are spoken to over TLS.
   *
   * @param verify whether a target must prove who it is (RFC 9110 section 4.3.4)
   * @param authorities who may vouch for targets, in place of those that the system trusts; empty
   *     for these
   * @param serverName asked for and to be proved, null for the host of each target
   * @param chain what the gateway shows when it is asked who it is, its own certificate first;
   *     empty for nothing
   * @param privateKey of the first one, PKCS #8 in PEM, sealed; null when there is none
   */
  public record Tls(
      boolean verify,
      List<X509Certificate> authorities,
      @Nullable String serverName,
      List<X509Certificate> chain,
      @Nullable SealedSecret privateKey) {
    /** What holds when nothing is said: targets prove who they are to the system's authorities. */
    public static final Tls DEFAULT = new Tls(true, List.of(), null, List.of(), null);

    public Tls {
      authorities = List.copyOf(authorities);
      chain = List.copyOf(chain);
    }
  }

  /**
   * How long the gateway waits for a target.
   *
   * @param connect for the handshakes of TCP and TLS together
   * @param firstByte from the request's last byte to the end of the reply's head, zero for no bound
   *     but {@code idle}
   * @param idle between two reads or writes on an open exchange, the first byte of the reply
   *     included
   * @param request for all attempts together and the whole reply, zero for no bound
   */
  public record Timeouts(Duration connect, Duration firstByte, Duration idle, Duration request) {
    /** What holds when nothing is said: 2 s to connect and 60 s between bytes. */
    public static final Timeouts DEFAULT =
        new Timeouts(Duration.ofSeconds(2), Duration.ZERO, Duration.ofSeconds(60), Duration.ZERO);
  }

  /**
   * When a request is tried again.
   *
   * @param attempts at most, the first one included
   * @param perTry from the connection to the end of the reply's head, after which an attempt is
   *     given up and made again if that is safe; zero for no bound
   * @param hedgeAfter without a reply's head, after which another target is asked too if that is
   *     safe; zero for never
   * @param backoff upper bound of the pause before the second attempt; doubles with each further
   *     one
   * @param statuses of replies that are dropped and tried again, if that is safe
   * @param budgetPercent further attempts as a share of the upstream's requests
   * @param minPerSecond further attempts that are always allowed
   */
  public record Retries(
      int attempts,
      Duration perTry,
      Duration hedgeAfter,
      Duration backoff,
      Set<Integer> statuses,
      int budgetPercent,
      int minPerSecond) {
    /** What holds when nothing is said: three attempts, a fifth of the requests or 10 a second. */
    public static final Retries DEFAULT =
        new Retries(3, Duration.ZERO, Duration.ZERO, Duration.ofMillis(10), Set.of(), 20, 10);

    public Retries {
      statuses = Set.copyOf(statuses);
    }
  }

  /** {@link #maxActive} when nothing is said. */
  public static final int DEFAULT_MAX_ACTIVE = 10_000;

  /** What is asked of a target, and what a good answer is. */
  public sealed interface Check {
    /** A connection comes about: nothing more is asked. */
    record Connects() implements Check {}

    /**
     * A {@code GET} is answered.
     *
     * @param path that is asked for
     * @param statuses that are good, empty for any from 200 to 299
     */
    record Answers(String path, Set<Integer> statuses) implements Check {
      public Answers {
        statuses = Set.copyOf(statuses);
      }
    }

    /**
     * gRPC's health service says that it is serving.
     *
     * @param service that is asked about, empty for the whole server
     */
    record Serves(String service) implements Check {}
  }

  /**
   * How each target is asked how it does.
   *
   * @param check what is asked
   * @param interval between two checks, give or take a tenth so that gateways do not march in step
   * @param timeout of one check
   * @param healthy good checks in a row that bring a target back
   * @param unhealthy bad checks in a row that take it out
   */
  public record Active(
      Check check, Duration interval, Duration timeout, int healthy, int unhealthy) {}

  /**
   * When a target is left out for a while because its attempts keep ending badly: without a
   * connection, broken, late, or with a status of 500 and more.
   *
   * @param failures in a row, 0 for never
   * @param ejection how long the first time; each time that follows soon is twice as long
   * @param maxEjection how long at most
   * @param maxEjectedPercent share of the targets that may be left out at once
   */
  public record Passive(
      int failures, Duration ejection, Duration maxEjection, int maxEjectedPercent) {
    /** What holds when nothing is said: five failures, 10 s to 5 min, half of the targets. */
    public static final Passive DEFAULT =
        new Passive(5, Duration.ofSeconds(10), Duration.ofMinutes(5), 50);
  }

  /**
   * When an upstream is asked no more for a while. Failures are those of {@link Passive}, of whole
   * requests.
   *
   * @param consecutiveFailures in a row that open the circuit
   * @param failurePercent share of failures within {@code window} that opens it
   * @param minRequests below which the share says nothing
   * @param window over which the share is taken
   * @param open how long nobody passes
   * @param halfOpenRequests that may try then, and must end well for the circuit to close
   */
  public record CircuitBreaker(
      int consecutiveFailures,
      int failurePercent,
      int minRequests,
      Duration window,
      Duration open,
      int halfOpenRequests) {}

  /** A service that Consul knows, with nothing else said. */
  public static UpstreamDefinition ofService(String id, String service) {
    return new UpstreamDefinition(
        id,
        TargetSource.Consul.all(service),
        new LoadBalancing.RoundRobin(),
        null,
        Passive.DEFAULT,
        null,
        Retries.DEFAULT,
        Timeouts.DEFAULT,
        DEFAULT_MAX_ACTIVE,
        Protocol.HTTP1,
        null,
        Bounds.NONE,
        Duration.ZERO);
  }

  /** What is suspicious about it, although it is done. */
  public List<Finding> findings(ObjectKey key) {
    return tls == null || tls.verify()
        ? List.of()
        : List.of(
            Finding.warning(
                key.toString(),
                "its targets need not prove who they are (\"verify\": false): whoever sits in"
                    + " between may read and change everything"));
  }

  static UpstreamDefinition read(String id, Fields fields) {
    TargetSource source = TargetSource.read(fields);
    LoadBalancing loadBalancing = LoadBalancing.read(fields);
    UpstreamFields.Health health = fields.object("health", UpstreamFields::health);
    boolean breaks = !fields.absent("circuit_breaker");
    CircuitBreaker circuitBreaker =
        fields.object("circuit_breaker", UpstreamFields::circuitBreaker);
    boolean said = !fields.absent("tls");
    Tls tls = fields.object("tls", UpstreamFields::tls);
    boolean named = source instanceof TargetSource.Fixed;
    boolean secure =
        source instanceof TargetSource.Fixed(List<Target> targets)
            && targets.stream().anyMatch(Target::secure);
    if (said && named && !secure) {
      fields.reject("tls", "needs a target whose URL begins with https://");
    }
    Protocol protocol =
        Protocol.valueOf(
            fields.oneOf("protocol", "http1", List.of("http1", "http2")).toUpperCase(Locale.ROOT));
    fields.flag("descendants", false); // which Lineage looks at
    Active active = health.active();
    if (active != null && active.check() instanceof Check.Serves && protocol != Protocol.HTTP2) {
      fields.reject("protocol", "must be \"http2\" with \"grpc_service\" of \"health\"");
    }
    return new UpstreamDefinition(
        id,
        source,
        loadBalancing,
        active,
        health.passive(),
        breaks ? circuitBreaker : null,
        fields.object("retries", UpstreamFields::retries),
        fields.object("timeouts", UpstreamFields::timeouts),
        (int) fields.number("max_active", DEFAULT_MAX_ACTIVE, 1, 1_000_000),
        protocol,
        said || secure ? tls : null,
        UpstreamFields.bounds(fields),
        UpstreamFields.slowStart(fields, loadBalancing));
  }
}
