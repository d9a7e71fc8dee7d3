package dev.aegis.testkit;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Loopback ports that nothing listens on.
 *
 * <p>Taken below the range from which the system gives ports to outgoing connections, so that such
 * a connection cannot take one between the look and the use.
 */
public final class FreePorts {
  static final InetAddress LOOPBACK = Inet4Address.ofLiteral("127.0.0.1");
  private static final int LOWEST = 15_000;
  private static final int BOUND = 32_000;
  private static final Set<Integer> GIVEN = new HashSet<>();

  private FreePorts() {}

  /** A port that was free a moment ago; never the same twice in one JVM. */
  public static synchronized int next() {
    RandomGenerator random = RandomGenerator.getDefault();
    for (int attempt = 0; attempt < 1_000; attempt++) {
      int port = random.nextInt(LOWEST, BOUND);
      if (!GIVEN.contains(port) && free(port)) {
        GIVEN.add(port);
        return port;
      }
    }
    throw new IllegalStateException("no free port from " + LOWEST + " to " + (BOUND - 1));
  }

  /** Whether the port can be listened on now. */
  public static boolean free(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(LOOPBACK, port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
