package dev.aegis.chassis;

import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.MetricsFactory;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import io.helidon.service.registry.Services;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The metrics of one service, kept in Helidon's registry and shown as Prometheus text.
 *
 * <p>Helidon's registries of one JVM share their meters, so each meter carries a label that tells
 * this instance's meters from its neighbours'; it is left out of the text. A meter asked for again
 * is the same one: look them up once and keep them.
 */
public final class Metrics implements AutoCloseable {
  private static final double[] DURATIONS = {
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  /** What tenants beyond the first 500 are counted under. */
  public static final String OTHER_TENANTS = "_other";

  static final String INSTANCE = "aegis_instance";

  private static final int MAX_TENANTS = 500;

  private final MeterRegistry registry;
  private final Tag instance;
  private final Set<String> tenants = ConcurrentHashMap.newKeySet();

  private Metrics(MeterRegistry registry, Tag instance) {
    this.registry = registry;
    this.instance = instance;
  }

  /**
   * The metrics of a service, with those of its JVM.
   *
   * @param service name of the service
   */
  public static Metrics create(String service) {
    MeterRegistry registry =
        Services.get(MetricsFactory.class)
            .createMeterRegistry(MetricsConfig.builder().warnOnMultipleRegistries(false).build());
    Metrics metrics =
        new Metrics(registry, Tag.create(INSTANCE, service + "-" + UUID.randomUUID()));
    JvmMeters.addTo(metrics);
    return metrics;
  }

  /** Bounds of duration histograms in seconds, from a quarter of a millisecond to ten seconds. */
  public static double[] durations() {
    return DURATIONS.clone();
  }

  /** Counts what happens. */
  public static final class Counter {
    private final io.helidon.metrics.api.Counter counter;

    private Counter(io.helidon.metrics.api.Counter counter) {
      this.counter = counter;
    }

    /** One more. */
    public void add() {
      counter.increment();
    }

    /**
     * More.
     *
     * @param count not negative
     */
    public void add(long count) {
      counter.increment(count);
    }

    /** How many so far. */
    public long count() {
      return counter.count();
    }
  }

  /** Sorts durations into buckets. */
  public static final class Histogram {
    private final Timer timer;

    private Histogram(Timer timer) {
      this.timer = timer;
    }

    /** Adds a duration in nanoseconds. */
    public void record(long nanos) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** How many so far. */
    public long count() {
      return timer.count();
    }
  }

  /**
   * A counter.
   *
   * @param name ends in {@code _total}
   * @param help what it counts
   * @param tags label, value, label, value …
   */
  public Counter counter(String name, String help, String... tags) {
    return new Counter(
        registry.getOrCreate(
            io.helidon.metrics.api.Counter.builder(name).description(help).tags(tags(tags))));
  }

  /** A counter that something else keeps. */
  public void counter(String name, String help, LongSupplier count, String... tags) {
    registry.getOrCreate(
        FunctionalCounter.builder(name, count, LongSupplier::getAsLong)
            .description(help)
            .tags(tags(tags)));
  }

  /**
   * A value that goes up and down.
   *
   * @param value answers at once, from memory
   */
  public void gauge(String name, String help, Supplier<? extends Number> value, String... tags) {
    registry.getOrCreate(
        Gauge.builder(name, () -> (Number) value.get()).description(help).tags(tags(tags)));
  }

  /**
   * A histogram of durations.
   *
   * @param name ends in {@code _seconds}
   * @param buckets upper bounds in seconds, ascending; the infinite one is added
   */
  public Histogram histogram(String name, String help, double[] buckets, String... tags) {
    Duration[] bounds =
        Arrays.stream(buckets)
            .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
            .toArray(Duration[]::new);
    return new Histogram(
        registry.getOrCreate(
            Timer.builder(name)
                .description(help)
                .buckets(bounds)
                .percentiles(new double[0])
                .tags(tags(tags))));
  }

  /** Takes a meter out, because what it is about is gone. */
  public void remove(String name, String... tags) {
    registry.remove(name, tags(tags));
  }

  /**
   * The label under which {@code tenant} is counted: itself, or one for all beyond the first 500.
   */
  public String tenant(String tenant) {
    if (tenants.contains(tenant)) {
      return tenant;
    }
    synchronized (tenants) {
      if (tenants.size() < MAX_TENANTS || tenants.contains(tenant)) {
        tenants.add(tenant);
        return tenant;
      }
    }
    return OTHER_TENANTS;
  }

  /** Everything in Prometheus' text format 0.0.4, sorted by name. */
  public String exposition() {
    List<Meter> own = new ArrayList<>();
    String mine = instance.value();
    for (Meter meter : registry.meters()) {
      if (mine.equals(meter.id().tagsMap().get(INSTANCE))) {
        own.add(meter);
      }
    }
    return MetricsText.of(own);
  }

  /** Takes all meters out. */
  @Override
  public void close() {
    String mine = instance.value();
    for (Meter meter : List.copyOf(registry.meters())) {
      if (mine.equals(meter.id().tagsMap().get(INSTANCE))) {
        registry.remove(meter);
      }
    }
  }

  private List<Tag> tags(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("Labels come in pairs: " + Arrays.toString(pairs));
    }
    List<Tag> tags = new ArrayList<>(pairs.length / 2 + 1);
    for (int i = 0; i < pairs.length; i += 2) {
      tags.add(Tag.create(pairs[i], pairs[i + 1]));
    }
    tags.add(instance);
    return tags;
  }
}
