package dev.aegis.plugins;

import dev.aegis.model.Finding;
import dev.aegis.plugin.Plugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that come with Aegis and those of the jars in one folder, followed as jars come,
 * change and go. A jar that cannot be used is a finding, and leaves the version before it in force.
 *
 * <p>If the folder has a file {@code SHA256SUMS}, as {@code sha256sum} writes it, only the jars
 * that stand there are loaded, and only if they are what it says.
 */
public final class PluginFolder implements Supplier<Plugins>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginFolder.class);

  /** Name of the file that says which jars may be loaded. */
  public static final String PINS = "SHA256SUMS";

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final long MOST = 64L << 20;
  private static final String JAR = ".jar";

  private final Path folder;
  private final Plugins builtIn = Plugins.builtIn();
  private final Semaphore ends = new Semaphore(0);
  private Map<String, Jar> jars = new TreeMap<>();
  private volatile Plugins current;
  private @Nullable Thread thread;

  /**
   * What is known of one file.
   *
   * @param stamp of the file that was looked at
   * @param pins what might be loaded then
   * @param digest of the jar that the plugins are from, {@code ""} for none
   * @param plugins of it, or of what it was before, none if it never could be used
   * @param wrong what is wrong with it, or null
   */
  private record Jar(
      Stamp stamp,
      @Nullable Set<String> pins,
      String digest,
      List<Installed> plugins,
      @Nullable String wrong) {}

  /** What tells a file from the one that was there before. */
  private record Stamp(long size, FileTime time, @Nullable Object key) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes all = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(all.size(), all.lastModifiedTime(), all.fileKey());
    }
  }

  /** Looks at the folder, which need not be there, once. */
  public PluginFolder(Path folder) {
    this.folder = folder;
    this.current = builtIn;
    look();
  }

  /**
   * Begins to follow it.
   *
   * @param changed called on a thread of this object's after each change
   */
  public void start(Runnable changed) {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("plugin-folder")
            .start(
                () -> {
                  try {
                    while (!ends.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                      follow(changed);
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  /** A bug that one change meets must not end what follows the next. */
  private void follow(Runnable changed) {
    try {
      if (look()) {
        changed.run();
      }
    } catch (RuntimeException e) {
      LOG.error("Plugins in {} are not in force", folder, e);
    }
  }

  @Override
  public Plugins get() {
    return current;
  }

  /** Looks at the folder now; true when something is other than before. */
  public synchronized boolean look() {
    Map<String, Jar> next = new TreeMap<>();
    String trouble = null;
    try {
      @Nullable Set<String> pins = pins();
      for (Path file : files()) {
        String name = String.valueOf(file.getFileName());
        Jar jar = jar(file, jars.get(name), pins);
        if (jar != null) {
          next.put(name, jar);
        }
      }
    } catch (IOException | RuntimeException e) {
      next = jars; // what is there is not known, so nothing is taken away
      trouble = "it cannot be read: " + e;
    }
    jars = next;
    Plugins found = together(trouble);
    boolean changed = !same(found, current);
    if (changed) {
      current = found;
    }
    return changed;
  }

  private static boolean same(Plugins one, Plugins other) {
    return one.findings().equals(other.findings())
        && List.copyOf(one.all()).equals(List.copyOf(other.all()));
  }

  private Plugins together(@Nullable String trouble) {
    Map<String, Installed> byName = new HashMap<>(builtIn.byName());
    List<Finding> findings = new ArrayList<>();
    if (trouble != null) {
      findings.add(Finding.error("plugins", trouble));
    }
    jars.forEach(
        (name, jar) -> {
          if (jar.wrong() != null) {
            findings.add(Finding.error("plugins/" + name, jar.wrong()));
          }
          for (Installed plugin : jar.plugins()) {
            Installed other = byName.putIfAbsent(plugin.name(), plugin);
            if (other != null) {
              findings.add(
                  Finding.error(
                      "plugins/" + name,
                      "there is a plugin \"" + plugin.name() + "\" already: " + other));
            }
          }
        });
    return new Plugins(byName, findings);
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(JAR)).sorted().toList();
    }
  }

  /** Digest and name of each jar that may be loaded; null if all may. */
  private @Nullable Set<String> pins() throws IOException {
    Path file = folder.resolve(PINS);
    if (!Files.exists(file)) {
      return null;
    }
    Set<String> pins = new HashSet<>();
    for (String line : Files.readAllLines(file)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        String name = line.substring(space + 1).strip();
        pins.add(pin(line.substring(0, space), name.startsWith("*") ? name.substring(1) : name));
      }
    }
    return pins;
  }

  private static String pin(String digest, String name) {
    return digest + ' ' + name;
  }

  /** Null if the file is gone. */
  private static @Nullable Jar jar(Path file, @Nullable Jar known, @Nullable Set<String> pins)
      throws IOException {
    Stamp stamp;
    byte[] bytes;
    try {
      stamp = Stamp.of(file);
      if (known != null && known.stamp().equals(stamp) && Objects.equals(known.pins(), pins)) {
        return known;
      }
      bytes = stamp.size() > MOST ? new byte[0] : Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return null;
    }
    String name = String.valueOf(file.getFileName());
    String digest = digest(bytes);
    if (pins != null && !pins.contains(pin(digest, name))) {
      return new Jar(stamp, pins, "", List.of(), "it is not what " + PINS + " says");
    }
    if (known != null && known.digest().equals(digest)) {
      return new Jar(stamp, pins, digest, known.plugins(), null);
    }
    try {
      return new Jar(stamp, pins, digest, load(name, bytes, digest), null);
    } catch (IOException | IllegalArgumentException | LinkageError e) {
      String wrong = "it cannot be loaded: " + e.getMessage();
      return known == null
          ? new Jar(stamp, pins, "", List.of(), wrong)
          : new Jar(stamp, pins, known.digest(), known.plugins(), wrong);
    }
  }

  private static List<Installed> load(String name, byte[] jar, String digest) throws IOException {
    List<Installed> loaded = new ArrayList<>();
    for (Plugin<?> plugin : JarLoader.of(name, jar).plugins()) {
      try {
        loaded.add(new Installed(plugin, name, digest));
      } catch (RuntimeException | Error e) { // what others wrote
        throw new IOException(plugin.getClass().getName() + ": " + e, e);
      }
    }
    return loaded;
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() {
    ends.release();
    Thread following = thread;
    if (following != null) {
      following.interrupt();
    }
  }
}
