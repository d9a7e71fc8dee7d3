package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.plugin.Plugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about plugins themselves, beside those about their objects. */
final class PluginCommands {
  private static final String PINS = "SHA256SUMS";
  private static final String JAR = ".jar";
  private static final String WASM = ".wasm";

  private PluginCommands() {}

  /** The folder that the services on this machine load jars from. */
  private static Path folder(Session session, DataFolder data) {
    String given = session.environment().getOrDefault("AEGIS_PLUGINS_FOLDER", "");
    return given.isEmpty() ? data.path().resolve("plugins") : Path.of(given);
  }

  @Command(
      name = "create",
      description = {
        "Makes a Maven project of a new plugin, or with --wasm one of a WebAssembly module.",
        "With a tenant or a document: creates an object that puts a plugin to use."
      })
  static final class Create extends WriteCommands.CreateObject {
    @Option(
        names = "--into",
        paramLabel = "DIR",
        description = "Folder that the project's is made in (default the working directory)")
    private @Nullable Path into;

    @Option(names = "--wasm", description = "Makes a WebAssembly module in AssemblyScript")
    private boolean wasm;

    Create(Session session, DataFolder data) {
      super(session, data, Noun.PLUGIN);
    }

    @Override
    public Integer call() throws CommandFailure {
      String name = id();
      if (name == null || hasFile() || tenant() != null) {
        if (into != null || wasm) {
          throw wrong("--into and --wasm go with the name of a new plugin alone");
        }
        return super.call();
      }
      if (json() || !query().isEmpty()) {
        throw wrong("--json, --dry-run and --wait go with a document: -f FILE");
      }
      Path parent = into == null ? Path.of("") : into;
      Path made =
          wasm
              ? new WasmProject(name, session().home()).make(parent)
              : new PluginProject(name, session().home()).make(parent);
      session().out().println("made " + made + "; its README.md says how to go on");
      return 0;
    }
  }

  @Command(
      name = "install",
      mixinStandardHelpOptions = true,
      description = {
        "Installs the plugins of a jar, or a WebAssembly module, or a new version of them.",
        "For the services that have this data directory; bring it to others by other means."
      })
  static final class Install implements Callable<Integer> {
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final Session session;
    private final DataFolder data;

    @Parameters(paramLabel = "FILE", description = "The jar, or the module NAME.wasm")
    private Path file = Path.of("");

    Install(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      String name = String.valueOf(file.getFileName());
      check(name);
      Path folder = folder(session, data);
      if (!Files.isDirectory(data.path())) {
        throw new CommandFailure("there is no data directory " + data.path());
      }
      try (AdminClient client = new AdminClient(Suite.find(session, data))) {
        client.get("/admin/plugins/catalog");
        put(folder, name);
        List<String> plugins = loaded(client, name);
        if (plugins.isEmpty()) {
          session
              .err()
              .println(
                  "aegis: "
                      + folder.resolve(name)
                      + " is in place, but the suite has not loaded it; its log says why");
          return 1;
        }
        session.out().println(name + " installed: " + String.join(", ", plugins));
        return 0;
      }
    }

    private void check(String name) throws CommandFailure {
      if (name.endsWith(WASM) && Files.isRegularFile(file)) {
        return; // the services look at it more closely
      }
      if (!name.endsWith(JAR) || !Files.isRegularFile(file)) {
        throw new CommandFailure("there is no jar " + file);
      }
      String entry = "META-INF/services/" + Plugin.class.getName();
      try (ZipFile jar = new ZipFile(file.toFile())) {
        if (jar.getEntry(entry) == null) {
          throw new CommandFailure(file + " has no " + entry + ", so no plugin");
        }
      } catch (IOException e) {
        throw new CommandFailure(file + " is no jar: " + e.getMessage(), e);
      }
    }

    /** Puts it there at once, so that nobody sees half of it. */
    private void put(Path folder, String name) throws CommandFailure {
      try {
        byte[] bytes = Files.readAllBytes(file);
        Files.createDirectories(folder);
        Path pins = folder.resolve(PINS);
        String digest = digest(bytes);
        if (Files.exists(pins) && !pinned(pins, digest, name)) {
          throw new CommandFailure(
              pins + " does not let it in; if it should, add the line: " + digest + "  " + name);
        }
        Path beside = Files.write(folder.resolve(name + ".new"), bytes);
        Files.move(
            beside,
            folder.resolve(name),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new CommandFailure("cannot install " + file + ": " + e.getMessage(), e);
      }
    }

    private static boolean pinned(Path pins, String digest, String name) throws IOException {
      return Files.readAllLines(pins).stream()
          .anyMatch(line -> line.equals(digest + "  " + name) || line.equals(digest + " *" + name));
    }

    private static String digest(byte[] bytes) {
      try {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    /** The plugins that the suite has from the jar, as soon as there are any. */
    private static List<String> loaded(AdminClient client, String jar) throws CommandFailure {
      long end = System.nanoTime() + BOUND.toNanos();
      List<String> plugins = new ArrayList<>();
      while (plugins.isEmpty() && System.nanoTime() < end) {
        try {
          Thread.sleep(Duration.ofMillis(600)); // it looks at the folder twice a second
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new CommandFailure("interrupted", e);
        }
        for (JsonNode each : client.get("/admin/plugins/catalog").body().path("items")) {
          if (each.path("source").asText().equals(jar)) {
            plugins.add(each.path("name").asText());
          }
        }
      }
      return plugins;
    }
  }

  @Command(
      name = "reload",
      mixinStandardHelpOptions = true,
      description = {
        "Has the services on this machine look at all jars of plugins anew.",
        "They notice by themselves what changes; this is for files that kept size and time."
      })
  static final class Reload implements Callable<Integer> {
    private final Session session;
    private final DataFolder data;

    Reload(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      Path folder = folder(session, data);
      List<Path> jars = List.of();
      try {
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.list(folder)) {
            jars =
                files
                    .filter(each -> each.toString().endsWith(JAR) || each.toString().endsWith(WASM))
                    .sorted()
                    .toList();
          }
        }
        for (Path jar : jars) {
          Files.setLastModifiedTime(jar, FileTime.from(session.clock().instant()));
        }
      } catch (IOException e) {
        throw new CommandFailure("cannot reload " + folder + ": " + e.getMessage(), e);
      }
      session.out().println("jars looked at anew in " + folder + ": " + jars.size());
      return 0;
    }
  }
}
