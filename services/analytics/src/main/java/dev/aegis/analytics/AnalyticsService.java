package dev.aegis.analytics;

import dev.aegis.analytics.api.AnalyticsApi;
import dev.aegis.analytics.ingest.RequestCounting;
import dev.aegis.analytics.ingest.Tally;
import dev.aegis.analytics.live.LiveCounters;
import dev.aegis.analytics.query.Answering;
import dev.aegis.analytics.query.SeriesReader;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.analytics.settings.AnalyticsSettings;
import dev.aegis.bus.BusSettings;
import dev.aegis.chassis.CommonSettings;
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
import dev.aegis.chassis.datadog.Datadog;
import dev.aegis.journal.MasterKey;
import dev.aegis.model.Finding;
import dev.aegis.tracing.OtlpSpans;
import dev.aegis.tracing.Spans;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Analytics, put together. */
public final class AnalyticsService implements Service {
  private static final String NAME = "analytics";
  private static final String TOKEN_PURPOSE = "analytics-api";
  private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);
  private static final Duration LIVE_EVERY = Duration.ofSeconds(1);

  private final Settings settings;
  private final Instant since = InstantSource.system().instant();
  private final Health health = new Health();
  private final Metrics metrics;
  private final Spans spans;
  private final RequestCounting counting;
  private final @Nullable LiveCounters live;
  private final AnalyticsApi api;
  private @Nullable Troubles troubles;
  private @Nullable HttpListener listener;
  private @Nullable Datadog datadog;
  private boolean closed;

  /**
   * Analytics as {@code settings} say.
   *
   * @throws StartFailure when a setting is missing or the master key cannot be read
   */
  public AnalyticsService(Settings settings) throws StartFailure {
    this.settings = settings;
    String bootstrap =
        settings
            .of(CommonSettings.KAFKA_BOOTSTRAP)
            .orElseThrow(
                () -> new StartFailure("analytics needs Kafka: set AEGIS_KAFKA_BOOTSTRAP"));
    Retention retention = AnalyticsSettings.retention(settings);
    String token = token(settings);
    String node = settings.of(CommonSettings.NODE);
    metrics = Metrics.create(NAME);
    live = live(settings);
    spans = OtlpSpans.of(settings, NAME, NAME + "-" + node, metrics);
    LiveCounters counters = live;
    counting =
        new RequestCounting(
            new BusSettings(bootstrap, NAME + "-" + node),
            settings.of(CommonSettings.DATA).resolve(NAME),
            node,
            retention,
            InstantSource.system(),
            one -> {
              if (counters != null) {
                counters.accept(one);
              }
            },
            tally(metrics),
            spans);
    Answering answering =
        new Answering(
            counting.cells(),
            new SeriesReader(counting.cells(), System::nanoTime, ANSWER_BOUND.toNanos()),
            counting::lag);
    api = new AnalyticsApi(answering, retention, InstantSource.system(), token);
  }

  private static @Nullable LiveCounters live(Settings settings) throws StartFailure {
    String url = settings.of(CommonSettings.REDIS_URL).orElse(null);
    try {
      return url == null ? null : new LiveCounters(url, LIVE_EVERY);
    } catch (IllegalArgumentException e) {
      throw new StartFailure(
          "AEGIS_REDIS_URL cannot be used: it must look like redis://host:6379", e);
    }
  }

  private static String token(Settings settings) throws StartFailure {
    try {
      return MasterKey.parse(CommonSettings.masterKeyText(settings)).serviceToken(TOKEN_PURPOSE);
    } catch (IllegalArgumentException e) {
      throw new StartFailure(e.getMessage() + "; see AEGIS_MASTER_KEY", e);
    }
  }

  private static Tally tally(Metrics metrics) {
    String name = "aegis_analytics_events_total";
    String help = "Request events read, by what became of them.";
    Metrics.Counter counted = metrics.counter(name, help, "outcome", "counted");
    Metrics.Counter doubled = metrics.counter(name, help, "outcome", "doubled");
    Metrics.Counter dead = metrics.counter(name, help, "outcome", "dead");
    Metrics.Counter lost = metrics.counter(name, help, "outcome", "lost");
    Metrics.Counter unknown = metrics.counter(name, help, "outcome", "unknown_type");
    return new Tally() {
      @Override
      public void counted() {
        counted.add();
      }

      @Override
      public void doubled() {
        doubled.add();
      }

      @Override
      public void dead() {
        dead.add();
      }

      @Override
      public void lost() {
        lost.add();
      }

      @Override
      public void unknown() {
        unknown.add();
      }
    };
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start() throws StartFailure {
    Datadog sending = Datadog.start(settings, NAME, metrics);
    datadog = sending;
    metrics.gauge(
        "aegis_analytics_lag_records",
        "Request events published and not yet counted, NaN when Kafka does not tell.",
        () -> {
          Long lag = counting.lastLag();
          return lag == null ? Double.valueOf(Double.NaN) : Double.valueOf(lag);
        });
    LiveCounters counters = live;
    if (counters != null) {
      metrics.counter(
          "aegis_analytics_live_lost_total",
          "Requests that are missing in the live counters in Redis.",
          counters::lost);
      metrics.gauge(
          "aegis_analytics_live_up",
          "Whether the live counters could last be written to Redis.",
          () -> counters.up() ? 1 : 0);
    }
    health.check("counting", counting::ready);
    Troubles watching = new Troubles(InstantSource.system());
    troubles = watching;
    watching.watch("datadog", sending::wrong);
    watching.watch("traces", spans::wrong);
    if (counters != null) {
      watching.watchCount(
          "live", "requests are missing in the live counters in Redis", counters::lost);
    }
    Management management = new Management(metrics, health, watching, this::status);
    listener =
        HttpListener.start(
            HttpListener.Options.of(NAME, settings, AnalyticsSettings.PORT),
            routing -> {
              management.addTo(routing);
              api.addTo(routing);
            });
    counting.start();
    if (counters != null) {
      counters.start();
    }
    health.accepting(true);
  }

  private ServiceStatus status() {
    List<Finding> findings = new ArrayList<>();
    if (!counting.ready()) {
      findings.add(Finding.warning("counting", "The counts cannot be asked at the moment"));
    }
    Map<String, String> dependencies = new LinkedHashMap<>();
    dependencies.put("kafka", counting.connected() ? "up" : "down");
    LiveCounters counters = live;
    dependencies.put("redis", counters == null ? "off" : counters.up() ? "up" : "down");
    return new ServiceStatus(
        settings.of(CommonSettings.NODE), NAME, -1, since, findings, dependencies);
  }

  @Override
  public List<Listener> listeners() {
    HttpListener listening = listener;
    return listening == null ? List.of() : List.of(listening.listener());
  }

  @Override
  public boolean ready() {
    return health.ready();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    health.accepting(false);
    HttpListener listening = listener;
    if (listening != null) {
      listening.close();
    }
    Troubles watching = troubles;
    if (watching != null) {
      watching.close();
    }
    api.close();
    counting.close();
    LiveCounters counters = live;
    if (counters != null) {
      counters.close();
    }
    spans.close();
    Datadog sending = datadog;
    if (sending != null) {
      sending.close();
    }
    metrics.close();
  }
}
