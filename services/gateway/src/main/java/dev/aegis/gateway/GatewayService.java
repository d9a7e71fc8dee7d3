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
import dev.aegis.chassis.Setting;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.gateway.edge.CallerSelector;
import dev.aegis.gateway.edge.EdgeSettings;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.ops.Applied;
import dev.aegis.gateway.ops.NodeReport;
import dev.aegis.gateway.ops.RedisProbe;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.gateway.snapshot.Compiler;
import dev.aegis.gateway.telemetry.Telemetry;
import dev.aegis.gateway.tls.CallerTls;
import dev.aegis.gateway.tls.DefaultCertificate;
import dev.aegis.gateway.upstream.ConsulDiscovery;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.Discovery;
import dev.aegis.gateway.upstream.Forwarder;
import dev.aegis.gateway.upstream.HealthChecks;
import dev.aegis.gateway.upstream.TargetsFile;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.MasterKey;
import io.helidon.webserver.WebServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gateway, put together: the one place where its parts meet. */
public final class GatewayService implements Service {
  /** Name of the service. */
  public static final String NAME = "gateway";

  private static final Logger LOG = LoggerFactory.getLogger(GatewayService.class);
  private static final Duration CATCH_UP = Duration.ofSeconds(5);

  /** How long idle connections are kept for one more request before the gateway stops. */
  private static final Duration LAST_REQUESTS = Duration.ofSeconds(1);

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
    EventPublisher publisher =
        started(
            new EventPublisher(
                bus,
                data.resolve("spool"),
                settings.of(GatewaySettings.SPOOL_BYTES),
                "/aegis/" + node));
    Telemetry telemetry = started(new Telemetry(publisher, logs::appendLines, metrics, clock));
    Deadlines deadlines = started(new Deadlines());
    Discovery discovery =
        settings
            .of(CommonSettings.CONSUL_URL)
            .map(url -> new ConsulDiscovery(url, new TargetsFile(data.resolve("targets.json"))))
            .orElse(null);
    Upstreams upstreams = started(new Upstreams(discovery));
    started(new HealthChecks(upstreams, deadlines));
    Compiler compiler =
        new Compiler(settings.of(CommonSettings.BASE_DOMAIN), upstreams, masterKey, clock);
    Applied applied = new Applied(compiler, settings.of(CommonSettings.BASE_DOMAIN), clock);
    JournalReader journal = started(new JournalReader(bus, data.resolve("fold.jsonl"), applied));
    RedisProbe redis = started(new RedisProbe(settings.of(CommonSettings.REDIS_URL)));

    EdgeSettings bounds =
        new EdgeSettings(
            settings.of(GatewaySettings.IDLE_TIMEOUT),
            settings.of(GatewaySettings.HEADER_TIMEOUT),
            settings.of(GatewaySettings.BODY_TIMEOUT));
    VerifiedTokens<dev.aegis.gateway.admission.Access> tokens = new VerifiedTokens<>();
    CallerTls tls =
        new CallerTls(
            applied,
            DefaultCertificate.of(
                data.resolve("default-certificate.pem"),
                settings.of(CommonSettings.BASE_DOMAIN),
                clock.instant()),
            deadlines,
            settings.of(GatewaySettings.HEADER_TIMEOUT));
    CallerSelector edge =
        new CallerSelector(
            bounds,
            applied,
            new Pipeline(tokens),
            new Forwarder(deadlines),
            deadlines,
            telemetry::finished,
            node,
            tls);
    NodeReport report =
        started(
            new NodeReport(
                node, applied, journal, publisher, discovery, redis, upstreams, bus, clock));
    report.meters(metrics, edge::active);
    // An empty journal is a configuration too, but only Kafka can say that it is empty.
    health.check("configuration", () -> applied.known() || journal.connected());

    journal.start();
    awaitConfiguration(journal);
    report.start(() -> tokens.forgetExpired(clock.instant()));
    // Stopped after the callers' listener: until then it says that the gateway is not ready.
    HttpListener management =
        started(
            new Management(metrics, health, report::status)
                .listener(
                    HttpListener.Options.of(
                        "gateway management", settings, GatewaySettings.MANAGEMENT_PORT)));
    HttpListener callers = started(callers("gateway", GatewaySettings.PORT, edge, server -> {}));
    HttpListener secure =
        started(
            callers(
                "gateway HTTPS",
                GatewaySettings.TLS_PORT,
                edge,
                // Helidon's other sockets make their engines without asking the factory.
                server -> server.useNio(false).tls(of -> of.sslContext(tls.context()))));
    started.push(() -> edge.drain(LAST_REQUESTS));
    listeners.add(callers.listener());
    listeners.add(secure.listener());
    listeners.add(management.listener());
    health.accepting(true);
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
