package dev.aegis.tests;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What the image has in {@code /opt/aegis}, made by what the Dockerfile runs, of this build. */
final class ComposedImage {
  private static final Duration BOUND = Duration.ofMinutes(3);

  private ComposedImage() {}

  /**
   * Makes it, without the archives of loaded classes.
   *
   * @param image folder that is not there yet
   */
  static void layOut(Path image) throws IOException, InterruptedException {
    String root = Repository.root().toString();
    run(List.of(Compose.FOLDER.resolve("lay-out").toString(), root, image.toString()));
    run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
            "--add-modules",
            String.join(",", Documents.text("compose/modules").lines().toList()),
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            image.resolve("runtime").toString()));
    for (String name : List.of("aegis", "healthy")) {
      Files.copy(Compose.FOLDER.resolve(name), image.resolve(name));
    }
  }

  private static void run(List<String> command) throws InterruptedException {
    Map<String, String> environment = Map.of("JAVA_HOME", System.getProperty("java.home"));
    try (ChildProcess process = ChildProcess.start(command, environment)) {
      if (process.awaitExit(BOUND) != 0) {
        throw new AssertionError(String.join(" ", command) + "\n" + process.output());
      }
    }
  }
}
