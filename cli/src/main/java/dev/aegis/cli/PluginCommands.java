package dev.aegis.cli;

import dev.aegis.chassis.CommonSettings;
import dev.aegis.chassis.InvalidSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.plugin.Plugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about plugins themselves, beside those about their objects. */
final class PluginCommands {
  private static final String PINS = "SHA256SUMS";
  private static final String JAR = ".jar";
  private static final String VARIABLE = "AEGIS_PLUGINS_FOLDER";

  private PluginCommands() {}

  @Command(name = "list", description = "Lists all, and what services find wrong with plugins.")
  static final class ListPlugins extends ReadCommands.ListObjects {
    ListPlugins(Session session, DataFolder data) {
      super(session, data, Noun.PLUGIN);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      int code = super.run(client);
      if (!json()) {
        String own = tenant() == null ? "plugins/" : "tenants/" + tenant() + "/plugins/";
        JarLoading.findings(client, subject -> subject.startsWith(own))
            .forEach(line -> session().err().println("aegis: " + line));
      }
      return code;
    }
  }

  /** Where the services on this machine load jars from, as they were told. */
  static final class JarFolder {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "Settings file of the services, for its plugins.folder")
    private @Nullable Path config;

    /** By AEGIS_PLUGINS_FOLDER, else by the settings file, else in the data directory. */
    Path path(Session session, DataFolder data) throws CommandFailure {
      String given = session.environment().getOrDefault(VARIABLE, "");
      List<String> args = config == null ? List.of() : List.of("--config", config.toString());
      try {
        return Settings.read(CommonSettings.ALL, args, Map.of(VARIABLE, given))
            .of(CommonSettings.PLUGINS)
            .map(Path::of)
            .orElseGet(() -> data.path().resolve("plugins"));
      } catch (InvalidSettings e) {
        throw new CommandFailure(String.join("; ", e.problems()), e);
      }
    }
  }

  @Command(
      name = "create",
      description = {
        "Makes a Maven project of a new plugin.",
        "With a tenant or a document: creates an object that puts a plugin to use."
      })
  static final class Create extends WriteCommands.CreateObject {
    @Option(
        names = "--into",
        paramLabel = "DIR",
        description = "Folder that the project's is made in (default the working directory)")
    private @Nullable Path into;

    Create(Session session, DataFolder data) {
      super(session, data, Noun.PLUGIN);
    }

    @Override
    public Integer call() throws CommandFailure {
      String name = id();
      if (name == null || hasFile() || tenant() != null) {
        if (into != null) {
          throw wrong("--into goes with the name of a new plugin alone");
        }
        return super.call();
      }
      if (json() || !query().isEmpty()) {
        throw wrong("--json, --dry-run and --wait go with a document: -f FILE");
      }
      Path made = new PluginProject(name, session().home()).make(into == null ? Path.of("") : into);
      session().out().println("made " + made + "; its README.md says how to go on");
      return 0;
    }
  }

  @Command(
      name = "install",
      mixinStandardHelpOptions = true,
      description = {
        "Installs the plugins of a jar, or a new version of them.",
        "For the services that have this data directory; bring it to others by other means."
      })
  static final class Install implements Callable<Integer> {
    private final Session session;
    private final DataFolder data;

    @Mixin private final JarFolder jars = new JarFolder();

    @Parameters(paramLabel = "FILE", description = "The jar")
    private Path file = Path.of("");

    Install(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      String name = String.valueOf(file.getFileName());
      check(name);
      Path folder = jars.path(session, data);
      if (!Files.isDirectory(data.path())) {
        throw new CommandFailure("there is no data directory " + data.path());
      }
      try (AdminClient client = new AdminClient(Suite.find(session, data))) {
        client.get("/admin/plugins/catalog");
        String digest = put(folder, name);
        return switch (new JarLoading(client, name, digest).await()) {
          case JarLoading.Loaded(List<String> plugins) -> {
            session.out().println(name + " installed: " + String.join(", ", plugins));
            yield 0;
          }
          case JarLoading.Missed(String why) -> {
            session
                .err()
                .println("aegis: " + folder.resolve(name) + " is in place, but not loaded: " + why);
            yield 1;
          }
        };
      }
    }

    private void check(String name) throws CommandFailure {
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

    /** Puts it there at once, so that nobody sees half of it; returns its digest. */
    private String put(Path folder, String name) throws CommandFailure {
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
        return digest;
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

    @Mixin private final JarFolder where = new JarFolder();

    Reload(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      Path folder = where.path(session, data);
      List<Path> jars = List.of();
      try {
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.list(folder)) {
            jars = files.filter(each -> each.toString().endsWith(JAR)).sorted().toList();
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
