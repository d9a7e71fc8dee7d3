package dev.aegis.standalone;

import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where this installation is: the folder that holds {@code ./aegis} and the built modules. */
final class Home {
  private static final String BROKER = "standalone/broker";

  private Home() {}

  /** The folder that {@code ./aegis} names, or the nearest above the working directory. */
  static Path folder() throws StartFailure {
    String given = System.getProperty("aegis.home");
    if (given != null) {
      return Path.of(given);
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(BROKER).resolve("jvm.options"))) {
        return at;
      }
    }
    throw new StartFailure("cannot find the embedded Kafka: start the suite with ./aegis up");
  }

  /** The broker's own class path, as its build wrote it. */
  static String brokerClassPath() throws StartFailure {
    Path file = folder().resolve(BROKER).resolve("target/classpath");
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StartFailure("the embedded Kafka is not built: run ./aegis build", e);
    }
  }

  /** The file of the broker's JVM options. */
  static Path brokerOptions() throws StartFailure {
    return folder().resolve(BROKER).resolve("jvm.options");
  }
}
