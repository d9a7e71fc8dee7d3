package dev.aegis.admin;

import dev.aegis.admin.access.Brake;
import dev.aegis.admin.access.Operators;
import dev.aegis.admin.api.AdminApi;
import dev.aegis.admin.audit.AuditLog;
import dev.aegis.admin.audit.AuditTrail;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.changes.Announcing;
import dev.aegis.admin.changes.Consistency;
import dev.aegis.admin.changes.Drafting;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.changes.Restoring;
import dev.aegis.admin.files.PluginsFile;
import dev.aegis.admin.history.Past;
import dev.aegis.admin.history.Revisions;
import dev.aegis.admin.nodes.Nodes;
import dev.aegis.admin.nodes.OwnStatus;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.relay.Expositions;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.admin.store.LastUses;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.bus.AuditHistory;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.EventPublisher;
import dev.aegis.bus.JournalHistory;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.NodeBoard;
import dev.aegis.bus.ProducerMeasure;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DataDirectory;
import dev.aegis.chassis.Health;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.Listener;
import dev.aegis.chassis.Management;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.Service;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.chassis.Troubles;
import dev.aegis.chassis.datadog.Datadog;
import dev.aegis.journal.MasterKey;
import dev.aegis.model.Finding;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.redis.RedisAccess;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The admin service, put together: the one place where its parts meet. */
public final class AdminService implements Service {
  /** Name of the service. */
  public static final String NAME = "admin";

  private static final Logger LOG = LoggerFactory.getLogger(AdminService.class);
  private static final Duration CATCH_UP = Duration.ofSeconds(5);
  private static final Duration FIRST_CATCH_UP = Duration.ofSeconds(20);
  private static final long SPOOL_BYTES = 64L << 20;
  private static final int TOKEN_BYTES = 32;

  /** Wrong tokens of all addresses within a minute, from which on one is enough of each. */
  private static final int MOST_WRONG_TOKENS = 1_000;

  private final Settings settings;
  private final InstantSource clock;
  private final Health health = new Health();
  private final List<Listener> listeners = new ArrayList<>();
  private final Set<Integer> ownPorts = ConcurrentHashMap.newKeySet();
  // What was started, last first: closed in this order.
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  /** An admin service, not yet started. */
  public AdminService(Settings settings) {
    this(settings, InstantSource.system());
  }

