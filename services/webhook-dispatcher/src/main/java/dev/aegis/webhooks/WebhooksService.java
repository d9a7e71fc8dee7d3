package dev.aegis.webhooks;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.FanOut;
import dev.aegis.bus.JournalReader;
import dev.aegis.bus.OwnedTopic;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DataDirectory;
import dev.aegis.chassis.Health;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.Listener;
import dev.aegis.chassis.Management;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Service;
import dev.aegis.chassis.ServiceStatus;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.chassis.Troubles;
import dev.aegis.chassis.Version;
import dev.aegis.chassis.datadog.Datadog;
import dev.aegis.egress.Caller;
import dev.aegis.egress.EgressGuard;
import dev.aegis.egress.SystemResolver;
import dev.aegis.journal.Fold;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Uuid7;
import dev.aegis.tracing.OtlpSpans;
import dev.aegis.tracing.Spans;
import dev.aegis.webhooks.api.DeliveriesApi;
import dev.aegis.webhooks.delivery.Deliveries;
import dev.aegis.webhooks.delivery.DeliverySpans;
import dev.aegis.webhooks.delivery.Dispatcher;
import dev.aegis.webhooks.delivery.RetryPolicy;
import dev.aegis.webhooks.delivery.SignedSender;
import dev.aegis.webhooks.delivery.TopicLog;
import dev.aegis.webhooks.intake.Expander;
import dev.aegis.webhooks.settings.WebhooksSettings;
import dev.aegis.webhooks.subscription.Subscriptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The webhook dispatcher, put together: the one place where its parts meet. */
public final class WebhooksService implements Service {
  /** Name of the service. */
  public static final String NAME = "webhook-dispatcher";

  /** Purpose of the token that opens its API. */
  public static final String API_TOKEN = "webhooks-api";

  private static final Logger LOG = LoggerFactory.getLogger(WebhooksService.class);
  private static final String INTAKE_GROUP = "aegis-webhooks-intake";
  private static final String OWNERS_GROUP = "aegis-webhooks-owners";
  private static final Duration START_BOUND = Duration.ofSeconds(5);
  private static final Duration DRAIN = Duration.ofMillis(800);

  private final Settings settings;
  private final InstantSource clock = InstantSource.system();
  private final Health health = new Health();
  private final CountDownLatch working = new CountDownLatch(1);
  // What was started, last first: closed in this order.
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private List<Listener> listeners = List.of();
  private volatile @Nullable Instant since;

