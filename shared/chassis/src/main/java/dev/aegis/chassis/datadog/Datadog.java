package dev.aegis.chassis.datadog;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DatadogSettings;
import dev.aegis.chassis.LogTap;
import dev.aegis.chassis.Metrics;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.chassis.Version;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends one service's metrics and log to Datadog, on a thread of its own; off unless the settings
 * say otherwise, and then nothing at all.
 *
 * <p>Metrics go to Datadog's intake by an API key, or to an agent by DogStatsD; lines of the log go
 * to the intake. What cannot be delivered waits in bounded memory, then is dropped and counted
 * ({@code aegis_datadog_lost_total}). No request ever waits for it.
 */
public final class Datadog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Datadog.class);
  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{8,128}");
  private static final Duration END = Duration.ofSeconds(2);
  private static final String LOST = "aegis_datadog_lost_total";
  private static final String LOST_HELP = "Points and lines of the log that Datadog did not get";

  private final @Nullable Thread thread;
  private final @Nullable Intake intake;
  private final @Nullable Statsd statsd;
  private final @Nullable Delivery points;
  private final @Nullable Delivery logs;
  private final @Nullable WaitingLines lines;
  private final @Nullable LogTap tap;
  private final Intervals intervals;
  private final SeriesJson series;
  private final LogsJson logsJson;
  private final Metrics.@Nullable Counter lostPoints;
  private final Terms terms;
  private final CountDownLatch ending = new CountDownLatch(1);
  private volatile long deadline;

  /**
   * What goes where.
   *
   * @param key null when nothing goes to the intake
   * @param agent null when metrics go to the intake
   * @param interval between two points of a metric
   * @param look how long lines may wait for others
   * @param mostPoints bytes of compressed points that wait, at most
   * @param mostLines bytes of lines that wait, at most
   */
  record Terms(
      @Nullable String key,
      URI seriesUrl,
      URI logsUrl,
      @Nullable String agent,
      int agentPort,
      boolean logs,
      Duration interval,
      Duration look,
      long mostPoints,
      long mostLines,
      Delivery.Pace pace,
      String service,
      String node,
      List<String> tags) {
    /** Neither shows the key. */
    @Override
    public String toString() {
      return "Datadog of " + service;
    }
  }

  /**
   * Begins to send what the settings say.
   *
   * @param metrics all that this tells of
   * @throws StartFailure when the key cannot be one
   */
  public static Datadog start(Settings settings, String service, Metrics metrics)
      throws StartFailure {
    String key = settings.of(DatadogSettings.API_KEY).map(String::strip).orElse(null);
    if (key != null && !KEY.matcher(key).matches()) {
      throw new StartFailure(
          "datadog.api_key must be 8 to 128 letters, digits, - and _; see DD_API_KEY");
    }
    String site = settings.of(DatadogSettings.SITE);
    String url = settings.of(DatadogSettings.URL).map(URI::toString).orElse(null);
    String node = settings.of(CommonSettings.NODE);
    List<String> tags = new ArrayList<>();
    tags.add(Intervals.tag("node", node));
    tags.add(Intervals.tag("version", Version.text()));
    settings
        .of(DatadogSettings.ENVIRONMENT)
        .ifPresent(environment -> tags.add(Intervals.tag("env", environment)));
    tags.addAll(settings.of(DatadogSettings.TAGS));
    return new Datadog(
        new Terms(
            key,
            URI.create((url == null ? "https://api." + site : url) + "/api/v2/series"),
            URI.create((url == null ? "https://http-intake.logs." + site : url) + "/api/v2/logs"),
            settings.of(DatadogSettings.AGENT_HOST).orElse(null),
            settings.of(DatadogSettings.AGENT_PORT),
            settings.of(DatadogSettings.LOGS),
            settings.of(DatadogSettings.INTERVAL),
            Duration.ofSeconds(1),
            8L << 20,
            16L << 20,
            Delivery.Pace.USUAL,
            service,
            node,
            tags),
        metrics);
  }

  Datadog(Terms terms, Metrics metrics) {
    this.terms = terms;
    List<String> tags = new ArrayList<>(List.of(Intervals.tag("service", terms.service)));
    tags.addAll(terms.tags);
    intervals = new Intervals(metrics);
    series = new SeriesJson(terms.node, tags);
    logsJson = new LogsJson(terms.service, terms.node, terms.tags);
    boolean on = terms.key != null || terms.agent != null;
    intake = terms.key == null ? null : new Intake(terms.key);
    statsd = terms.agent == null ? null : new Statsd(terms.agent, terms.agentPort, tags);
    lostPoints = on ? metrics.counter(LOST, LOST_HELP, "what", "points") : null;
    points =
        intake == null || statsd != null || lostPoints == null
            ? null
            : new Delivery(
                "metrics", terms.seriesUrl, intake, terms.mostPoints, terms.pace, lostPoints);
    if (intake != null && terms.logs) {
      Metrics.Counter lostLines = metrics.counter(LOST, LOST_HELP, "what", "log_lines");
      lines = new WaitingLines(terms.mostLines, lostLines);
      logs =
          new Delivery(
              "lines of the log", terms.logsUrl, intake, Long.MAX_VALUE, terms.pace, lostLines);
      tap = LogTap.open("datadog", terms.service, lines::add);
    } else {
      lines = null;
      logs = null;
      tap = null;
    }
    if (intake != null) {
      metrics.gauge(
          "aegis_datadog_up",
          "Whether Datadog took what it was sent last",
          () -> wrong() == null ? 1 : 0);
    }
    thread = on ? Thread.ofPlatform().daemon().name("datadog").start(this::run) : null;
  }

  /** What Datadog does not take at the moment, null while it takes all. */
  public @Nullable String wrong() {
    if (points != null && !points.well()) {
      return "Datadog does not take metrics";
    }
    return logs == null || logs.well() ? null : "Datadog does not take lines of the log";
  }

  /**
   * Where ready lines of the log go: to {@code log}, and to Datadog when it gets lines.
   *
   * @param log gets them in any case, first
   */
  public Consumer<byte[]> beside(Consumer<byte[]> log) {
    WaitingLines waiting = lines;
    return waiting == null ? log : log.andThen(waiting::add);
  }

  private void run() {
    long every = terms.interval.toNanos();
    long nextAt = System.nanoTime() + every;
    long look = Math.min(every, terms.look.toNanos());
    boolean failed = false;
    try {
      while (!ending.await(look, TimeUnit.NANOSECONDS)) {
        try {
          if (System.nanoTime() - nextAt >= 0) {
            nextAt = Math.max(nextAt + every, System.nanoTime() + every / 2);
            collect();
          }
          if (points != null) {
            points.attempt();
          }
          sendLines(nextAt);
        } catch (RuntimeException e) {
          if (!failed) {
            LOG.error("Something that was to go to Datadog could not be sent", e);
          }
          failed = true;
        }
      }
      collect();
      if (points != null) {
        points.end(deadline);
      }
      endLines();
    } catch (InterruptedException e) {
      LOG.debug("Told to stop while Datadog did not answer");
    } catch (RuntimeException e) {
      LOG.error("Nothing goes to Datadog any more", e);
    } finally {
      drop();
    }
  }

  /** Counts what will not be sent any more. */
  private void drop() {
    if (points != null) {
      points.drop();
    }
    if (logs != null) {
      logs.drop();
    }
    if (lines != null) {
      lines.drop();
    }
  }

  private void collect() {
    try {
      List<Point> now = intervals.next();
      if (statsd != null && lostPoints != null) {
        lostPoints.add(statsd.send(now));
      } else if (points != null) {
        series.payloads(now, Instant.now(), terms.interval).forEach(points::add);
      }
    } catch (RuntimeException e) {
      LOG.error("The metrics could not be told to Datadog", e);
    }
  }

  /** Sends lines, until the next points are due at the latest. */
  private void sendLines(long until) throws InterruptedException {
    if (logs != null) {
      do {
        logs.attempt();
      } while (logs.idle()
          && ending.getCount() > 0
          && System.nanoTime() - until < 0
          && nextLines());
    }
  }

  private boolean nextLines() {
    if (lines == null || logs == null) {
      return false;
    }
    List<byte[]> next = lines.take(LogsJson.MOST_LINES, LogsJson.MOST_BYTES);
    if (next.isEmpty()) {
      return false;
    }
    logs.add(logsJson.payload(next));
    return true;
  }

  private void endLines() throws InterruptedException {
    if (lines != null && logs != null) {
      do {
        logs.end(deadline);
      } while (logs.well() && deadline - System.nanoTime() > 0 && nextLines());
    }
  }

  /** Sends what is there, for at most two seconds, and ends. Any number of times. */
  @Override
  public void close() {
    if (thread == null) {
      return;
    }
    if (tap != null) {
      tap.close();
    }
    if (ending.getCount() > 0) {
      deadline = System.nanoTime() + END.toNanos();
    }
    ending.countDown();
    try {
      if (!thread.join(END)) {
        thread.interrupt();
        boolean _ = thread.join(Duration.ofMillis(500));
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    if (intake != null) {
      intake.close();
    }
  }
}
