package dev.aegis.gateway.ops;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.NodeBoard;
import dev.aegis.bus.ProducerMeasure;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.ServiceStatus;
import dev.aegis.chassis.Troubles;
import dev.aegis.chassis.Version;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.upstream.CircuitState;
import dev.aegis.gateway.upstream.ConsulDiscovery;
import dev.aegis.gateway.upstream.DnsDiscovery;
import dev.aegis.gateway.upstream.Mirrors;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.model.Finding;
import dev.aegis.model.NodeStatus;
import dev.aegis.tokens.keys.RemoteKeys;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells the world what this gateway runs: on {@code aegis.nodes} at once after each change and as a
 * heartbeat, on {@code /status} when asked, and in its meters. Its thread also does the gateway's
 * small recurring chores.
 */
public final class NodeReport implements AutoCloseable {
  private static final String SERVICE = "gateway";
  private static final Duration STOP = Duration.ofSeconds(1);

  private final String node;
  private final Applied applied;
  private final JournalReader journal;
  private final EventPublisher publisher;
  private final @Nullable ConsulDiscovery consul;
  private final DnsDiscovery dns;
  private final RedisProbe redis;
  private final Upstreams upstreams;
  private final RemoteKeys keys;
  private final AskedIssuers askedIssuers;
  private final Links links;
  private final InstantSource clock;
  private final NodeBoard board;
  private final Semaphore news = new Semaphore(0);
  private volatile boolean closed;
  private @Nullable UpstreamMeters upstreamMeters;
  private @Nullable Thread thread;

  /** A report, not yet begun. */
  public NodeReport(
      String node,
      Applied applied,
      JournalReader journal,
      EventPublisher publisher,
      @Nullable ConsulDiscovery consul,
      DnsDiscovery dns,
      RedisProbe redis,
      Upstreams upstreams,
      RemoteKeys keys,
      AskedIssuers askedIssuers,
      Links links,
      BusSettings bus,
      InstantSource clock) {
    this.node = node;
    this.applied = applied;
    this.journal = journal;
    this.publisher = publisher;
    this.consul = consul;
    this.dns = dns;
    this.redis = redis;
    this.upstreams = upstreams;
    this.keys = keys;
    this.askedIssuers = askedIssuers;
    this.links = links;
    this.clock = clock;
    this.board = new NodeBoard(bus, clock);
  }

  /**
   * Begins to tell.
   *
   * @param chore done about as often as a heartbeat
   */
  public void start(Runnable chore) {
    applied.onChange(news::release);
    thread = Thread.ofPlatform().daemon().name("node-report").start(() -> run(chore));
  }