  AdminService(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
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
    Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA).resolve(NAME));
    String node = NAME + "-" + settings.of(CommonSettings.NODE);
    BusSettings bus = new BusSettings(bootstrap(), node);
    MasterKey masterKey = masterKey();
    Metrics metrics = started(Metrics.create(NAME));
    Datadog datadog = started(Datadog.start(settings, NAME, metrics));
    OperatorIssuer issuer = OperatorIssuer.start(settings, data.resolve("keys"), clock);
    if (issuer != null) {
      started(issuer).addTo(metrics);
    }
    Operators operators =
        new Operators(
            administratorToken(),
            new Brake(
                settings.of(AdminSettings.MAX_WRONG_TOKENS).intValue(), MOST_WRONG_TOKENS, clock),
            clock,
            issuer == null ? null : issuer.operators());
    URI analyticsUrl = settings.of(AdminSettings.ANALYTICS_URL);
    URI webhooksUrl = settings.of(AdminSettings.WEBHOOKS_URL);
    ownPorts.add(analyticsUrl.getPort());
    ownPorts.add(webhooksUrl.getPort());
    List<URI> gatewayUrls = settings.of(AdminSettings.GATEWAY_URLS);
    gatewayUrls.forEach(url -> ownPorts.add(url.getPort()));

    EventPublisher events =
        started(new EventPublisher(bus, data.resolve("spool"), SPOOL_BYTES, "/aegis/" + node));
    NodeBoard board = started(new NodeBoard(bus, clock));
    PluginFolder folder = started(new PluginFolder(CommonSettings.plugins(settings)));
    folder.start(() -> {});
    OwnStatus own =
        started(
            new OwnStatus(
                node,
                board,
                clock,
                () -> {
                  List<Finding> found = new ArrayList<>(operators.findings());
                  if (issuer != null) {
                    found.addAll(issuer.findings());
                  }
                  found.addAll(folder.get().findings());
                  return found;
                }));
    JournalReader reader =
        started(
            new JournalReader(
                bus,
                data.resolve("fold.jsonl"),
                (fold, changed, everything) -> {
                  operators.folded(fold, changed, everything);
                  own.folded(fold, changed, everything);
                }));
    JournalWriter writer = started(new JournalWriter(bus));
    JournalHistory history = started(new JournalHistory(bus));
    AuditHistory notes = started(new AuditHistory(bus));
    Backend analytics =
        started(
            new Backend(
                "The analytics service", analyticsUrl, masterKey.serviceToken("analytics-api")));
    Backend dispatcher =
        started(
            new Backend(
                "The webhook-dispatcher", webhooksUrl, masterKey.serviceToken("webhooks-api")));
    List<Backend> gateways = new ArrayList<>();
    List<GatewayLogs.Gateway> logs = new ArrayList<>();
    List<Expositions.Source> told = new ArrayList<>();
    told.add(Expositions.Source.of("analytics", analyticsUrl, analytics));
    told.add(Expositions.Source.of("webhook-dispatcher", webhooksUrl, dispatcher));
    for (URI url : gatewayUrls) {
      Backend gateway =
          started(new Backend("The gateway", url, masterKey.serviceToken("gateway-api")));
      gateways.add(gateway);
      logs.add(GatewayLogs.Gateway.of(url, gateway));
      told.add(Expositions.Source.of("gateway", url, gateway));
    }
    String place =
        settings.of(CommonSettings.BIND) + ":" + settings.of(AdminSettings.MANAGEMENT_PORT);
    told.add(
        new Expositions.Source(
            NAME, place, format -> new String(metrics.exposition(format), StandardCharsets.UTF_8)));

    PluginCatalog plugins = new PluginCatalog(folder, masterKey);
    String baseDomain = settings.of(CommonSettings.BASE_DOMAIN).toLowerCase(Locale.ROOT);
    Hosts hosts = new Hosts(baseDomain);
    OwnAddresses addresses = new OwnAddresses(() -> Set.copyOf(ownPorts));
    Drafting drafting = new Drafting(masterKey, plugins, hosts, addresses, clock);
    Announcing announcing = new Announcing(events);
    Publishing publishing = new Publishing(reader, writer, drafting, announcing, clock);
    Restoring restoring =
        new Restoring(reader, publishing, new Consistency(plugins, hosts, addresses));
    Nodes nodes = new Nodes(board);
    AdminApi api =
        new AdminApi(
            operators,
            reader,
            publishing,
            nodes,
            new Revisions(reader, history),
            new Past(started(new JournalHistory(bus))),
            restoring,
            plugins,
            analytics,
            dispatcher,
            gateways.getFirst(),
            new Expositions(told),
            new GatewayLogs(logs, GatewayLogs.PATIENCE),
            started(new LastUses(redis(), System::nanoTime)),
            new AuditTrail(reader, history, notes),
            new AuditLog(events),
            clock);

    meters(metrics, reader, events);
    board.watch();
    reader.start();
    boolean known = reader.revision() >= 0;
    health.check("configuration", () -> known || caughtUp(reader, Duration.ZERO));
    if (!caughtUp(reader, known ? CATCH_UP : FIRST_CATCH_UP)) {
      LOG.warn("Kafka does not answer; going on from revision {}", reader.revision());
    }
    own.start();
    PluginsFile pluginsFile =
        started(
            new PluginsFile(
                settings
                    .of(AdminSettings.PLUGINS_FILE)
                    .orElse(settings.of(CommonSettings.DATA).resolve("config/plugins.json")),
                data.resolve("plugins-agreed.json"),
                reader,
                publishing,
                own::report));
    pluginsFile.start();
    HttpListener operatorsListener =
        started(
            HttpListener.start(
                HttpListener.Options.of(NAME, settings, AdminSettings.PORT)
                    .withMaxPayload(AdminApi.MAX_PAYLOAD),
                api::addTo));
    started(api); // before its listener stops, which would wait for what does not end by itself
    Troubles troubles = started(new Troubles(clock));
    troubles.watch("datadog", datadog::wrong);
    troubles.watch(
        "spool",
        () -> {
          long waiting = events.spooled();
          return waiting == 0 ? null : waiting + " events are on disk and wait for Kafka";
        });
    troubles.watchCount(
        "events", "events were given up: the spool was full or broken", () -> dropped(events));
    HttpListener management =
        started(
            new Management(metrics, health, troubles, () -> own.shown(reader.connected()))
                .listener(
                    HttpListener.Options.of(
                        NAME + " management", settings, AdminSettings.MANAGEMENT_PORT)));
    for (HttpListener listener : List.of(operatorsListener, management)) {
      ownPorts.add(listener.port());
      listeners.add(listener.listener());
    }
    health.accepting(true);
  }

  private String bootstrap() throws StartFailure {
    return settings
        .of(CommonSettings.KAFKA_BOOTSTRAP)
        .orElseThrow(
            () ->
                new StartFailure(
                    "where is Kafka? Set AEGIS_KAFKA_BOOTSTRAP to host:port of a broker"));
  }

  private Optional<RedisAccess> redis() throws StartFailure {
    try {
      return settings.of(CommonSettings.REDIS_URL).map(RedisAccess::new);
    } catch (IllegalArgumentException e) {
      throw new StartFailure("Redis cannot be asked: " + e.getMessage());
    }
  }

  private MasterKey masterKey() throws StartFailure {
    try {
      return MasterKey.parse(CommonSettings.masterKeyText(settings));
    } catch (IllegalArgumentException e) {
      throw new StartFailure(e.getMessage() + "; see AEGIS_MASTER_KEY", e);
    }
  }

  private String administratorToken() throws StartFailure {
    String given = settings.of(AdminSettings.TOKEN).orElse(null);
    return given != null
        ? given
        : SecretFile.readOrCreate(
            settings.of(CommonSettings.DATA).resolve("admin-token"),
            AdminSettings.TOKEN.env(),
            AdminService::newToken);
  }

  private static String newToken() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return "aegis_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  private static void meters(Metrics metrics, JournalReader reader, EventPublisher events) {
    metrics.gauge("aegis_config_revision", "Configuration revision in force", reader::revision);
    metrics.counter(
        "aegis_events_published_total", "Events that Kafka has taken", events::published);
    metrics.gauge("aegis_events_spooled", "Events on disk, waiting for Kafka", events::spooled);
    metrics.counter(
        "aegis_events_dropped_total",
        "Events given up because the spool was full or broken",
        () -> dropped(events));
    for (ProducerMeasure one : ProducerMeasure.values()) {
      metrics.gauge(one.metric(), one.help(), () -> events.measured(one));
    }
    metrics.gauge("aegis_spool_bytes", "Size of the events on disk", events::spoolBytes);
    metrics.gauge("aegis_spool_bytes_bound", "Bound of the events on disk", events::spoolBound);
  }

  private static long dropped(EventPublisher events) {
    return events.dropped().values().stream().mapToLong(Long::longValue).sum();
  }

  /** What is on disk is enough to start on; the wait is for what was written meanwhile. */
  private static boolean caughtUp(JournalReader reader, Duration patience) {
    try {
      return reader.awaitCaughtUp(patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
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
        LOG.warn("A part of the admin service did not stop cleanly", e);
      }
    }
  }
}
