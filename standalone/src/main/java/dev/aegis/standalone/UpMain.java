package dev.aegis.standalone;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.Topics;
import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.DataDirectory;
import dev.aegis.chassis.Foreground;
import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Listener;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.SettingsHelp;
import dev.aegis.chassis.StartFailure;
import dev.aegis.egress.Network;
import dev.aegis.webhooks.settings.WebhooksSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code ./aegis up}: the whole suite on one machine, in the foreground.
 *
 * <p>Exit codes: 2 for bad settings (all mistakes at once), else those of {@link Foreground}.
 */
public final class UpMain {
  private static final Logger LOG = LoggerFactory.getLogger(UpMain.class);
  private static final String NO_DEMO = "--no-demo";
  private static final Duration READY_WITHIN = Duration.ofSeconds(30);

  private final Settings settings;
  private final boolean demo;
  private final Foreground process;
  private final PrintStream out = System.out;
  private final Path home = Path.of(System.getProperty("aegis.home", "")).toAbsolutePath();

  private UpMain(Settings settings, boolean demo, Foreground process) {
    this.settings = settings;
    this.demo = demo;
    this.process = process;
  }

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    List<String> line = new ArrayList<>(List.of(args));
    boolean demo = !line.removeIf(NO_DEMO::equals);
    if (line.contains("--help")) {
      System.out.print(SettingsHelp.text("up", UpSettings.ALL));
      System.out.println("  --no-demo  start empty: no tenants, no sample backends");
      System.exit(0);
    }
    Settings settings;
    try {
      settings = Settings.read(UpSettings.ALL, line, System.getenv());
    } catch (InvalidSettings e) {
      e.problems().forEach(problem -> System.err.println("aegis up: " + problem));
      System.exit(2);
      return;
    }
    Foreground.run("up", process -> new UpMain(settings, demo, process).start());
  }

  private void start() throws StartFailure, IOException, InterruptedException {
    Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA));
    lock(data);
    Logs logs =
        process.logging(
            Logs.configure(
                data.resolve("logs").resolve("aegis.log"),
                "up",
                false,
                settings.of(CommonSettings.LOG_LEVEL),
                Logs.Bounds.USUAL));
    Settings placed = settings.with(CommonSettings.DATA, data);
    Settings all =
        withPeers(
            placed.with(
                CommonSettings.MASTER_KEY, Optional.of(CommonSettings.masterKeyText(placed))),
            data);
    if (demo) {
      // The demo's receiver is on this machine; nothing else on it can be reached by webhooks.
      all =
          all.with(
              WebhooksSettings.ALLOWED_NETWORKS,
              allowed(all.of(WebhooksSettings.ALLOWED_NETWORKS)));
    }
    ensureTopics(all);
    say("starting the services");
    Suite suite = process.closing(Suite.start(all, logs));
    awaitReady(suite);
    URI admin = suite.uri("admin");
    process.closing(runFile(data, admin, suite.management()));
    Demo shown = null;
    if (demo) {
      say("publishing the demo");
      shown = process.closing(Demo.start(admin, administratorToken(data), data, out));
    }
    table(suite, shown, data);
    out.println("Aegis is ready");
    out.flush();
  }

  /** As the admin service has it, which makes the file when nobody says a token. */
  private String administratorToken(Path data) throws StartFailure {
    Optional<String> given = settings.of(AdminSettings.TOKEN);
    return given.isPresent()
        ? given.get()
        : SecretFile.read(data.resolve("admin-token"), "AEGIS_ADMIN_TOKEN");
  }

  private Settings withPeers(Settings given, Path data) throws StartFailure {
    Optional<String> kafka = given.of(CommonSettings.KAFKA_BOOTSTRAP);
    Optional<String> redis = given.of(CommonSettings.REDIS_URL);
    if (kafka.isPresent() && redis.isPresent()) {
      return given;
    }
    say("starting Kafka and Redis");
    EmbeddedPeers peers =
        process.closing(
            EmbeddedPeers.start(
                home,
                data,
                kafka.isPresent() ? -1 : given.of(UpSettings.KAFKA_PORT),
                redis.isPresent() ? -1 : given.of(UpSettings.REDIS_PORT)));
    peers.watch(name -> ended(name, data));
    return given
        .with(CommonSettings.KAFKA_BOOTSTRAP, Optional.of(kafka.orElseGet(peers::bootstrap)))
        .with(CommonSettings.REDIS_URL, Optional.of(redis.orElseGet(peers::redisUrl)));
  }

  /** Traffic goes on without them, so it must be said where somebody sees it. */
  private void ended(String peer, Path data) {
    String line =
        peer
            + " has ended by itself; requests go on without it. Its log is in "
            + data.resolve(peer.toLowerCase(Locale.ROOT))
            + "; stop and start ./aegis up to have it back";
    LOG.error(line);
    out.println("aegis up: " + line);
    out.flush();
  }

  /** The services start together, and each expects the topics that another would have made. */
  private static void ensureTopics(Settings all) throws StartFailure, InterruptedException {
    String bootstrap = all.of(CommonSettings.KAFKA_BOOTSTRAP).orElseThrow();
    try {
      Topics.ensure(new BusSettings(bootstrap, "up"));
    } catch (BusUnavailable e) {
      throw new StartFailure("Kafka at " + bootstrap + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static List<Network> allowed(List<Network> configured) {
    List<Network> allowed = new ArrayList<>(configured);
    allowed.add(Network.parse("127.0.0.0/8"));
    allowed.add(Network.parse("::1/128"));
    return allowed;
  }

  /** One suite per data directory. */
  private void lock(Path data) throws StartFailure, IOException {
    FileChannel channel =
        FileChannel.open(
            data.resolve("up.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new StartFailure(
          data + " is in use by another ./aegis up; stop it or choose another with --data");
    }
    process.closing(channel);
  }

  private static void awaitReady(Suite suite) throws StartFailure, InterruptedException {
    long end = System.nanoTime() + READY_WITHIN.toNanos();
    while (!suite.ready()) {
      if (System.nanoTime() - end > 0) {
        throw new StartFailure("the services did not become ready; see the log");
      }
      Thread.sleep(20);
    }
  }

  /** Tells the commands on this machine where the suite listens. */
  private static AutoCloseable runFile(Path data, URI admin, Map<String, String> services)
      throws IOException {
    Path file = data.resolve("run.json");
    Path beside = data.resolve("run.json.new");
    Files.write(
        beside,
        new ObjectMapper()
            .writeValueAsBytes(
                Map.of(
                    "admin_url",
                    admin.toString(),
                    "services",
                    services,
                    "pid",
                    ProcessHandle.current().pid())));
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return () -> Files.deleteIfExists(file);
  }

  private void table(Suite suite, @Nullable Demo shown, Path data) {
    out.println();
    for (Listener listener : suite.listeners()) {
      row(listener.label(), listener.uri().toString());
    }
    if (shown != null) {
      shown.backends().forEach((tenant, uri) -> row("backend of " + tenant, uri.toString()));
      row("webhook receiver", shown.receiver().toString());
    }
    row("data", data.toString());
    row("log", data.resolve("logs").resolve("aegis.log").toString());
    if (settings.of(AdminSettings.TOKEN).isEmpty()) {
      row("admin token", data.resolve("admin-token").toString());
    }
    out.println();
    if (shown != null) {
      Path standard = home.resolve(".aegis");
      String where = data.equals(standard) ? "" : " --data '" + data + "'";
      out.println("Try it:");
      out.println();
      out.println(
          "curl -H 'Host: tenant123."
              + settings.of(CommonSettings.BASE_DOMAIN)
              + "' -H \"Authorization: Bearer $('"
              + home.resolve("aegis")
              + "' token --tenant tenant123 --subject alice --role reader"
              + where
              + ")\" "
              + suite.uri("gateway").resolve("/api/v1/orders"));
      out.println();
    }
  }

  private void row(String name, String value) {
    out.printf("  %-24s %s%n", name, value);
  }

  private void say(String progress) {
    out.println("… " + progress);
    out.flush();
  }
}
