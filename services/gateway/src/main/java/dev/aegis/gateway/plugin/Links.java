package dev.aegis.gateway.plugin;

import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.PluginDefinition;
import dev.aegis.model.Finding;
import dev.aegis.plugin.Filter;
import dev.aegis.plugins.Installed;
import dev.aegis.plugins.Opened;
import dev.aegis.plugins.Owner;
import dev.aegis.plugins.Plugins;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where filters live on between snapshots. One that has been replaced is closed when no snapshot
 * and no request holds it any more, which the JVM's collector finds. One thread makes links.
 */
public final class Links {
  private static final Logger LOG = LoggerFactory.getLogger(Links.class);

  /** Stands for a tenant where a plugin is asked about what is no tenant's yet. */
  public static final String NOBODYS = "_none";

  private static final Duration START = Duration.ofSeconds(2);

  /** What comes with Aegis and runs what others wrote may have to compile it first. */
  private static final Duration COMPILED = Duration.ofSeconds(10);

  private static final long MOST_COMPILED = 1L << 30;

  /** For so many times as long as a tenant's failed starts took none of them is tried again. */
  private static final int PAUSES = 10;

  private static final int FEW = 1_000;

  /** Of so many objects of one tenant is remembered that they were let go in a bad state. */
  private static final int MOST_REMEMBERED = 100;

  /** And for so long after their pauses. */
  private static final long REMEMBERED = Duration.ofMinutes(10).toNanos();

  private static final long SHORTEST_PAUSE = Duration.ofSeconds(30).toNanos();

  private final Supplier<Plugins> installed;
  private final PluginReport report;
  private final Cleaner cleaner = Cleaner.create();
  private final Map<String, Map<ObjectKey, Known>> known = new ConcurrentHashMap<>();

  /** What those that did not do well left behind when they were let go, by tenant. */
  private final Map<String, Map<Was, Link.Past>> gone = new ConcurrentHashMap<>();

  private final LongSupplier nanos;

  /** The definition of each object that was last used; for the thread that makes links. */
  private final Map<ObjectKey, WeakReference<PluginDefinition>> latest = new HashMap<>();

  private int swept = FEW;

  /**
   * What came of a definition when that plugin was last started.
   *
   * @param failed how its start failed, null if it did not
   */
  private record Known(
      PluginDefinition definition, Installed plugin, Made made, @Nullable Start failed) {
    Link link() {
      return made.link();
    }
  }

  /** An object while it was of this plugin. */
  private record Was(ObjectKey key, Installed plugin) {}

  private record Start(long ended, long took) {}

  /** What came of a definition: a link in any case, and why it is broken, if it is. */
  public record Made(Link link, @Nullable String wrong) {}

  /**
   * @param installed the plugins that there are
   */
  public Links(Supplier<Plugins> installed, PluginReport report) {
    this(installed, report, System::nanoTime);
  }

  /**
   * @param installed the plugins that there are
   * @param nanos the time, as {@link System#nanoTime} tells it
   */
  public Links(Supplier<Plugins> installed, PluginReport report, LongSupplier nanos) {
    this.installed = installed;
    this.report = report;
    this.nanos = nanos;
  }

  /** Those that come with Aegis, of which nobody hears. */
  public static Links builtIn() {
    Plugins plugins = Plugins.builtIn();
    return new Links(() -> plugins, PluginReport.NONE);
  }

  /** The plugin of this name, or null. */
  public @Nullable Installed plugin(String name) {
    return installed.get().find(name);
  }

