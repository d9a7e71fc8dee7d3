package dev.aegis.broker;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the broker's process is told when it starts.
 *
 * @param port of the loopback listener that clients use; 0 takes a free one
 * @param data folder of everything that the broker keeps, made if missing
 * @param watchStdin whether the process ends when its standard input does
 */
record BrokerArguments(int port, Path data, boolean watchStdin) {
  static final String USAGE =
      "usage: broker --data DIR [--port N] [--watch-stdin]"
          + "   (or AEGIS_DATA, AEGIS_KAFKA_PORT; port 0 takes a free one)";

  /** Arguments that cannot be used; the message is the one line to show. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  static BrokerArguments read(List<String> arguments, Map<String, String> environment)
      throws Unusable {
    String port = environment.getOrDefault("AEGIS_KAFKA_PORT", "9092");
    String home = environment.get("AEGIS_DATA");
    @Nullable Path data = home == null ? null : Path.of(home, "kafka");
    boolean watchStdin = false;
    for (int i = 0; i < arguments.size(); i++) {
      String name = arguments.get(i);
      switch (name) {
        case "--watch-stdin" -> watchStdin = true;
        case "--port" -> port = value(arguments, ++i, name);
        case "--data" -> data = Path.of(value(arguments, ++i, name));
        default -> throw new Unusable("unknown argument " + name + "; " + USAGE);
      }
    }
    if (data == null) {
      throw new Unusable("no data folder given; " + USAGE);
    }
    return new BrokerArguments(port(port), data.toAbsolutePath().normalize(), watchStdin);
  }

  private static String value(List<String> arguments, int at, String name) throws Unusable {
    if (at == arguments.size()) {
      throw new Unusable(name + " wants a value; " + USAGE);
    }
    return arguments.get(at);
  }

  private static int port(String text) throws Unusable {
    try {
      int port = Integer.parseInt(text);
      if (port >= 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new Unusable("port must be a number from 0 to 65535, not " + text);
  }
}
