package dev.aegis.gateway.plugin;

import dev.aegis.gateway.plugin.PluginFailed.Says;
import dev.aegis.plugin.Ended;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Request;
import dev.aegis.plugins.Opened;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One filter in force for one tenant, and what it has done so far. It outlives changes of the
 * configuration that leave it as it is.
 */
public final class Link {
  private static final int PATIENCE = 5;
  private static final int SECOND_PATIENCE = 2;
  private static final long FIRST_PAUSE = Duration.ofSeconds(5).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofMinutes(1).toNanos();

  private final Terms terms;
  private final @Nullable Filter filter;
  private final @Nullable Guard guard;
  private final @Nullable Opened told;
  private final String broken;
  private final Set<Phase> fails;
  private final PluginReport report;
  private final Map<Phase, LongConsumer> durations = new EnumMap<>(Phase.class);
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicBoolean off = new AtomicBoolean();
  private final LongSupplier nanos;
  private final @Nullable LogLane log;

  /** Since when it is switched off. */
  private volatile long offAt;

  /** How long the one that was switched off before it had to wait for it; 0 once it did well. */
  private volatile long pause;

  /** It is not called before, if {@link #pause} is not 0. */
  private volatile long notBefore;

  /**
   * What is known of it without asking it.
   *
   * @param tenant whose requests it sees
   * @param id of the plugin's object
   * @param plugin its name
   * @param open whether requests go on without it when it fails
   * @param scope where it was put to use
   */
  public record Terms(String tenant, String id, String plugin, boolean open, Scope scope) {}

  /**
   * Where a plugin's object was put to use.
   *
   * @param owner tenant that it is an object of, null for one of the installation
   * @param route the only route, null for all
   * @param upstream the only upstream, null for all
   * @param order lower runs first
   */
  public record Scope(
      @Nullable String owner, @Nullable String route, @Nullable String upstream, int order) {}

  /** Whether it can do what it is there for. */
  public enum State {
    IN_FORCE,
    /** It cannot be called, and fails every time. */
    BROKEN,
    /** It is not called, because it failed too often, or another one did where it stands. */
    SWITCHED_OFF
  }

  private Link(
      Terms terms,
      @Nullable Filter filter,
      @Nullable Guard guard,
      @Nullable Opened told,
      String broken,
      Set<Phase> fails,
      PluginReport report,
      LongSupplier nanos) {
    this.terms = terms;
    this.filter = filter;
    this.guard = guard;
    this.told = told;
    this.broken = broken;
    this.fails = fails;
    this.report = report;
    this.nanos = nanos;
    this.log = filter != null && Phase.LOG.has(filter) ? new LogLane(this) : null;
    for (Phase phase : Phase.values()) {
      if (filter != null && phase.has(filter)) {
        durations.put(phase, report.durations(terms.plugin(), phase));
      }
    }
  }

  /**
   * One that works.
   *
   * @param guard runs its calls, null if it is trusted
   * @param told its configuration, of which its failures must not speak
   * @param nanos the time, as {@link System#nanoTime} tells it
   */
  static Link of(
      Terms terms,
      Filter filter,
      @Nullable Guard guard,
      Opened told,
      PluginReport report,
      LongSupplier nanos) {
    return new Link(terms, filter, guard, told, "", Set.of(), report, nanos);
  }

  /**
   * One that cannot be called: it fails every time. Nobody knows where it would take part, and it
   * may be one that says who callers are.
   */
  public static Link broken(Terms terms, String why) {
    return broken(terms, why, EnumSet.of(Phase.IDENTIFY, Phase.AUTHORIZE));
  }

  private static Link broken(Terms terms, String why, Set<Phase> fails) {
    return new Link(terms, null, null, null, why, fails, PluginReport.NONE, System::nanoTime);
  }

  /** The same, but not called: it fails every time. */
  public Link breaks(String why) {
    Set<Phase> those = EnumSet.of(Phase.AUTHORIZE);
    if (takesPart(Phase.IDENTIFY)) {
      those.add(Phase.IDENTIFY);
    }
    return broken(terms, why, those);
  }

  /** What is known of it without asking it. */
  public Terms terms() {
    return terms;
  }