  /**
   * The link that stands for {@code definition} in {@code tenant}. One that did not start is
   * started again when its definition or its plugin is another one, or after a pause: while it is
   * waited for, nothing else comes into force.
   *
   * @param key of the object, for which its secrets are sealed
   * @param masterKey opens them
   */
  public Made link(ObjectKey key, String tenant, PluginDefinition definition, MasterKey masterKey) {
    Map<ObjectKey, Known> own = known.computeIfAbsent(tenant, each -> new ConcurrentHashMap<>());
    Installed plugin = plugin(definition.plugin());
    if (plugin == null) {
      letGo(tenant, own, key);
      return broken(key, tenant, definition, "there is no plugin \"" + definition.plugin() + "\"");
    }
    Known before = own.get(key);
    if (before != null
        && before.plugin() == plugin
        && before.definition().equals(definition)
        && (before.failed() == null || !again(before.failed(), own))) {
      return before.made();
    }
    PluginDefinition shared = shared(key, definition);
    letGo(tenant, own, key);
    Link.Past bad =
        before != null && before.plugin() == plugin
            ? before.link().past()
            : past(tenant, key, plugin);
    Opened opened;
    try {
      opened = plugin.open(definition.config(), key, masterKey);
    } catch (InvalidDefinition e) {
      return broken(key, tenant, definition, String.valueOf(e.getMessage()));
    }
    long began = nanos.getAsLong();
    String wrong;
    try {
      Link link = link(key, tenant, definition, plugin, opened);
      follow(link, before, bad);
      Made made = new Made(link, null);
      put(tenant, key, new Known(shared, plugin, made, null));
      return made;
    } catch (InvalidDefinition e) {
      wrong = String.valueOf(e.getMessage());
    } catch (PluginFailed e) {
      wrong = "it cannot be started: " + e.discreet(opened).why();
    } catch (RuntimeException e) {
      wrong = "it cannot be started: " + PluginFailed.threw(e).discreet(opened).why();
    }
    long ended = nanos.getAsLong();
    Made made = broken(key, tenant, definition, wrong);
    follow(made.link(), before, bad);
    put(tenant, key, new Known(shared, plugin, made, new Start(ended, ended - began)));
    return made;
  }

  /** What it left behind is with the new one now. */
  private void put(String tenant, ObjectKey key, Known made) {
    Map<Was, Link.Past> left = gone.get(tenant);
    if (left != null) {
      left.remove(new Was(key, made.plugin()));
    }
    known.computeIfAbsent(tenant, _ -> new ConcurrentHashMap<>()).put(key, made);
  }

  private static void follow(Link link, @Nullable Known before, Link.@Nullable Past bad) {
    Link.Past stood = before == null ? null : before.link().past();
    if (bad != null) {
      link.follows(bad, true);
    } else if (stood != null) {
      link.follows(stood, false);
    }
  }

  /** It is not in use any more; that it did not do well is remembered. */
  private void letGo(String tenant, Map<ObjectKey, Known> own, ObjectKey key) {
    Known known = own.remove(key);
    Link.Past past = known == null ? null : known.link().past();
    if (known != null && past != null) {
      Map<Was, Link.Past> left = gone.computeIfAbsent(tenant, _ -> new ConcurrentHashMap<>());
      Was was = new Was(key, known.plugin());
      if (left.size() < MOST_REMEMBERED || left.containsKey(was)) {
        left.put(was, past);
      }
    }
  }

  /**
   * What a new link of a plugin has to bear: what the object itself left behind, or any of the
   * tenant that is gone and had to wait lately. A new object would otherwise be a way round. Of
   * those that are there another one learns nothing: it may be of another WebAssembly module.
   */
  private Link.@Nullable Past past(String tenant, ObjectKey key, Installed plugin) {
    Map<Was, Link.Past> left = gone.getOrDefault(tenant, Map.of());
    Link.Past last = left.get(new Was(key, plugin));
    for (Map.Entry<Was, Link.Past> each : left.entrySet()) {
      if (each.getKey().plugin() == plugin) {
        last = later(last, each.getValue());
      }
    }
    return last;
  }

  private Link.@Nullable Past later(Link.@Nullable Past one, Link.@Nullable Past other) {
    if (other == null || other.pause() == 0 || over(other)) {
      return one;
    }
    boolean later = one == null || one.pause() == 0 || one.until() - other.until() < 0;
    return later ? other : one;
  }

  private boolean over(Link.Past past) {
    return nanos.getAsLong() - past.until() > REMEMBERED;
  }

  /**
   * The same definition for all tenants that have it from above: its configuration may be large.
   */
  private PluginDefinition shared(ObjectKey key, PluginDefinition definition) {
    WeakReference<PluginDefinition> reference = latest.get(key);
    PluginDefinition known = reference == null ? null : reference.get();
    if (known != null && known.equals(definition)) {
      return known;
    }
    if (latest.size() >= swept) {
      latest.values().removeIf(each -> each.refersTo(null));
      swept = Math.max(FEW, 2 * latest.size());
    }
    latest.put(key, new WeakReference<>(definition));
    return definition;
  }

