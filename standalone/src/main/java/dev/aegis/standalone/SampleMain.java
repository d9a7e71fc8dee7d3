package dev.aegis.standalone;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sample backend or the sample receiver of webhooks as a process of its own, for compose.
 *
 * <p>Prints one line when it listens. Exit codes: 1 when it cannot listen, 2 for bad arguments.
 */
public final class SampleMain {
  private static final int LAST_PORT = 65_535;
  private static final String USAGE =
      "usage: sample backend NAME HOST:PORT | sample receiver HOST:PORT";

  private SampleMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) throws Exception {
    List<String> arguments = List.of(args);
    boolean backend = arguments.size() == 3 && arguments.getFirst().equals("backend");
    boolean receiver = arguments.size() == 2 && arguments.getFirst().equals("receiver");
    InetSocketAddress address = backend || receiver ? address(arguments.getLast()) : null;
    if (address == null) {
      System.err.println(USAGE);
      System.exit(2);
      return;
    }
    PrintStream out = System.out;
    AutoCloseable sample;
    try {
      sample =
          backend ? new SampleBackend(arguments.get(1), address) : new SampleReceiver(out, address);
    } catch (IOException e) {
      System.err.println("sample: cannot listen at " + arguments.getLast() + ": " + e.getMessage());
      System.exit(1);
      return;
    }
    out.println(arguments.getFirst() + " listens at " + arguments.getLast());
    out.flush();
    try {
      Thread.currentThread().join(); // for ever: nobody else ends it
    } finally {
      sample.close();
    }
  }

  private static @Nullable InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      return colon < 1 || port < 0 || port > LAST_PORT
          ? null
          : new InetSocketAddress(text.substring(0, colon), port);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
