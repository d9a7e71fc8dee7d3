package dev.aegis.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Where the programs that tests run against are found, and what their peers have in common. */
public final class Peers {
  private Peers() {}

  /**
   * The program of a peer: from the environment variable, the {@code PATH}, or what {@code
   * scripts/peers} has fetched.
   *
   * @param name of the program, such as {@code redis-server}
   * @param variable that may name another file, such as {@code AEGIS_TEST_REDIS}
   * @throws AssertionError saying how to get it, when there is none
   */
  public static Path program(String name, String variable) {
    String given = System.getenv(variable);
    if (given != null) {
      Path path = Path.of(given);
      if (!Files.isExecutable(path)) {
        throw new AssertionError(variable + " names " + path + ", which cannot be run");
      }
      return path;
    }
    String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
    Stream<Path> folders =
        Stream.concat(
            Stream.of(path.split(File.pathSeparator)).filter(s -> !s.isEmpty()).map(Path::of),
            Stream.of(Repository.root().resolve(".peers/bin")));
    return folders
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    name + " is missing: run scripts/peers, or name it in " + variable));
  }

  /** Waits until a peer that was started can be used, or says what it printed instead. */
  static void awaitReady(String name, @Nullable ChildProcess process, BooleanSupplier ready) {
    try {
      Awaitility.await(name)
          .pollInterval(Duration.ofMillis(20))
          .atMost(Duration.ofSeconds(30))
          .until(() -> (process != null && !process.alive()) || ready.getAsBoolean());
    } catch (RuntimeException e) {
      String output = process == null ? "" : "; it printed:\n" + process.output();
      throw new AssertionError(name + " did not get ready" + output, e);
    }
    if (process != null && !process.alive()) {
      throw new AssertionError(name + " ended at its start; it printed:\n" + process.output());
    }
  }

  /** A new folder for a peer's data. */
  static Path temporaryFolder(String name) {
    try {
      return Files.createTempDirectory("aegis-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a folder and all that is in it. */
  static void delete(Path folder) {
    List<Path> all;
    try (Stream<Path> paths = Files.walk(folder)) {
      all = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : all) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
