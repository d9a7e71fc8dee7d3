package dev.aegis.gateway;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.JournalReader;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DataDirectory;
import dev.aegis.chassis.Health;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.Listener;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.Management;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Service;
import dev.aegis.chassis.ServiceToken;
import dev.aegis.chassis.Setting;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.chassis.Troubles;
import dev.aegis.chassis.Version;
import dev.aegis.chassis.datadog.Datadog;
import dev.aegis.egress.Caller;
import dev.aegis.egress.EgressGuard;
import dev.aegis.egress.SystemResolver;
import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.edge.CallerSelector;
import dev.aegis.gateway.edge.EdgeSettings;
import dev.aegis.gateway.explain.ExplainApi;
import dev.aegis.gateway.explain.Supposing;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.introspection.AskedIssuers;
import dev.aegis.gateway.introspection.Questions;
import dev.aegis.gateway.ops.Applied;
import dev.aegis.gateway.ops.KeysInForce;
import dev.aegis.gateway.ops.NodeReport;
import dev.aegis.gateway.ops.PluginMeters;
import dev.aegis.gateway.ops.RedisProbe;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.overload.LoadWatch;
import dev.aegis.gateway.pipeline.Decisions;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.pipeline.Rulings;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.recent.RecentLines;
import dev.aegis.gateway.recent.RecentLinesApi;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.gateway.snapshot.Compiler;
import dev.aegis.gateway.store.LastUses;
import dev.aegis.gateway.store.RedisTokens;
import dev.aegis.gateway.telemetry.Telemetry;
import dev.aegis.gateway.tls.CallerTls;
import dev.aegis.gateway.tls.DefaultCertificate;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.gateway.upstream.ConsulAccess;
import dev.aegis.gateway.upstream.ConsulDiscovery;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.DnsDiscovery;
import dev.aegis.gateway.upstream.Forwarder;
import dev.aegis.gateway.upstream.HealthChecks;
import dev.aegis.gateway.upstream.JndiResolver;
import dev.aegis.gateway.upstream.Resolver;
import dev.aegis.gateway.upstream.TargetsFile;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.Pem;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.redis.RedisAccess;
import dev.aegis.tokens.keys.Documents;
import dev.aegis.tokens.keys.KeysFolder;
import dev.aegis.tokens.keys.RemoteKeys;
import dev.aegis.tracing.OtlpSpans;
import dev.aegis.tracing.Spans;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gateway, put together: the one place where its parts meet. */
public final class GatewayService implements Service {
  /** Name of the service. */
  public static final String NAME = "gateway";

  private static final Logger LOG = LoggerFactory.getLogger(GatewayService.class);
  private static final String OWN_API = "gateway-api";
  private static final String SHARED_TOKENS = "gateway-verified-tokens";
  private static final Duration CATCH_UP = Duration.ofSeconds(5);

  /** How long idle connections are kept for one more request before the gateway stops. */
  private static final Duration LAST_REQUESTS = Duration.ofSeconds(1);

  /** Bounds of a call to an issuer. */
  private static final Duration ISSUER_CONNECT = Duration.ofSeconds(2);

  private static final Duration ISSUER_CALL = Duration.ofSeconds(5);
  private static final String USER_AGENT = "User-Agent";

