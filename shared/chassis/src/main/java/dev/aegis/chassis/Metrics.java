package dev.aegis.chassis;

import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.MetricsFactory;
import io.helidon.metrics.api.Tag;
import io.helidon.service.registry.Services;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The metrics of one service, shown as Prometheus text.
 *
 * <p>Helidon's registry is the catalogue. What is counted on the request path is counted in plain
 * adders, which the registry reads when it is asked: its own counters cost a request several times
 * as much. Helidon's registries of one JVM share their meters, so each meter carries a label that
 * tells this instance's meters from its neighbours'; it is left out of the text. A meter asked for
 * again is the same one: look them up once and keep them.
 */
public final class Metrics implements AutoCloseable {
  private static final double[] DURATIONS = {
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  /** What tenants beyond the first 500 are counted under. */
  public static final String OTHER_TENANTS = "_other";

  /** Helidon's own label on every meter, which the contract does not have. */
  static final String SCOPE = "scope";

  /**
   * Helidon's registries of one JVM tell each other of new meters while they hold their own locks,
   * so two threads that register at once, in two of them, can wait for each other for ever.
   */
  private static final Object REGISTRATION = new Object();

  static final String INSTANCE = "aegis_instance";

  private static final int MAX_TENANTS = 500;

  private final MeterRegistry registry;
  private final Tag instance;
  private final Map<Key, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Key, LongSupplier> kept = new ConcurrentHashMap<>();
  private final Map<Key, Histogram> histograms = new ConcurrentHashMap<>();
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

  private record Key(String name, List<String> tags) {}

  /** What one series says now. Labels are label, value, label, value … */
  public sealed interface Sample {
    /** As Prometheus has it. */
    String name();

    /** Label, value, label, value … */
    List<String> labels();

    /** How many so far. */
    record Count(String name, List<String> labels, double value) implements Sample {}

    /** A value that goes up and down. */
    record Value(String name, List<String> labels, double value) implements Sample {}

    /**
     * A histogram so far.
     *
     * @param bounds upper ones in seconds, the last infinite
     * @param counts of each bucket, without the ones below
     */
    record Spread(
        String name, List<String> labels, List<Double> bounds, List<Long> counts, double sumSeconds)
        implements Sample {}
  }

  /** Counts what happens. */
  public static final class Counter {
    private final LongAdder count = new LongAdder();

    private Counter() {}

    /** One more. */
    public void add() {
      count.increment();
    }

    /**
     * More.
     *
     * @param more not negative
     */
    public void add(long more) {
      count.add(more);
    }

    /** How many so far. */
    public long count() {
      return count.sum();
    }
  }

  /** Sorts durations into buckets; any number of threads may record at once. */
  public static final class Histogram {
    private final String name;
    private final String help;
    private final List<Tag> labels;
    private final long[] bounds;
    private final LongAdder[] cells;
    private final LongAdder sum = new LongAdder();

    Histogram(String name, String help, double[] bucketsSeconds, List<Tag> labels) {
      this.name = name;
      this.help = help;
      this.labels = List.copyOf(labels);
      bounds = new long[bucketsSeconds.length];
      cells = new LongAdder[bounds.length + 1];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = Math.round(bucketsSeconds[i] * 1e9);
        if (i > 0 && bounds[i] <= bounds[i - 1]) {
          throw new IllegalArgumentException("The bounds of " + name + " must ascend");
        }
      }
      for (int i = 0; i < cells.length; i++) {
        cells[i] = new LongAdder();
      }
    }

    /**
     * Adds a duration.
     *
     * @param nanos in nanoseconds; one on a bound belongs to that bucket
     */
    public void record(long nanos) {
      int i = 0;
      while (i < bounds.length && nanos > bounds[i]) {
        i++;
      }
      cells[i].increment();
      sum.add(nanos);
    }

    /** How many so far. */
    public long count() {
      long count = 0;
      for (LongAdder cell : cells) {
        count += cell.sum();
      }
      return count;
    }

    String name() {
      return name;
    }

    String help() {
      return help;
    }

    List<Tag> labels() {
      return labels;
    }

    int buckets() {
      return cells.length;
    }

    /** Upper bound of a bucket in seconds, infinite for the last. */
    double bound(int bucket) {
      return bucket < bounds.length ? bounds[bucket] / 1e9 : Double.POSITIVE_INFINITY;
    }

    /** How many are in a bucket and not in the ones below. */
    long count(int bucket) {
      return cells[bucket].sum();
    }

    double sumSeconds() {
      return sum.sum() / 1e9;
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
    return counters.computeIfAbsent(
        new Key(name, List.of(tags)),
        _ -> {
          Counter counter = new Counter();
          register(
              FunctionalCounter.builder(name, counter, Counter::count)
                  .description(help)
                  .tags(tags(tags)));
          return counter;
        });
  }

  /** A counter that something else keeps. */
  public void counter(String name, String help, LongSupplier count, String... tags) {
    // The registry refers to it weakly.
    kept.put(new Key(name, List.of(tags)), count);
    register(
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
    register(Gauge.builder(name, () -> (Number) value.get()).description(help).tags(tags(tags)));
  }

  /**
   * A histogram of durations.
   *
   * @param name ends in {@code _seconds}
   * @param buckets upper bounds in seconds, ascending; the infinite one is added
   */
  public Histogram histogram(String name, String help, double[] buckets, String... tags) {
    return histograms.computeIfAbsent(
        new Key(name, List.of(tags)), _ -> new Histogram(name, help, buckets, labels(tags)));
  }

  /** Takes a meter out, because what it is about is gone. */
  public void remove(String name, String... tags) {
    Key key = new Key(name, List.of(tags));
    counters.remove(key);
    kept.remove(key);
    histograms.remove(key);
    synchronized (REGISTRATION) {
      registry.remove(name, tags(tags));
    }
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
    return MetricsText.of(own, histograms.values());
  }

  /** Tells of every series. One may come or go between two calls. */
  public void forEach(Consumer<Sample> to) {
    String mine = instance.value();
    for (Meter meter : registry.meters()) {
      if (mine.equals(meter.id().tagsMap().get(INSTANCE))) {
        to.accept(sample(meter));
      }
    }
    for (Histogram histogram : histograms.values()) {
      List<Double> bounds = new ArrayList<>(histogram.buckets());
      List<Long> counts = new ArrayList<>(histogram.buckets());
      for (int i = 0; i < histogram.buckets(); i++) {
        bounds.add(histogram.bound(i));
        counts.add(histogram.count(i));
      }
      to.accept(
          new Sample.Spread(
              histogram.name(), flat(histogram.labels()), bounds, counts, histogram.sumSeconds()));
    }
  }

  private static Sample sample(Meter meter) {
    String name = meter.id().name();
    List<String> labels = flat(meter.id().tags());
    return switch (meter) {
      case FunctionalCounter counter -> new Sample.Count(name, labels, counter.count());
      case Gauge<?> gauge when name.endsWith("_total") ->
          new Sample.Count(name, labels, gauge.value().doubleValue());
      case Gauge<?> gauge -> new Sample.Value(name, labels, gauge.value().doubleValue());
      default -> throw new IllegalStateException("No such meter is ever made: " + name);
    };
  }

  private static List<String> flat(Iterable<Tag> tags) {
    List<String> labels = new ArrayList<>();
    for (Tag tag : tags) {
      if (!tag.key().equals(INSTANCE) && !tag.key().equals(SCOPE)) {
        labels.add(tag.key());
        labels.add(tag.value());
      }
    }
    return labels;
  }

  /** Takes all meters out. */
  @Override
  public void close() {
    counters.clear();
    kept.clear();
    histograms.clear();
    String mine = instance.value();
    for (Meter meter : List.copyOf(registry.meters())) {
      if (mine.equals(meter.id().tagsMap().get(INSTANCE))) {
        synchronized (REGISTRATION) {
          registry.remove(meter);
        }
      }
    }
  }

  private <M extends Meter, B extends Meter.Builder<B, M>> void register(B builder) {
    synchronized (REGISTRATION) {
      registry.getOrCreate(builder);
    }
  }

  private List<Tag> tags(String... pairs) {
    List<Tag> tags = labels(pairs);
    tags.add(instance);
    return tags;
  }

  private static List<Tag> labels(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("Labels come in pairs: " + Arrays.toString(pairs));
    }
    List<Tag> tags = new ArrayList<>(pairs.length / 2 + 1);
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(SCOPE) || pairs[i].equals(INSTANCE) || pairs[i].equals("le")) {
        throw new IllegalArgumentException("The label " + pairs[i] + " has a meaning already");
      }
      tags.add(Tag.create(pairs[i], pairs[i + 1]));
    }
    return tags;
  }
}
