package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.plugin.Failure;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.testkit.HostilePlugin;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.PluginSource;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plugins that others wrote: swapped under load, and as bad as they can be. */
final class JarPluginsTest {
  private static final String STOP = "aegis.test.loops.end";

  private static final String STAMP =
      """
      import dev.aegis.plugin.*;
      import java.io.*;

      public class Stamp implements Plugin<Stamp.Config> {
        public record Config() {}

        public String name() { return "stamp"; }

        public String description() { return "Says which version it is."; }

        public Class<Config> config() { return Config.class; }

        public Filter configure(Config config) {
          try (InputStream in = Stamp.class.getResourceAsStream("version")) {
            return new Stamping(new String(in.readAllBytes()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }

        record Stamping(String version) implements Filter.EditingReply {
          public void editReply(Request request, Reply reply, Header header) {
            header.set("X-Version", version);
          }
        }
      }
      """;

  @TempDir Path folder;
  @TempDir Path work;

  @BeforeEach
  void begin() {
    System.clearProperty(STOP);
  }

  @AfterEach
  void endLoops() {
    System.setProperty(STOP, "now");
  }

  private static StubUpstream backend() throws Exception {
    return StubUpstream.start((request, exchange) -> exchange.reply(200, List.of(), new byte[0]));
  }

  private static void use(GatewayInProcess gateway, String plugin, Map<String, ?> more) {
    Map<String, Object> definition = new HashMap<>(Map.of("id", "x", "plugin", plugin));
    definition.putAll(more);
    gateway.put("tenants/a/plugins/x", definition);
  }

  private static HttpMessage get(HttpProbe caller, String tenant) throws Exception {
    caller.send("GET / HTTP/1.1\r\nHost: " + tenant + ".test\r\nAuthorization: Bearer x\r\n\r\n");
    return caller.read();
  }