  /** Whether it can do what it is there for, now. */
  public State state() {
    return filter == null ? State.BROKEN : off() ? State.SWITCHED_OFF : State.IN_FORCE;
  }

  /** The phases that it takes part in, in their order. */
  public List<Phase> phases() {
    return Stream.of(Phase.values()).filter(this::takesPart).toList();
  }

  /** Whether it is not called, for it or the one before it failed too often. */
  public boolean off() {
    return off.get() || waits();
  }

  /**
   * What one that did not do well leaves behind, without the one itself.
   *
   * @param pause how long the next one of the same plugin waits, 0 if it does not
   * @param until and until when, as {@link System#nanoTime} tells it
   */
  record Past(long pause, long until) {}

  /** What it leaves behind for the one that comes in its place; null if it did well. */
  @Nullable Past past() {
    if (off.get()) {
      long next = Math.clamp(2 * pause, FIRST_PAUSE, LONGEST_PAUSE);
      return new Past(next, offAt + next);
    }
    if (pause != 0) {
      return new Past(pause, notBefore);
    }
    return failures.get() >= PATIENCE - SECOND_PATIENCE ? new Past(0, nanos.getAsLong()) : null;
  }

  /**
   * It comes after one that was switched off, or nearly: two bad calls are enough until one ends
   * well. If it is the same plugin, with another configuration, it is not even called before a
   * pause, which doubles from five seconds to a minute: who changes the object of a bad plugin over
   * and over would have other tenants feel its bad calls each time.
   */
  void follows(Past before, boolean samePlugin) {
    failures.set(PATIENCE - SECOND_PATIENCE);
    if (samePlugin) {
      notBefore = before.until();
      pause = before.pause();
    }
  }

  private boolean waits() {
    return filter != null && pause != 0 && nanos.getAsLong() - notBefore < 0;
  }

  /** Where it takes part. One that is broken fails as early as it can. */
  boolean takesPart(Phase phase) {
    return filter == null ? fails.contains(phase) : phase.has(filter);
  }

  /** Whether what it gets must be a copy: it may have it for longer than the request lasts. */
  boolean keeps() {
    return guard != null;
  }

  /** Asks it. */
  <F extends Filter, T> T call(Phase phase, Class<F> type, Use<F, T> use) throws PluginFailed {
    Filter known = filter;
    if (known == null) {
      throw new PluginFailed(broken, Says.NOTHING);
    }
    if (off.get()) {
      throw new PluginFailed("it was switched off", Says.NOTHING);
    }
    if (waits()) {
      throw new PluginFailed("the one before it was switched off a moment ago", Says.NOTHING);
    }
    long began = System.nanoTime();
    try {
      F of = type.cast(known);
      T result =
          guard == null
              ? use.of(of)
              : guard.run(known.getClass().getClassLoader(), (Callable<T>) () -> use.of(of));
      if (failures.get() != 0) {
        failures.set(0);
        pause = 0;
      }
      return result;
    } catch (PluginFailed e) {
      throw failed(phase, e);
    } catch (RuntimeException e) {
      throw failed(phase, PluginFailed.threw(e));
    } finally {
      LongConsumer duration = durations.get(phase);
      if (duration != null) {
        duration.accept(System.nanoTime() - began);
      }
    }
  }

  /** It was not called where it takes part, or to no use. */
  PluginFailed missed(Phase phase, String why) {
    return failed(phase, new PluginFailed(why, Says.NOTHING));
  }

  /** Tells it of a request that has ended. */
  void tell(Request request, Ended ended) {
    if (log != null) {
      log.tell(request, ended);
    }
  }

  private PluginFailed failed(Phase phase, PluginFailed failure) {
    PluginFailed why = (phase == Phase.IDENTIFY ? failure.brief() : failure).discreet(told);
    boolean ends =
        switch (why.says()) {
          case NOTHING -> false;
          case BAD -> failures.incrementAndGet() >= PATIENCE;
          case LOST -> true;
        };
    boolean first = ends && !off.get();
    if (first) {
      offAt = nanos.getAsLong();
      first = off.compareAndSet(false, true);
    }
    report.failed(new Failure(terms.tenant(), terms.id(), terms.plugin(), phase, why.why(), first));
    return why;
  }

  /** What is done with a filter. */
  interface Use<F, T> {
    T of(F filter);
  }
}