  /**
   * Whether the pause after that start is over, which is longer the longer all of a tenant's took.
   */
  private boolean again(Start failed, Map<ObjectKey, Known> own) {
    long took = 0;
    for (Known each : own.values()) {
      took += each.failed() == null ? 0 : each.failed().took();
    }
    return nanos.getAsLong() - failed.ended() >= Math.max(SHORTEST_PAUSE, PAUSES * took);
  }

  /**
   * The plugins that are switched off here and the jars that cannot be used; for any thread. What
   * was remembered for long enough is forgotten, so a jar that is gone is not held.
   */
  public List<Finding> findings() {
    gone.values().forEach(left -> left.values().removeIf(this::over));
    List<Finding> findings = new ArrayList<>(installed.get().findings());
    known.forEach(
        (tenant, own) ->
            own.forEach(
                (key, each) -> {
                  if (each.link().off()) {
                    boolean plain = tenant.equals(key.tenant()) || tenant.equals(NOBODYS);
                    String whose = plain ? "" : " for tenant " + tenant;
                    findings.add(
                        Finding.error(
                            key.toString(), "it failed too often and is switched off" + whose));
                  }
                }));
    return findings;
  }

  /** The tenant is gone, or another one of its id comes. */
  public void forget(String tenant) {
    known.remove(tenant);
    gone.remove(tenant);
  }

  /** The tenant uses these objects and no others: what was made of others is let go. */
  public void keepOnly(String tenant, Set<ObjectKey> used) {
    Map<ObjectKey, Known> own = known.get(tenant);
    if (own != null) {
      for (ObjectKey key : own.keySet()) {
        if (!used.contains(key)) {
          letGo(tenant, own, key);
        }
      }
    }
  }

  private Link link(
      ObjectKey key, String tenant, PluginDefinition definition, Installed plugin, Opened opened)
      throws PluginFailed {
    Link.Terms terms = terms(key, tenant, definition);
    Owner owner = new Owner(tenant, definition.id(), report.measures());
    if (plugin.trusted()) {
      Filter filter = plugin.configure(opened, owner);
      filter.start();
      return Link.of(terms, filter, null, opened.told(), report, nanos);
    }
    Filter filter = begun(plugin, definition, opened, owner);
    Guard guard =
        new Guard("plugin-" + definition.plugin(), definition.timeout(), Guard.MOST_ALLOCATED);
    Link link = Link.of(terms, filter, guard, opened.told(), report, nanos);
    cleaner.register(link, closing(definition.plugin(), filter, opened.told(), guard.end()));
    return link;
  }

  /** Makes a filter and has it begin. What others wrote is waited for no longer than a jar's. */
  private static Filter begun(
      Installed plugin, PluginDefinition definition, Opened opened, Owner owner)
      throws PluginFailed {
    String name = "plugin-start-" + definition.plugin();
    Guard making =
        plugin.foreign()
            ? new Guard(name, COMPILED, MOST_COMPILED)
            : new Guard(name, START, Guard.MOST_ALLOCATED);
    Guard starting = new Guard(name, START, Guard.MOST_ALLOCATED);
    try {
      Filter made = making.run(plugin.loader(), () -> plugin.configure(opened, owner));
      return starting.run(
          plugin.loader(),
          () -> {
            made.start();
            return made;
          });
    } finally {
      making.end().run();
      starting.end().run();
    }
  }

  /** Closes on a thread of its own: what others wrote may wait for ever. */
  private static Runnable closing(String plugin, Filter filter, Opened opened, Runnable then) {
    return () ->
        Thread.ofPlatform()
            .daemon()
            .name("plugin-close-" + plugin)
            .start(
                () -> {
                  try {
                    filter.close();
                  } catch (Exception e) {
                    LOG.warn(
                        "Plugin {} did not close cleanly: {}", plugin, opened.told(e.toString()));
                  } finally {
                    then.run();
                  }
                });
  }

  private static Made broken(
      ObjectKey key, String tenant, PluginDefinition definition, String why) {
    return new Made(Link.broken(terms(key, tenant, definition), why), why);
  }

  private static Link.Terms terms(ObjectKey key, String tenant, PluginDefinition definition) {
    return new Link.Terms(
        tenant,
        definition.id(),
        definition.plugin(),
        definition.letsPass(),
        new Link.Scope(
            key.tenant(), definition.route(), definition.upstream(), definition.order()));
  }
}