  @Test
  void swapsAHundredTimesUnderLoad(TestReporter reporter) throws Exception {
    Path jar = folder.resolve("stamp.jar");
    PluginSource source = new PluginSource(work, Plugin.class, "Stamp", STAMP);
    source.pack(jar, "v0");
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong served = new AtomicLong();
    Map<String, Boolean> wrong = new ConcurrentHashMap<>();
    Map<String, Boolean> versions = new ConcurrentHashMap<>();
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      gateway.install(plugins.get());
      use(gateway, "stamp", Map.of("timeout_ms", 10_000));
      List<Thread> load = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        load.add(
            Thread.startVirtualThread(
                () -> {
                  try (HttpProbe caller = gateway.connect()) {
                    while (!over.get()) {
                      HttpMessage reply = get(caller, "a");
                      served.incrementAndGet();
                      if (reply.status() != 200 || reply.fields("X-Version").size() != 1) {
                        wrong.put(reply.text(), true);
                      }
                      reply.fields("X-Version").forEach(version -> versions.put(version, true));
                    }
                  } catch (Exception e) {
                    wrong.put(e.toString(), true);
                  }
                }));
      }
      for (int i = 1; i <= 100; i++) {
        loaders.add(new WeakReference<>(plugins.get().byName().get("stamp").loader()));
        source.pack(jar, "v" + i);
        assertThat(plugins.look()).isTrue();
        gateway.install(plugins.get());
        long enough = served.get() + 8;
        await().atMost(Duration.ofSeconds(30)).until(() -> served.get() >= enough);
      }
      over.set(true);
      for (Thread each : load) {
        assertThat(each.join(Duration.ofSeconds(30))).isTrue();
      }
      try (HttpProbe caller = gateway.connect()) {
        assertThat(get(caller, "a").fields("X-Version")).containsExactly("v100");
      }
      assertThat(wrong).isEmpty();
      assertThat(versions).hasSizeGreaterThan(50);
      loaders.add(new WeakReference<>(plugins.get().byName().get("stamp").loader()));
      gateway.change("tenants/a/plugins/x", null);
      Files.delete(jar);
      plugins.look();
      gateway.install(plugins.get());
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(200))
          .until(
              () -> {
                System.gc();
                return loaders.stream().allMatch(loader -> loader.refersTo(null));
              });
      reporter.publishEntry(
          "swaps", "100, requests " + served + ", versions seen " + versions.size());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "throws,it threw java.lang.IllegalStateException: of all things",
    "hangs,it took longer than 50 ms",
    "loops,it took longer than 50 ms",
    "allocates,it "
  })
  void aBadOneIsSwitchedOffAndTouchesNobodyElse(String mode, String why, TestReporter reporter)
      throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect();
        HttpProbe neighbour = gateway.connect()) {
      gateway.install(plugins.get());
      gateway.tenant("b", backend.url(), Map.of());
      use(gateway, "hostile", Map.of("timeout_ms", 50, "config", Map.of("mode", mode)));
      long slowest = 0;
      long most = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (gateway.pluginFailures().stream().noneMatch(Failure::switchedOff)
          && System.nanoTime() < most) {
        assertThat(get(caller, "a").status()).isEqualTo(503);
        long began = System.nanoTime();
        assertThat(get(neighbour, "b").status()).isEqualTo(200);
        slowest = Math.max(slowest, System.nanoTime() - began);
      }
      List<Failure> failures = gateway.pluginFailures();
      assertThat(failures.getFirst().why()).startsWith(why);
      assertThat(failures).filteredOn(Failure::switchedOff).hasSize(1);
      assertThat(gateway.switchedOff()).containsExactly("tenants/a/plugins/x");
      int calls = failures.size();
      HttpMessage refused = get(caller, "a");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"plugin_failed\"");
      assertThat(gateway.pluginFailures()).hasSize(calls);
      reporter.publishEntry(mode, calls + " calls; neighbour's slowest µs " + slowest / 1000);

      use(
          gateway,
          "hostile",
          Map.of("timeout_ms", 50, "on_failure", "open", "config", Map.of("mode", mode)));
      assertThat(get(caller, "a").status()).isEqualTo(200);
      use(gateway, "hostile", Map.of("timeout_ms", 10_000, "config", Map.of("mode", "good")));
      gateway.elapse(Duration.ofSeconds(5));
      assertThat(get(caller, "a").status()).isEqualTo(200);
      assertThat(gateway.switchedOff()).isEmpty();
    }
  }

  @Test
  void oneThatWasSwitchedOffHasToBeGoodFirst() throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      List<Integer> calls = new ArrayList<>();
      Duration later = Duration.ZERO;
      for (String mode : List.of("throws", "throws", "good", "throws")) {
        gateway.elapse(later = later.plusMinutes(1));
        int before = gateway.pluginFailures().size();
        use(
            gateway,
            "hostile",
            Map.of("timeout_ms", 9_000 + calls.size(), "config", Map.of("mode", mode)));
        for (int i = 0; i < 8; i++) {
          assertThat(get(caller, "a").status()).isEqualTo(mode.equals("good") ? 200 : 503);
        }
        List<Failure> failures = gateway.pluginFailures();
        calls.add(failures.size() - before);
        if (!mode.equals("good")) {
          assertThat(failures.getLast().switchedOff()).isTrue();
        }
      }
      assertThat(calls).containsExactly(5, 2, 0, 5);
    }
  }

  /** Others would feel its bad calls each time that its object changes. */
  @Test
  void oneThatWasSwitchedOffIsNotTriedAnewWithEachChange() throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      int timeout = 9_000;
      Duration later = Duration.ZERO;
      for (int pause : List.of(0, 5, 10, 20, 40, 60, 60)) {
        // As they are, as configurations that it cannot have, and as many as one likes.
        for (String mode : List.of("throws", "nonsense", "throws")) {
          use(gateway, "hostile", Map.of("timeout_ms", timeout++, "config", Map.of("mode", mode)));
          int before = gateway.pluginFailures().size();
          assertThat(get(caller, "a").status()).isEqualTo(503);
          if (pause > 0) {
            assertThat(gateway.pluginFailures()).hasSize(before);
          }
        }
        later = later.plusSeconds(pause);
        gateway.elapse(later);
        int before = gateway.pluginFailures().size();
        for (int i = 0; i < 8; i++) {
          assertThat(get(caller, "a").status()).isEqualTo(503);
        }
        assertThat(gateway.pluginFailures()).hasSizeGreaterThan(before);
        assertThat(gateway.pluginFailures().getLast().switchedOff()).isTrue();
      }
      use(gateway, "hostile", Map.of("timeout_ms", 9_500, "config", Map.of("mode", "throws")));
      gateway.elapse(later.plusSeconds(55));
      int before = gateway.pluginFailures().size();
      assertThat(get(caller, "a").status()).isEqualTo(503);
      assertThat(gateway.pluginFailures()).hasSize(before);

      // Another jar may be the one that is mended.
      new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
          .pack(folder.resolve("h.jar"), "2");
      assertThat(plugins.look()).isTrue();
      gateway.install(plugins.get());
      use(gateway, "hostile", Map.of("timeout_ms", 9_501, "config", Map.of("mode", "good")));
      assertThat(get(caller, "a").status()).isEqualTo(200);
    }
  }

  /** Nor when it is taken away and put back, by whatever name. */
  @Test
  void oneThatWasSwitchedOffWaitsWhereverItComesBack() throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      Map<String, Object> bad = Map.of("timeout_ms", 9_000, "config", Map.of("mode", "throws"));
      use(gateway, "hostile", bad);
      for (int i = 0; i < 8; i++) {
        assertThat(get(caller, "a").status()).isEqualTo(503);
      }
      int before = gateway.pluginFailures().size();
      assertThat(before).isEqualTo(5);

      use(gateway, "hostile", Map.of("enabled", false));
      assertThat(get(caller, "a").status()).isEqualTo(200);
      use(gateway, "hostile", bad);
      assertThat(get(caller, "a").status()).isEqualTo(503);

      gateway.change("tenants/a/plugins/x", null);
      gateway.compile();
      assertThat(get(caller, "a").status()).isEqualTo(200);
      use(gateway, "hostile", bad);
      assertThat(get(caller, "a").status()).isEqualTo(503);

      use(gateway, "nowhere", Map.of());
      use(gateway, "hostile", bad);
      assertThat(get(caller, "a").status()).isEqualTo(503);

      use(gateway, "hostile", Map.of("enabled", false));
      Map<String, Object> other = new HashMap<>(bad);
      other.putAll(Map.of("id", "y", "plugin", "hostile"));
      gateway.put("tenants/a/plugins/y", other);
      assertThat(get(caller, "a").status()).isEqualTo(503);
      assertThat(gateway.pluginFailures()).hasSize(before);

      gateway.elapse(Duration.ofSeconds(6));
      for (int i = 0; i < 8; i++) {
        assertThat(get(caller, "a").status()).isEqualTo(503);
      }
      assertThat(gateway.pluginFailures()).hasSize(before + 2);

      // Long after, it may begin as any other.
      gateway.change("tenants/a/plugins/y", null);
      gateway.elapse(Duration.ofMinutes(11));
      gateway.switchedOff();
      use(gateway, "hostile", bad);
      for (int i = 0; i < 8; i++) {
        assertThat(get(caller, "a").status()).isEqualTo(503);
      }
      assertThat(gateway.pluginFailures()).hasSize(before + 2 + 5);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aThreadThatIsLostComesLast() throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      use(gateway, "hostile", Map.of("timeout_ms", 50, "config", Map.of("mode", "loops")));
      assertThat(get(caller, "a").status()).isEqualTo(503);
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(nicenessOf("plugin-hostile")).contains("19"));
    }
  }

  /** Nice values of this process' threads of one name (proc(5), field 19 of stat). */
  private static List<String> nicenessOf(String name) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
      for (Path thread : threads.toList()) {
        String stat;
        try {
          stat = Files.readString(thread.resolve("stat"));
        } catch (NoSuchFileException e) {
          continue; // it has ended
        }
        if (stat.contains('(' + name + ')')) {
          found.add(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
        }
      }
    }
    return found;
  }

  @Test
  void whatIsAegisOwnIsNotForged() throws Exception {
    new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(folder.resolve("h.jar"), "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      Map<String, ?> forging = Map.of("mode", "forges");
      use(gateway, "hostile", Map.of("timeout_ms", 10_000, "config", forging));
      HttpMessage refused = get(caller, "a");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"plugin_failed\"");
      use(
          gateway,
          "hostile",
          Map.of("timeout_ms", 10_000, "on_failure", "open", "config", forging));
      try (HttpProbe next = gateway.connect()) {
        HttpMessage reply = get(next, "a");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.fields("X-User-Id")).isEmpty();
      }
      assertThat(gateway.pluginFailures().getFirst().why()).contains("is Aegis' own to say");
    }
  }

  @Test
  void oneThatGoesClosesItsRoutesUntilItIsBack() throws Exception {
    Path jar = folder.resolve("h.jar");
    PluginSource source = new PluginSource(work, Plugin.class, "Hostile", HostilePlugin.SOURCE);
    source.pack(jar, "1");
    try (StubUpstream backend = backend();
        PluginFolder plugins = new PluginFolder(folder);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      gateway.install(plugins.get());
      use(gateway, "hostile", Map.of("timeout_ms", 10_000, "config", Map.of("mode", "reaches")));
      assertThat(get(caller, "a").status()).isEqualTo(200);
      Files.delete(jar);
      plugins.look();
      gateway.install(plugins.get());
      assertThat(get(caller, "a").status()).isEqualTo(503);
      source.pack(jar, "2");
      plugins.look();
      gateway.install(plugins.get());
      assertThat(get(caller, "a").status()).isEqualTo(200);
    }
  }
}
