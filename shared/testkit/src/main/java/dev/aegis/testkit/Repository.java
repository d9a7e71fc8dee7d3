package dev.aegis.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout that the tests run in. */
public final class Repository {
  private static final String MARK = "standalone/broker/pom.xml";

  private Repository() {}

  /** The repository's root folder, found upwards from the working directory. */
  public static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(MARK))) {
        return at;
      }
    }
    throw new IllegalStateException("no folder above " + start + " has " + MARK);
  }

  /**
   * The class path that a module with a main class runs on, as its build wrote it.
   *
   * @param module folder of the module, such as {@code services/gateway}
   */
  public static String classPath(String module) {
    Path file = root().resolve(module).resolve("target/classpath");
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(
          file + " cannot be read: build the module first, as with ./aegis build", e);
    }
  }
}
