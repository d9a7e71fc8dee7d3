package dev.aegis.bench;

import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Peers;
import dev.aegis.testkit.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Load by {@code wrk} on one address, and what it cost the processes that served it. */
final class Load {
  private static final int CONNECTIONS = 64;
  private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in");
  private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern BAD = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

  private Load() {}

  /**
   * What one run came to.
   *
   * @param requests that were answered
   * @param perSecond the same per second
   * @param microseconds of processor time, user and system, per request
   */
  record Figure(long requests, double perSecond, double microseconds) {}

  /**
   * Runs load.
   *
   * @param port to call
   * @param path of each request
   * @param headers of each request
   * @param processor that {@code wrk} runs on
   * @param pids processes whose processor time is counted
   */
  static Figure run(
      int port,
      String path,
      Map<String, String> headers,
      int processor,
      Duration length,
      List<Long> pids)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("taskset", "-c", Integer.toString(processor)));
    command.add(Peers.program("wrk", "AEGIS_TEST_WRK").toString());
    command.addAll(List.of("-t1", "-c" + CONNECTIONS, "-d" + length.toSeconds() + "s"));
    headers.forEach((name, value) -> command.addAll(List.of("-H", name + ": " + value)));
    command.add("http://127.0.0.1:" + port + path);
    long before = cpu(pids);
    String output;
    try (ChildProcess wrk = ChildProcess.start(command, Map.of())) {
      int exit = wrk.awaitExit(length.plusSeconds(20));
      output = wrk.output();
      if (exit != 0) {
        throw new IOException("wrk failed:\n" + output);
      }
    }
    long used = cpu(pids) - before;
    Matcher bad = BAD.matcher(output);
    if (bad.find()) {
      throw new IOException(bad.group(1) + " requests were not answered with success");
    }
    Matcher requests = REQUESTS.matcher(output);
    Matcher rate = RATE.matcher(output);
    if (!requests.find() || !rate.find()) {
      throw new IOException("wrk said something unexpected:\n" + output);
    }
    long count = Long.parseLong(requests.group(1));
    return new Figure(count, Double.parseDouble(rate.group(1)), used / 1_000.0 / count);
  }

  /** Waits until something answers on {@code port} by HTTP. */
  static void awaitAnswer(int port, ChildProcess process, Duration bound)
      throws InterruptedException {
    long end = System.nanoTime() + bound.toNanos();
    while (true) {
      try {
        HttpMessage _ = HttpProbe.once(port, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
        return;
      } catch (IOException e) {
        if (!process.alive() || System.nanoTime() - end > 0) {
          throw new AssertionError("nothing answers; it printed:\n" + process.output(), e);
        }
        Thread.sleep(100);
      }
    }
  }

  private static long cpu(List<Long> pids) {
    return pids.stream().mapToLong(Processes::cpuNanos).sum();
  }
}
