package dev.aegis.bench;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalWriter;
import dev.aegis.plugin.Plugin;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.HostilePlugin;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.PluginSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * How long the requests of one tenant take while a plugin of another does what it should not. Each
 * way is measured beside the same plugin doing nothing, with the same load on both tenants: each
 * caller has a request due every few milliseconds, and what it takes counts from when it was due. A
 * bad plugin is switched off soon, so its object is changed four times a second, as one would who
 * wants it tried as often as the gateway lets him; but one that loops for ever is so once, because
 * each of its threads that does not end keeps a processor.
 */
final class Neighbours {
  private static final Duration LENGTH = Duration.ofSeconds(10);
  private static final Duration WARMUP = Duration.ofSeconds(15);
  private static final int CALLERS = 4;
  private static final long EVERY_NANOS = Duration.ofMillis(5).toNanos();
  private static final long LATE_NANOS = Duration.ofMillis(200).toNanos();
  private static final String BAD = "bad";
  private static final String GOOD = "good";
  private static final String PATH = "/r";

  private final JournalWriter journal;
  private final int port;
  private int changes;

  private Neighbours(JournalWriter journal, int port) {
    this.journal = journal;
    this.port = port;
  }

  /** Measures and prints it. */
  static void run(KafkaPeer kafka, Path folder, int backendPort) throws Exception {
    Path data = folder.resolve("beside");
    Path jars = Files.createDirectories(data.resolve("plugins"));
    new PluginSource(folder, Plugin.class, "Hostile", HostilePlugin.SOURCE)
        .pack(jars.resolve("hostile.jar"), "1");
    int port = FreePorts.next();
    try (JournalWriter journal = new JournalWriter(new BusSettings(kafka.bootstrap(), "bench"));
        ChildProcess gateway =
            Gateway.launch(
                List.of(), data, kafka, Map.of("AEGIS_GATEWAY_PORT", Integer.toString(port)))) {
      Neighbours bench = new Neighbours(journal, port);
      bench.tenant(BAD, backendPort);
      bench.tenant(GOOD, backendPort);
      bench.use(GOOD);
      bench.await();
      long[] _ = bench.measure("good", WARMUP);
      for (String way : List.of("throws", "hangs", "allocates", "loops")) {
        long[] quiet = bench.measure("good", LENGTH);
        long[] beside = bench.measure(way, LENGTH);
        System.out.printf(
            "beside a plugin that %s: %.2f ms in the middle, %.2f ms for 99 of 100 (without: %.2f"
                + " and %.2f)%n",
            way, at(beside, 50), at(beside, 99), at(quiet, 50), at(quiet, 99));
      }
      gateway.terminate();
    }
  }

  private static double at(long[] sorted, int percent) {
    return sorted[(int) ((sorted.length - 1L) * percent / 100)] / 1e6;
  }

  private void tenant(String id, int backendPort) throws Exception {
    String own = "tenants/" + id;
    Gateway.put(journal, own, Map.of("id", id, "name", id));
    Gateway.put(
        journal,
        own + "/upstreams/u",
        Map.of("id", "u", "targets", List.of(Map.of("url", "http://127.0.0.1:" + backendPort))));
    Gateway.put(
        journal,
        own + "/routes/r",
        Map.of("id", "r", "paths", List.of(PATH), "upstream", "u", "auth", "none"));
  }

  private void use(String way) throws Exception {
    Gateway.put(
        journal,
        "tenants/" + BAD + "/plugins/p",
        Map.of(
            "id",
            "p",
            "plugin",
            HostilePlugin.NAME,
            "timeout_ms",
            50 + changes++ % 2,
            "config",
            Map.of("mode", way)));
  }

  private void await() throws IOException, InterruptedException {
    long most = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    try (Scale.Caller caller = new Scale.Caller(port)) {
      while (caller.get(BAD, PATH) != 200 || caller.get(GOOD, PATH) != 200) {
        if (System.nanoTime() > most) {
          throw new IOException("the tenants are not in force");
        }
        Thread.sleep(20);
      }
    }
  }

  /** How long each request of the good tenant took, in nanoseconds, sorted. */
  private long[] measure(String way, Duration length) throws Exception {
    use(way);
    AtomicBoolean over = new AtomicBoolean();
    List<Long> took = new ArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(Thread.ofPlatform().start(() -> call(BAD, over, new ArrayList<>())));
      callers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    List<Long> own = new ArrayList<>();
                    call(GOOD, over, own);
                    synchronized (took) {
                      took.addAll(own);
                    }
                  }));
    }
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < end) {
      Thread.sleep(250);
      if (!way.equals("loops")) {
        use(way);
      }
    }
    over.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    return took.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private void call(String tenant, AtomicBoolean over, List<Long> took) {
    try (Scale.Caller caller = new Scale.Caller(port)) {
      long due = System.nanoTime();
      while (!over.get()) {
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        int status = caller.get(tenant, PATH);
        took.add(System.nanoTime() - due);
        due = Math.max(due + EVERY_NANOS, System.nanoTime() - LATE_NANOS);
        if (tenant.equals(GOOD) && status != 200) {
          throw new AssertionError("a request of the good tenant got " + status);
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