  private final Settings settings;
  private final Logs logs;
  private final Health health = new Health();
  private final List<Listener> listeners = new ArrayList<>();
  // What was started, last first: closed in this order.
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  /** A gateway, not yet started. */
  public GatewayService(Settings settings, Logs logs) {
    this.settings = settings;
    this.logs = logs;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws StartFailure {
    try {
      assemble();
    } catch (StartFailure | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void assemble() throws StartFailure {
    InstantSource clock = InstantSource.system();
    Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA).resolve(NAME));
    String node = NAME + "-" + settings.of(CommonSettings.NODE);
    String bootstrap =
        settings
            .of(CommonSettings.KAFKA_BOOTSTRAP)
            .orElseThrow(
                () ->
                    new StartFailure(
                        "where is Kafka? Set AEGIS_KAFKA_BOOTSTRAP to host:port of a broker"));
    BusSettings bus = new BusSettings(bootstrap, node);
    MasterKey masterKey = MasterKey.parse(CommonSettings.masterKeyText(settings));

    Metrics metrics = started(Metrics.create(NAME));
    Datadog datadog = started(Datadog.start(settings, NAME, metrics));
    EventPublisher publisher =
        started(
            new EventPublisher(
                bus,
                data.resolve("spool"),
                settings.of(GatewaySettings.SPOOL_BYTES),
                "/aegis/" + node));
    Spans spans = started(OtlpSpans.of(settings, NAME, node, metrics));
    RecentLines recent = new RecentLines(settings.of(GatewaySettings.RECENT_LOG_BYTES));
    Telemetry telemetry =
        started(
            new Telemetry(
                publisher,
                datadog.beside(
                    lines -> {
                      logs.appendLines(lines);
                      recent.add(lines);
                    }),
                metrics,
                spans,
                clock));
    Deadlines deadlines = started(new Deadlines());
    TargetsFile lastKnown = new TargetsFile(data.resolve("targets.json"));
    ConsulDiscovery consul = consul(lastKnown);
    Resolver resolver = new JndiResolver(settings.of(GatewaySettings.DNS_SERVER));
    DnsDiscovery dns = new DnsDiscovery(resolver, lastKnown);
    Upstreams upstreams = started(new Upstreams(consul, dns, telemetry::heard, clock));
    started(new HealthChecks(upstreams, deadlines));
    Caller issuers = issuers();
    RemoteKeys keys = keys(issuers, data.resolve("keys"), clock);
    AskedIssuers askedIssuers = askedIssuers(issuers);
    PluginFolder plugins = started(new PluginFolder(CommonSettings.plugins(settings)));
    Links links = new Links(plugins, new PluginMeters(metrics, telemetry::failed, clock));
    Optional<RedisAccess> store = store();
    Compiler compiler =
        new Compiler(
            settings.of(CommonSettings.BASE_DOMAIN),
            upstreams,
            masterKey,
            keys,
            askedIssuers,
            links,
            store.isPresent(),
            clock);
    Applied applied = new Applied(compiler, settings.of(CommonSettings.BASE_DOMAIN), clock);
    JournalReader journal = started(new JournalReader(bus, data.resolve("fold.jsonl"), applied));
    RedisProbe redis = started(new RedisProbe(store, clock));

    EdgeSettings bounds =
        new EdgeSettings(
            settings.of(GatewaySettings.IDLE_TIMEOUT),
            settings.of(GatewaySettings.HEADER_TIMEOUT),
            settings.of(GatewaySettings.BODY_TIMEOUT),
            GatewaySettings.front(settings),
            settings.of(GatewaySettings.TENANT_HEADER));
    VerifiedTokens<dev.aegis.gateway.admission.Access> tokens = new VerifiedTokens<>();
    CallerTls tls =
        new CallerTls(
            applied,
            DefaultCertificate.of(
                data.resolve("default-certificate.pem"),
                settings.of(CommonSettings.BASE_DOMAIN),
                clock.instant()),
            deadlines,
            settings.of(GatewaySettings.HEADER_TIMEOUT),
            bounds.front());
    Forwarder forwarder = new Forwarder(deadlines);
    Load load = new Load(settings.of(GatewaySettings.MAX_ACTIVE));
    started(new LoadWatch(load));
    metrics.gauge("aegis_active_requests_bound", "Requests that may be under way", load::bound);
    ReplyCache replies =
        new ReplyCache(settings.of(GatewaySettings.CACHE_BYTES), clock, System::nanoTime);
    Pipeline pipeline =
        new Pipeline(
            tokens,
            sharedTokens(store, masterKey, metrics),
            started(new Limiter(store, node, metrics, clock)).limits());
    decisions(metrics, pipeline.decisions());
    rulings(metrics, pipeline.rulings());
    CallerSelector edge =
        new CallerSelector(
            bounds,
            Tracing.of(settings, spans),
            applied,
            pipeline,
            forwarder,
            deadlines,
            telemetry::finished,
            node,
            tls,
            load,
            replies);
    ServiceToken token = new ServiceToken(masterKey.serviceToken(OWN_API), "aegis-gateway");
    ExplainApi explain =
        new ExplainApi(
            applied,
            pipeline,
            node,
            bounds.tenantHeader(),
            clock,
            new Supposing(
                settings.of(CommonSettings.BASE_DOMAIN),
                masterKey,
                node,
                bounds.tenantHeader(),
                clock),
            token);
    RecentLinesApi log =
        new RecentLinesApi(
            recent,
            (tenant, above) -> journal.read(fold -> Lineage.within(fold, tenant, above)),
            node,
            token,
            clock);
    NodeReport report =
        started(
            new NodeReport(
                node,
                applied,
                journal,
                publisher,
                consul,
                dns,
                redis,
                upstreams,
                keys,
                askedIssuers,
                links,
                bus,
                clock));
    store.ifPresent(
        access -> started(new LastUses(access, new KeysInForce(applied, journal), clock)).start());
    report.meters(metrics, edge::active, forwarder.mirrors(), tokens::counted);
    metrics.gauge("aegis_connections", "Connections of callers", edge::connections);
    metrics.gauge(
        "aegis_records_waiting", "Finished requests that wait to be recorded", telemetry::waiting);
    Troubles troubles = started(new Troubles(clock));
    report.watch(troubles);
    troubles.watch("datadog", datadog::wrong);
    troubles.watch("traces", spans::wrong);
    troubles.watchCount("records", "requests left no record", telemetry::dropped);
    troubles.watchCount(
        "overload", "requests were refused: too many were under way", load::refused);
    // An empty journal is a configuration too, but only Kafka can say that it is empty.
    health.check("configuration", () -> applied.known() || journal.connected());

    journal.start();
    plugins.start(() -> journal.read(fold -> refolded(applied, fold)));
    awaitConfiguration(journal);
    report.start(
        () -> {
          tokens.forgetExpired(clock.instant());
          pipeline.rulings().forgetOld(System.nanoTime());
          replies.keepOnly(applied.get().tenants().keySet());
          if (journal.current()) { // else what there is may not be known yet
            lastKnown.forgetUnused();
            keys.forgetUnused();
          }
        });
    // Stopped after the callers' listener: until then it says that the gateway is not ready.
    HttpListener management =
        started(
            HttpListener.start(
                HttpListener.Options.of(
                        "gateway management", settings, GatewaySettings.MANAGEMENT_PORT)
                    .withMaxPayload(2L * ExplainApi.MAX_SUPPOSED),
                routing -> {
                  new Management(metrics, health, troubles, report::status).addTo(routing);
                  explain.addTo(routing);
                  if (settings.of(GatewaySettings.RECENT_LOG_BYTES) > 0) {
                    log.addTo(routing);
                  }
                }));
    HttpListener callers = started(callers("gateway", GatewaySettings.PORT, edge, server -> {}));
    HttpListener secure =
        started(
            callers(
                "gateway HTTPS",
                GatewaySettings.TLS_PORT,
                edge,
                // Helidon's other sockets make their engines without asking the factory.
                server -> server.tls(of -> of.sslContext(tls.context()))));
    started.push(() -> edge.drain(LAST_REQUESTS));
    listeners.add(callers.listener());
    listeners.add(secure.listener());
    listeners.add(management.listener());
    health.accepting(true);
  }

  /** Compiles everything anew: the plugins are others. */
  private static boolean refolded(Applied applied, Fold fold) {
    applied.folded(fold, Set.of(), true);
    return true;
  }

  private static void decisions(Metrics metrics, Decisions decisions) {
    for (Decisions.Outcome outcome : Decisions.Outcome.values()) {
      for (Decisions.Source source : Decisions.Source.values()) {
        metrics.counter(
            "aegis_rbac_decisions_total",
            "Requests whose caller's roles were asked",
            () -> decisions.count(outcome, source),
            "outcome",
            outcome.label(),
            "source",
            source.label());
      }
    }
  }

  private static void rulings(Metrics metrics, Rulings rulings) {
    for (Rulings.Outcome outcome : Rulings.Outcome.values()) {
      for (Rulings.Source source : Rulings.Source.values()) {
        metrics.counter(
            "aegis_external_authorizations_total",
            "Requests whose route asks an external service whether they may pass",
            () -> rulings.count(outcome, source),
            "outcome",
            outcome.label(),
            "source",
            source.label());
      }
    }
  }

  /** Calls issuers, through the guard: tenants say where. */
  private Caller issuers() {
    SystemResolver names = started(new SystemResolver());
    return started(
        new Caller(
            names,
            new EgressGuard(settings.of(GatewaySettings.ALLOWED_NETWORKS)),
            (SSLSocketFactory) SSLSocketFactory.getDefault(),
            ISSUER_CONNECT,
            ISSUER_CALL));
  }

  /** Fetches what issuers publish. */
  private RemoteKeys keys(Caller issuers, Path folder, InstantSource clock) {
    Map<String, String> headers = Map.of("Accept", "application/json", USER_AGENT, product());
    return started(
        new RemoteKeys(
            place -> issuers.fetch(place, headers, Documents.MOST), new KeysFolder(folder), clock));
  }

  /** Asks issuers about tokens. */
  private static AskedIssuers askedIssuers(Caller issuers) {
    return new AskedIssuers(
        (place, headers, form, limit) -> {
          Map<String, String> all = new HashMap<>(headers);
          all.put(USER_AGENT, product());
          return issuers.ask(place, all, form, Questions.MOST, limit);
        });
  }

  private static String product() {
    return "Aegis/" + Version.text();
  }

  private Optional<RedisAccess> store() throws StartFailure {
    try {
      return settings.of(CommonSettings.REDIS_URL).map(RedisAccess::new);
    } catch (IllegalArgumentException e) {
      throw new StartFailure("Redis cannot be asked: " + e.getMessage());
    }
  }

  private SharedTokens sharedTokens(
      Optional<RedisAccess> store, MasterKey masterKey, Metrics metrics) {
    if (store.isEmpty() || !settings.of(GatewaySettings.SHARED_TOKENS)) {
      return SharedTokens.NONE;
    }
    RedisTokens shared =
        started(
            new RedisTokens(store.get(), masterKey.serviceToken(SHARED_TOKENS), Version.text()));
    metrics.counter(
        "aegis_shared_tokens_dropped_total",
        "Verified tokens that Redis did not take",
        shared::dropped);
    return shared;
  }

  /** Null when there is none. */
  private @Nullable ConsulDiscovery consul(TargetsFile lastKnown) throws StartFailure {
    Optional<String> url = settings.of(CommonSettings.CONSUL_URL);
    if (url.isEmpty()) {
      return null;
    }
    try {
      return new ConsulDiscovery(
          new ConsulAccess(
              url.get(),
              settings.of(CommonSettings.CONSUL_TOKEN).orElse(null),
              authorities(settings.of(CommonSettings.CONSUL_CA_FILE))),
          lastKnown);
    } catch (IllegalArgumentException e) {
      throw new StartFailure("Consul cannot be asked: " + e.getMessage());
    }
  }

  private static List<X509Certificate> authorities(Optional<String> file) throws StartFailure {
    if (file.isEmpty()) {
      return List.of();
    }
    try {
      return Pem.certificates(Files.readString(Path.of(file.get())));
    } catch (IOException | IllegalArgumentException e) {
      throw new StartFailure("the file of AEGIS_CONSUL_CA_FILE cannot be used: " + e.getMessage());
    }
  }

  private HttpListener callers(
      String label,
      Setting<Integer> port,
      CallerSelector edge,
      Consumer<WebServerConfig.Builder> more)
      throws StartFailure {
    return HttpListener.startWith(
        HttpListener.Options.of(label, settings, port)
            .withMaxPayload(-1)
            .withMaxConnections(settings.of(GatewaySettings.MAX_CONNECTIONS))
            .withGrace(settings.of(GatewaySettings.DRAIN_TIMEOUT)),
        server -> {
          server
              .protocolsDiscoverServices(false)
              .addConnectionSelector(edge)
              // Helidon's other sockets hold another 8 KiB a connection, and make engines of TLS
              // without asking the factory.
              .useNio(false)
              .idleConnectionTimeout(settings.of(GatewaySettings.IDLE_TIMEOUT));
          more.accept(server);
        });
  }

  /** A gateway starts on what it has; only when it has nothing does it wait a little for Kafka. */
  private static void awaitConfiguration(JournalReader journal) throws StartFailure {
    try {
      if (!journal.awaitCaughtUp(CATCH_UP)) {
        LOG.warn("Kafka does not answer; going on from revision {}", journal.revision());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while it started");
    }
  }

  private <T extends AutoCloseable> T started(T part) {
    started.push(part);
    return part;
  }

  @Override
  public List<Listener> listeners() {
    return List.copyOf(listeners);
  }

  @Override
  public boolean ready() {
    return health.ready();
  }

  @Override
  public synchronized void close() {
    health.accepting(false);
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        LOG.warn("A part of the gateway did not stop cleanly", e);
      }
    }
  }
}