  private void run(Runnable chore) {
    redis.ask(); // whoever is not asked yet is not silent
    long chored = System.nanoTime();
    while (!closed) {
      Snapshot snapshot = applied.get();
      UpstreamMeters meters = upstreamMeters;
      if (meters != null) {
        meters.refresh();
      }
      board.publish(
          new NodeStatus(
              node,
              SERVICE,
              Version.text(),
              snapshot.revision(),
              snapshot.since(),
              clock.instant(),
              findings(snapshot)));
      try {
        boolean _ = news.tryAcquire(NodeBoard.HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
        news.drainPermits();
        if (System.nanoTime() - chored >= NodeBoard.HEARTBEAT.toNanos()) { // however much changes
          redis.ask();
          upstreams.closeStale();
          chore.run();
          chored = System.nanoTime();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Answers {@code /status}. */
  public ServiceStatus status() {
    Snapshot snapshot = applied.get();
    Map<String, String> dependencies = new LinkedHashMap<>();
    dependencies.put("kafka", journal.connected() ? "up" : "down");
    dependencies.put("redis", redis.state());
    dependencies.put(
        "consul", consul == null || !consul.asks() ? "off" : consul.connected() ? "up" : "down");
    dependencies.put("dns", !dns.asks() ? "off" : dns.connected() ? "up" : "down");
    return new ServiceStatus(
        node, SERVICE, snapshot.revision(), snapshot.since(), findings(snapshot), dependencies);
  }

  /** About all objects, those included that come and go without any change of configuration. */
  private List<Finding> findings(Snapshot snapshot) {
    List<Finding> findings = new ArrayList<>(snapshot.findings(clock.instant()));
    findings.addAll(keys.findings());
    findings.addAll(askedIssuers.findings());
    findings.addAll(links.findings());
    Finding silent = redis.finding();
    if (silent != null) {
      findings.add(silent);
    }
    return findings;
  }

  /** Has what is wrong watched, beside what {@link #status} says. */
  public void watch(Troubles troubles) {
    troubles.watch("spool", () -> spooled(publisher.spooled()));
    troubles.watchCount(
        "events", "events were given up: the spool was full or broken", this::dropped);
    troubles.watch("consul_services", () -> unanswered(consul == null ? 0 : consul.unanswered()));
    troubles.watch("dns_names", () -> unanswered(dns.unanswered()));
    troubles.watch(
        "journal",
        () ->
            journal.connected() && !journal.current()
                ? "the revision in force is not that of Kafka's journal"
                : null);
    troubles.watchAll(this::unserved);
  }

  private static @Nullable String spooled(long events) {
    return events == 0 ? null : events + " events are on disk and wait for Kafka";
  }

  private static @Nullable String unanswered(long sources) {
    return sources == 0
        ? null
        : sources + " of them are not answered for; the last known targets stay";
  }

  private long dropped() {
    return publisher.dropped().values().stream().mapToLong(Long::longValue).sum();
  }

  /** Upstreams whose circuit is open, and those that have targets, none of which is healthy. */
  private List<Finding> unserved() {
    long now = System.nanoTime();
    List<Finding> unserved = new ArrayList<>();
    for (Upstream upstream : upstreams.all()) {
      int out =
          upstream.count(Upstream.Health.EJECTED, now)
              + upstream.count(Upstream.Health.UNHEALTHY, now);
      String what = "tenants/" + upstream.tenant() + "/upstreams/" + upstream.id();
      if (out > 0 && upstream.count(Upstream.Health.HEALTHY, now) == 0) {
        unserved.add(Finding.error(what, "none of its " + out + " targets is healthy"));
      }
      if (upstream.circuit() == CircuitState.OPEN) {
        unserved.add(Finding.error(what + "/circuit", "its circuit is open"));
      }
    }
    return unserved;
  }

  /** Adds the meters of the gateway; before {@link #start}. */
  public void meters(
      Metrics metrics,
      LongSupplier active,
      Mirrors mirrors,
      ToLongFunction<VerifiedTokens.Outcome> tokens) {
    for (VerifiedTokens.Outcome outcome : VerifiedTokens.Outcome.values()) {
      metrics.counter(
          "aegis_jwt_cache_total",
          "Tokens by how they were looked up before they were verified",
          () -> tokens.applyAsLong(outcome),
          "outcome",
          outcome.label());
    }
    for (Mirrors.Outcome outcome : Mirrors.Outcome.values()) {
      metrics.counter(
          "aegis_mirrored_requests_total",
          "Requests that were to be copied to a mirror",
          () -> mirrors.count(outcome),
          "outcome",
          outcome.label());
    }
    for (RemoteKeys.Outcome outcome : RemoteKeys.Outcome.values()) {
      metrics.counter(
          "aegis_jwks_fetches_total",
          "Times that the keys of an issuer were fetched",
          () -> keys.count(outcome),
          "outcome",
          outcome.label());
    }
    metrics.gauge(
        "aegis_jwks_unanswered",
        "Key sets of issuers that are not answered for, so that the last known keys stay",
        keys::unanswered);
    for (AskedIssuers.Outcome outcome : AskedIssuers.Outcome.values()) {
      metrics.counter(
          "aegis_introspections_total",
          "Questions to issuers about tokens that were not answered from memory",
          () -> askedIssuers.count(outcome),
          "outcome",
          outcome.label());
    }
    metrics.gauge(
        "aegis_introspection_unanswered",
        "Issuers that did not answer when they were last asked about a token",
        askedIssuers::unanswered);
    upstreamMeters = new UpstreamMeters(metrics, upstreams);
    unanswered(metrics, "consul", () -> consul == null ? 0 : consul.unanswered());
    unanswered(metrics, "dns", dns::unanswered);
    metrics.gauge("aegis_active_requests", "Requests under way", active::getAsLong);
    metrics.gauge(
        "aegis_config_revision", "Configuration revision in force", () -> applied.get().revision());
    metrics.gauge(
        "aegis_config_findings",
        "Findings about the configuration in force",
        () -> findings(applied.get()).size());
    metrics.gauge(
        "aegis_certificate_expiry_timestamp_seconds",
        "When the first of the certificates that callers are shown ends, since the epoch, NaN when"
            + " there is none",
        () -> firstEnd(applied.get()));
    metrics.counter(
        "aegis_events_published_total", "Events that Kafka has taken", publisher::published);
    metrics.gauge("aegis_events_spooled", "Events on disk, waiting for Kafka", publisher::spooled);
    metrics.counter(
        "aegis_events_dropped_total",
        "Events given up because the spool was full or broken",
        this::dropped);
    metrics.gauge("aegis_spool_bytes", "Size of the events on disk", publisher::spoolBytes);
    metrics.gauge("aegis_spool_bytes_bound", "Bound of the events on disk", publisher::spoolBound);
    metrics.gauge(
        "aegis_upstream_idle_connections",
        "Open connections to targets that wait for a request",
        () -> upstreams.all().stream().mapToInt(Upstream::idleConnections).sum());
    for (ProducerMeasure one : ProducerMeasure.values()) {
      metrics.gauge(one.metric(), one.help(), () -> publisher.measured(one));
    }
    redis.meters(metrics);
  }

  private static Double firstEnd(Snapshot snapshot) {
    Instant end = snapshot.certificates().firstEnd();
    return end == null ? Double.NaN : end.toEpochMilli() / 1e3;
  }

  private static void unanswered(Metrics metrics, String registry, LongSupplier sources) {
    metrics.gauge(
        "aegis_discovery_unanswered",
        "Sources of targets that are not answered for, so that the last known ones stay",
        sources::getAsLong,
        "registry",
        registry);
  }

  @Override
  public void close() {
    closed = true;
    Thread telling = thread;
    if (telling != null) {
      news.release();
      try {
        telling.join(STOP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    board.withdraw(node);
    board.close();
  }
}
