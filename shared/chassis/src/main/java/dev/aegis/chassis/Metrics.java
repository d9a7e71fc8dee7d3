package dev.aegis.chassis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of one service, shown as Prometheus text or OpenMetrics.
 *
 * <p>What is counted on the request path is counted in plain adders, which are read when somebody
 * asks. A meter asked for again is the same one: look them up once and keep them, until {@link
 * #changes} moves.
 *
 * <p>What is about a tenant has bounds. At most 500 tenants are counted by name, and a metric about
 * tenants has at most 10,000 series ({@link #bound} says otherwise), 1,000 when it is a histogram.
 * When there is no room, what has counted nothing for ten minutes gives its place up; when nothing
 * has, more is counted together under {@code _other}, which never goes.
 */
public final class Metrics implements AutoCloseable {
  private static final double[] DURATIONS = {
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  private static final Bounds DURATION_BOUNDS = new Bounds(DURATIONS);

  /** What is counted together because there is no room for it by name. */
  public static final String OTHER = "_other";

  /** What tenants are counted under for whom there is no room. */
  public static final String OTHER_TENANTS = OTHER;

  private static final int MAX_TENANTS = 500;
  private static final int MAX_SERIES = 10_000;
  private static final int MAX_HISTOGRAMS = 1_000;
  private static final Duration IDLE = Duration.ofMinutes(10);
  private static final Duration BETWEEN_LOOKS = Duration.ofMinutes(1);

  private final InstantSource clock;
  private final ConcurrentSkipListMap<String, Family> families = new ConcurrentSkipListMap<>();
  private final Map<String, Integer> bounds = new ConcurrentHashMap<>();

  /** Held by who looks which series are idle, before {@link #adding}. */
  private final Object looking = new Object();

  /**
   * Held for a moment by who adds and removes series; nobody who counts, reads or asks for what
   * there is needs it.
   */
  private final Object adding = new Object();

  /** When each tenant that has a place last asked for it or counted something. */
  private final Map<String, Long> tenants = new ConcurrentHashMap<>();

  private long nextLook;
  private volatile boolean roomWanted;
  private final AtomicLong changes = new AtomicLong();
  private volatile int size = 16 << 10;

  private Metrics(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * The metrics of a service, with those of its JVM.
   *
   * @param service name of the service
   */
  public static Metrics create(String service) {
    return create(service, InstantSource.system());
  }

  /**
   * The metrics of a service, with those of its JVM.
   *
   * @param service name of the service
   * @param clock says what was idle for how long
   */
  public static Metrics create(String service, InstantSource clock) {
    Metrics metrics = new Metrics(clock);
    JvmMeters.addTo(metrics);
    return metrics;
  }

  /** Bounds of duration histograms in seconds, from a quarter of a millisecond to ten seconds. */
  public static double[] durations() {
    return DURATIONS.clone();
  }

  /** What one series shows now. */
  public sealed interface Sample {
    /** The metric. */
    String name();

    /** Label, value, label, value …. */
    List<String> labels();

    /** What was counted so far; less than before when the series has begun anew. */
    record Count(String name, List<String> labels, double value) implements Sample {
      public Count {
        labels = List.copyOf(labels);
      }
    }

    /** A value that goes up and down. */
    record Value(String name, List<String> labels, double value) implements Sample {
      public Value {
        labels = List.copyOf(labels);
      }
    }

    /**
     * Durations so far.
     *
     * @param bounds upper bounds in seconds, the last one infinite
     * @param counts how many are in a bucket and not in the ones below
     */
    record Spread(
        String name, List<String> labels, List<Double> bounds, List<Long> counts, double sumSeconds)
        implements Sample {
      public Spread {
        labels = List.copyOf(labels);
        bounds = List.copyOf(bounds);
        counts = List.copyOf(counts);
      }
    }
  }

  /** Counts what happens. */
  public static final class Counter implements Series.Source {
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
  public static final class Histogram implements Series.Source {
    private final Bounds bounds;
    private final LongAdder[] cells;
    private final LongAdder sum = new LongAdder();

    /** The last request of each bucket, as far as it was told. A reader may see an older one. */
    private final @Nullable Exemplar[] exemplars;

    private Histogram(Bounds bounds) {
      this.bounds = bounds;
      cells = new LongAdder[bounds.buckets()];
      exemplars = new Exemplar[cells.length];
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
      cells[bounds.bucket(nanos)].increment();
      sum.add(nanos);
    }

    /**
     * Adds the duration of a request, which becomes the example of its bucket when there is none of
     * the same second.
     *
     * @param nanos in nanoseconds
     * @param requestId its id
     * @param traceId 32 hexadecimal digits, null when it is in no trace
     * @param at when it was
     */
    public void record(long nanos, String requestId, @Nullable String traceId, Instant at) {
      int bucket = bounds.bucket(nanos);
      cells[bucket].increment();
      sum.add(nanos);
      Exemplar known = exemplars[bucket];
      if (known == null || known.second() < at.getEpochSecond()) {
        exemplars[bucket] = new Exemplar(nanos, requestId, traceId, at.getEpochSecond());
      }
    }

    /** How many so far. */
    public long count() {
      long count = 0;
      for (LongAdder cell : cells) {
        count += cell.sum();
      }
      return count;
    }

    int buckets() {
      return cells.length;
    }

    Bounds bounds() {
      return bounds;
    }

    /** How many are in a bucket and not in the ones below. */
    long count(int bucket) {
      return cells[bucket].sum();
    }

    @Nullable Exemplar exemplar(int bucket) {
      return exemplars[bucket];
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
    return counter(name, help, true, tags);
  }

  /**
   * The same for threads that may not wait for a look at all series, such as a request's: where
   * there is no room it is counted together until {@link #makeRoomIfWanted} has made some.
   */
  public Counter counterAtOnce(String name, String help, String... tags) {
    return counter(name, help, false, tags);
  }

  private Counter counter(String name, String help, boolean waits, String... tags) {
    Bounding bounding = waits ? Bounding.MAKES_ROOM : Bounding.AT_ONCE;
    Series series = series(name, Family.Type.COUNTER, help, bounding, Counter::new, tags);
    if (series.source() instanceof Counter counter) {
      return counter;
    }
    throw kept(name);
  }

  /** A counter that something else keeps. */
  public void counter(String name, String help, LongSupplier count, String... tags) {
    series(name, Family.Type.COUNTER, help, Bounding.NONE, () -> new Series.Kept(count), tags);
  }

  /**
   * A value that goes up and down.
   *
   * @param value answers at once, from memory
   */
  public void gauge(String name, String help, Supplier<? extends Number> value, String... tags) {
    // The processor time is a fraction, which counters cannot hold.
    Family.Type type = name.endsWith("_total") ? Family.Type.COUNTER : Family.Type.GAUGE;
    series(name, type, help, Bounding.NONE, () -> new Series.Shown(value), tags);
  }

  /**
   * A histogram of durations.
   *
   * @param name ends in {@code _seconds}
   * @param buckets upper bounds in seconds, ascending; the infinite one is added
   */
  public Histogram histogram(String name, String help, double[] buckets, String... tags) {
    Series series =
        series(
            name,
            Family.Type.HISTOGRAM,
            help,
            Bounding.MAKES_ROOM,
            () -> new Histogram(bounds(buckets)),
            tags);
    if (series.source() instanceof Histogram histogram) {
      return histogram;
    }
    throw kept(name);
  }

  private static Bounds bounds(double[] buckets) {
    return Arrays.equals(buckets, DURATIONS) ? DURATION_BOUNDS : new Bounds(buckets);
  }

  private static IllegalArgumentException kept(String name) {
    return new IllegalArgumentException(name + " is kept elsewhere already");
  }

  /** What is done where a metric about tenants is full. */
  private enum Bounding {
    NONE,
    MAKES_ROOM,
    AT_ONCE
  }

  /** What exists, or is made. What somebody else counts is not bounded here, but by them. */
  private Series series(
      String name,
      Family.Type type,
      String help,
      Bounding bounding,
      Supplier<Series.Source> source,
      String... tags) {
    List<String> labels = labels(tags);
    Family family = families.get(name);
    Series known = family == null ? null : family.series().get(labels);
    if (known != null) {
      return known;
    }
    boolean named =
        bounding != Bounding.NONE && Series.tenant(labels) != null && !Series.together(labels);
    if (named && bounding == Bounding.MAKES_ROOM && full(name)) {
      makeRoom();
    }
    synchronized (adding) {
      Family to = families.computeIfAbsent(name, _ -> new Family(name, type, help));
      if (to.type() != type) {
        throw new IllegalArgumentException(name + " is a " + to.type() + " already");
      }
      if (named && full(to)) {
        if (bounding == Bounding.AT_ONCE) {
          roomWanted = true;
        }
        labels = Series.together(labels, type);
      }
      Series there = to.series().get(labels);
      if (there == null) {
        there = new Series(source.get(), labels);
        to.add(there);
      }
      return there;
    }
  }

  private boolean full(String name) {
    synchronized (adding) {
      Family family = families.get(name);
      return family != null && full(family);
    }
  }

  private boolean full(Family family) {
    int most = family.type() == Family.Type.HISTOGRAM ? MAX_HISTOGRAMS : MAX_SERIES;
    return family.named() >= bounds.getOrDefault(family.name(), most);
  }

  /**
   * Sets how many series a metric about tenants may have, beside those under {@code _other}.
   *
   * @param most more than 0
   */
  public void bound(String name, int most) {
    bounds.put(name, most);
  }

  /** Takes a meter out, because what it is about is gone. */
  public void remove(String name, String... tags) {
    synchronized (adding) {
      Family family = families.get(name);
      if (family != null) {
        Series series = family.series().get(labels(tags));
        if (series != null) {
          family.remove(series);
        }
      }
    }
  }

  /**
   * The label under which {@code tenant} is counted: itself, or {@code _other} when 500 others have
   * asked for theirs, or counted something, in the last ten minutes. Who has a tenant's label is to
   * take the meter at once.
   */
  public String tenant(String tenant) {
    if (place(tenant)) {
      return tenant;
    }
    makeRoom();
    return place(tenant) ? tenant : OTHER_TENANTS;
  }

  /** The same for threads that may not wait, see {@link #counterAtOnce}. */
  public String tenantAtOnce(String tenant) {
    if (place(tenant)) {
      return tenant;
    }
    roomWanted = true;
    return OTHER_TENANTS;
  }

  /** Whether the tenant has a place, or there is one for it. */
  private boolean place(String tenant) {
    long now = clock.millis();
    if (tenants.replace(tenant, now) != null) {
      return true;
    }
    synchronized (adding) {
      if (tenants.size() >= MAX_TENANTS && !tenants.containsKey(tenant)) {
        return false;
      }
      tenants.put(tenant, now);
      return true;
    }
  }

  /** Whether a tenant is counted by its name now. Does not count as a use of it. */
  public boolean named(String tenant) {
    return tenants.containsKey(tenant);
  }

  /**
   * Moves whenever meters were taken out to make room. Meters of tenants that were looked up before
   * are to be looked up again: theirs may show nowhere any more, or have a name of their own again.
   */
  public long changes() {
    return changes.get();
  }

  /**
   * Makes room where somebody who could not wait found none; asked about once a minute by a thread
   * that may wait. What there is no room for yet stays wanted.
   */
  public void makeRoomIfWanted() {
    if (roomWanted) {
      roomWanted = false; // who was counted together asks again once some was made
      if (!makeRoom()) {
        roomWanted = true;
      }
    }
  }

  /**
   * Takes out the tenants that have counted nothing for a while, when they are too many, and such
   * series of the metrics that are full. It reads every series, so at most once a minute, and
   * without the lock of those who add.
   *
   * @return whether any were taken out
   */
  private boolean makeRoom() {
    synchronized (looking) {
      long now = clock.millis();
      if (now < nextLook && nextLook - now <= BETWEEN_LOOKS.toMillis()) {
        return false;
      }
      nextLook = now + BETWEEN_LOOKS.toMillis();
      long idle = now - IDLE.toMillis();
      Map<Family, List<Series>> resting = new HashMap<>();
      for (Family family : families.values()) {
        for (Series series : family.series().values()) {
          String tenant = series.tenant();
          if (tenant != null) {
            long since = series.look(now);
            tenants.computeIfPresent(tenant, (_, last) -> Math.max(last, since));
            if (since <= idle) {
              resting.computeIfAbsent(family, _ -> new ArrayList<>()).add(series);
            }
          }
        }
      }
      boolean removed = remove(resting, idle);
      if (removed) {
        changes.incrementAndGet();
      }
      return removed;
    }
  }

  private boolean remove(Map<Family, List<Series>> resting, long idle) {
    synchronized (adding) {
      boolean crowded = tenants.size() >= MAX_TENANTS;
      boolean removed = crowded && tenants.values().removeIf(last -> last <= idle);
      for (Map.Entry<Family, List<Series>> each : resting.entrySet()) {
        Family family = each.getKey();
        boolean full = full(family);
        for (Series series : each.getValue()) {
          if (full && series.idleSince(idle) || gone(series.tenant())) {
            family.remove(series);
            removed = true;
          }
        }
      }
      return removed;
    }
  }

  private boolean gone(@Nullable String tenant) {
    return tenant != null
        && !tenant.isEmpty()
        && !tenant.equals(OTHER_TENANTS)
        && !tenants.containsKey(tenant);
  }

  /** Everything in Prometheus' text format 0.0.4, sorted by name. */
  public String exposition() {
    return new String(exposition(ExpositionFormat.TEXT), StandardCharsets.UTF_8);
  }

  /** Everything in a format, sorted by name. Holds no lock: nobody who counts waits for it. */
  public byte[] exposition(ExpositionFormat format) {
    byte[] text = ExpositionWriter.write(families.values(), format, size);
    size = text.length + (4 << 10);
    return text;
  }

  /**
   * Tells what each series shows now. Holds no lock; a series may come and go between two calls.
   */
  public void forEach(Consumer<Sample> to) {
    for (Family family : families.values()) {
      for (Series series : family.series().values()) {
        to.accept(sample(family, series));
      }
    }
  }

  private static Sample sample(Family family, Series series) {
    String name = family.name();
    List<String> labels = series.labels();
    return switch (series.source()) {
      case Counter counter -> new Sample.Count(name, labels, counter.count());
      case Series.Kept(var count) -> new Sample.Count(name, labels, count.getAsLong());
      case Series.Shown(var value) ->
          family.type() == Family.Type.COUNTER
              ? new Sample.Count(name, labels, value.get().doubleValue())
              : new Sample.Value(name, labels, value.get().doubleValue());
      case Histogram histogram -> {
        List<Double> bounds = new ArrayList<>(histogram.buckets());
        List<Long> counts = new ArrayList<>(histogram.buckets());
        for (int i = 0; i < histogram.buckets(); i++) {
          bounds.add(histogram.bounds().seconds(i));
          counts.add(histogram.count(i));
        }
        yield new Sample.Spread(name, labels, bounds, counts, histogram.sumSeconds());
      }
    };
  }

  /** Takes all meters out. */
  @Override
  public void close() {
    synchronized (adding) {
      families.clear();
      tenants.clear();
      changes.incrementAndGet();
    }
  }

  private static List<String> labels(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("Labels come in pairs: " + Arrays.toString(pairs));
    }
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals("le")) {
        throw new IllegalArgumentException("The label le has a meaning already");
      }
    }
    return List.of(pairs);
  }
}