  /** A dispatcher, not yet started. */
  public WebhooksService(Settings settings) {
    this.settings = settings;
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
    String bootstrap =
        settings
            .of(CommonSettings.KAFKA_BOOTSTRAP)
            .orElseThrow(
                () ->
                    new StartFailure(
                        "where is Kafka? Set AEGIS_KAFKA_BOOTSTRAP to host:port of a broker"));
    Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA).resolve(NAME));
    String node = NAME + "-" + settings.of(CommonSettings.NODE);
    String instance = instance(data.resolve("instance"));
    BusSettings bus = new BusSettings(bootstrap, node);
    MasterKey masterKey = masterKey();

    Metrics metrics = started(Metrics.create(NAME));
    Datadog datadog = started(Datadog.start(settings, NAME, metrics));
    Spans spans = started(OtlpSpans.of(settings, NAME, node, metrics));
    SystemResolver resolver = started(new SystemResolver());
    Caller caller =
        started(
            new Caller(
                resolver,
                new EgressGuard(settings.of(WebhooksSettings.ALLOWED_NETWORKS)),
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                settings.of(WebhooksSettings.CONNECT_TIMEOUT),
                settings.of(WebhooksSettings.TIMEOUT)));
    Subscriptions subscriptions = new Subscriptions(masterKey);
    JournalReader journal =
        started(
            new JournalReader(
                bus,
                data.resolve("fold.jsonl"),
                (fold, changed, everything) -> folded(subscriptions, fold, changed, everything)));
    OwnedTopic topic = started(new OwnedTopic(bus, Topics.DELIVERIES, OWNERS_GROUP, instance));
    Dispatcher dispatcher =
        new Dispatcher(
            subscriptions::find,
            new SignedSender(
                caller, clock, "Aegis-Webhooks/" + Version.text(), new DeliverySpans(spans, clock)),
            new TopicLog(topic.writer(), topic.lookup()),
            new RetryPolicy(
                settings.of(WebhooksSettings.RETRY_DELAYS),
                settings.of(WebhooksSettings.RETRY_AFTER_MAX),
                () -> ThreadLocalRandom.current().nextDouble()),
            clock,
            new OutcomeMeters(metrics),
            bounds());
    started.push(() -> dispatcher.close(DRAIN));
    FanOut intake =
        started(
            new FanOut(
                bus,
                INTAKE_GROUP,
                instance,
                Topics.EVENTS,
                Topics.DELIVERIES,
                new Expander(subscriptions, clock)));
    metrics.gauge("aegis_webhook_pending", "Deliveries to be made", dispatcher::pending);
    metrics.gauge("aegis_webhook_calls", "Calls to receivers under way", dispatcher::underWay);
    metrics.gauge(
        "aegis_webhook_calls_bound",
        "Calls to receivers that may be under way",
        settings.of(WebhooksSettings.CALLS)::intValue);
    health.check("configuration", () -> working.getCount() == 0);

    Troubles troubles = started(new Troubles(clock));
    troubles.watch(
        "configuration",
        () -> working.getCount() == 0 ? null : "not known yet; deliveries begin when it is");
    troubles.watch("datadog", datadog::wrong);
    troubles.watch("traces", spans::wrong);
    HttpListener listener =
        started(
            HttpListener.start(
                HttpListener.Options.of(NAME, settings, WebhooksSettings.PORT),
                routing -> {
                  new Management(metrics, health, troubles, () -> status(node, journal, dispatcher))
                      .addTo(routing);
                  new DeliveriesApi(
                          subscriptions,
                          new Deliveries(
                              dispatcher, topic.lookup(), Dispatcher.Bounds.DEFAULT.history()),
                          masterKey.serviceToken(API_TOKEN),
                          clock)
                      .addTo(routing);
                }));
    listeners = List.of(listener.listener());
    journal.start();
    work(journal, dispatcher, topic, intake);
    health.accepting(true);
  }

  /** Begins the work once the configuration is known: an unknown endpoint is not a deleted one. */
  private void work(JournalReader journal, Dispatcher dispatcher, OwnedTopic topic, FanOut intake)
      throws StartFailure {
    Thread waiting =
        Thread.ofVirtual()
            .name("webhooks-start")
            .start(
                () -> {
                  try {
                    while (!journal.awaitCaughtUp(Duration.ofHours(1))) {
                      LOG.info("Still waiting for the configuration");
                    }
                    dispatcher.start();
                    topic.start(dispatcher);
                    intake.start();
                    working.countDown();
                  } catch (InterruptedException e) {
                    LOG.debug("Told to stop while waiting for the configuration");
                  }
                });
    started.push(
        () -> {
          waiting.interrupt();
          waiting.join();
        });
    try {
      if (!working.await(START_BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("Kafka does not answer; deliveries begin when it does");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while it started");
    }
  }

  private void folded(
      Subscriptions subscriptions, Fold fold, Set<ObjectKey> changed, boolean everything) {
    subscriptions.folded(fold, changed, everything);
    since = clock.instant();
  }

  private MasterKey masterKey() throws StartFailure {
    try {
      return MasterKey.parse(CommonSettings.masterKeyText(settings));
    } catch (IllegalArgumentException e) {
      throw new StartFailure(e.getMessage() + "; see AEGIS_MASTER_KEY", e);
    }
  }

  private Dispatcher.Bounds bounds() {
    Dispatcher.Bounds usual = Dispatcher.Bounds.DEFAULT;
    return new Dispatcher.Bounds(
        settings.of(WebhooksSettings.ENDPOINT_CALLS).intValue(),
        settings.of(WebhooksSettings.TENANT_CALLS).intValue(),
        settings.of(WebhooksSettings.CALLS).intValue(),
        usual.history(),
        usual.bodyBytes());
  }

  private ServiceStatus status(String node, JournalReader journal, Dispatcher dispatcher) {
    boolean kafka = journal.connected() && dispatcher.logReachable();
    return new ServiceStatus(
        node, NAME, journal.revision(), since, List.of(), Map.of("kafka", kafka ? "up" : "down"));
  }

  /** Who this is to Kafka, in every life on this data: made once. */
  private static String instance(Path file) throws StartFailure {
    try {
      if (!Files.exists(file)) {
        Files.writeString(file, Uuid7.text(System.currentTimeMillis()) + "\n");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StartFailure("cannot read or write " + file + "; see AEGIS_DATA", e);
    }
  }

  private <T extends AutoCloseable> T started(T part) {
    started.push(part);
    return part;
  }

  @Override
  public List<Listener> listeners() {
    return listeners;
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
        LOG.warn("A part of the dispatcher did not stop cleanly", e);
      }
    }
  }
}
