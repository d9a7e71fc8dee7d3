package dev.aegis.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code ./aegis bench}: processor time per request of the gateway with everything on, beside bare
 * nginx, in turn and in one run. Prints a table and writes {@code bench/target/bench.json}.
 */
public final class BenchMain {
  private static final int SERVED = 0;
  private static final int OTHERS = 1;
  private static final String HELP =
      """
      ./aegis bench [--rounds N] [--seconds N] [--warmup N]

      Measures processor time per request, user and system, of a bare nginx proxy and of the gateway
      with token check, roles, rate limit, metrics, access log and events to Kafka. Each of them has
      processor 0 to itself while it is measured; load and backend run on processor 1.

        --rounds N   how often each is measured, in turn (default 5)
        --seconds N  length of one measurement (default 6)
        --warmup N   seconds of load before the first (default 15)

      Needs nginx, wrk and taskset: on the PATH, named in AEGIS_TEST_NGINX and AEGIS_TEST_WRK, or
      fetched by scripts/peers.
      """;

  private BenchMain() {}

  /** Runs the bench; exit code 0 when it has figures. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int rounds = 5;
    int seconds = 6;
    int warmup = 15;
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--help") || i + 1 == args.length) {
        System.out.print(HELP);
        System.exit(args[i].equals("--help") ? 0 : 2);
      }
      int number = Integer.parseInt(args[i + 1]);
      switch (args[i++]) {
        case "--rounds" -> rounds = number;
        case "--seconds" -> seconds = number;
        case "--warmup" -> warmup = number;
        default -> {
          System.err.println("aegis bench: unknown option " + args[i - 1] + "; see --help");
          System.exit(2);
        }
      }
    }
    if (Runtime.getRuntime().availableProcessors() < 2) {
      System.err.println("aegis bench: needs two processors");
      System.exit(1);
    }
    try {
      run(rounds, Duration.ofSeconds(seconds), Duration.ofSeconds(warmup));
    } catch (AssertionError e) {
      System.err.println("aegis bench: " + e.getMessage());
      System.exit(1);
    } catch (Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void run(int rounds, Duration length, Duration warmup) throws Exception {
    Path folder = Files.createTempDirectory("aegis-bench");
    try (KafkaPeer kafka = KafkaPeer.start();
        Nginx backend = Nginx.backend(folder.resolve("backend"), OTHERS);
        Nginx nginx = Nginx.proxy(folder.resolve("proxy"), SERVED, backend.port());
        Gateway gateway = Gateway.start(folder.resolve("gateway"), SERVED, kafka, backend.port())) {
      System.out.println("warming up");
      // Both get the same headers, and so the same bytes to read.
      Map<String, String> headers = gateway.headers();
      Load.run(nginx.port(), headers, OTHERS, Duration.ofSeconds(2), nginx.workers());
      Load.run(gateway.port(), headers, OTHERS, warmup, gateway.pids());
      List<Load.Figure> bare = new ArrayList<>();
      List<Load.Figure> full = new ArrayList<>();
      for (int round = 1; round <= rounds; round++) {
        System.out.println("round " + round + " of " + rounds);
        bare.add(Load.run(nginx.port(), headers, OTHERS, length, nginx.workers()));
        full.add(Load.run(gateway.port(), headers, OTHERS, length, gateway.pids()));
      }
      report(bare, full);
    }
  }

  private static void report(List<Load.Figure> bare, List<Load.Figure> full) throws IOException {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < bare.size(); i++) {
      ratios.add(full.get(i).microseconds() / bare.get(i).microseconds());
    }
    System.out.println();
    System.out.printf(
        Locale.ROOT, "%-24s %22s %14s%n", "system", "CPU per request, µs", "requests/s");
    row("nginx, bare proxy_pass", bare);
    row("aegis, everything on", full);
    System.out.printf(
        Locale.ROOT,
        "%nratio aegis / nginx, pair by pair: median %.2f, from %.2f to %.2f%n",
        median(ratios),
        ratios.stream().mapToDouble(Double::doubleValue).min().orElse(0),
        ratios.stream().mapToDouble(Double::doubleValue).max().orElse(0));
    ObjectMapper json = new ObjectMapper();
    ObjectNode result = json.createObjectNode();
    result.put("nginx_us", median(bare.stream().map(Load.Figure::microseconds).toList()));
    result.put("aegis_us", median(full.stream().map(Load.Figure::microseconds).toList()));
    result.put("ratio", median(ratios));
    result.put("rounds", bare.size());
    Path target = Repository.root().resolve("bench/target/bench.json");
    Files.createDirectories(target.getParent());
    Files.writeString(target, json.writerWithDefaultPrettyPrinter().writeValueAsString(result));
    System.out.println("written to bench/target/bench.json");
    compare(json, result);
  }

  private static void compare(ObjectMapper json, ObjectNode result) throws IOException {
    Path baseline = Repository.root().resolve("bench/baseline.json");
    if (Files.exists(baseline)) {
      System.out.printf(
          Locale.ROOT,
          "the committed baseline's ratio is %.2f%n",
          json.readTree(Files.readAllBytes(baseline)).path("ratio").asDouble());
    }
    if (result.path("rounds").asInt() < 3) {
      System.out.println("fewer than three rounds: a hint, not a figure");
    }
  }

  private static void row(String name, List<Load.Figure> figures) {
    List<Double> costs = figures.stream().map(Load.Figure::microseconds).toList();
    System.out.printf(
        Locale.ROOT,
        "%-24s %7.1f (%5.1f–%5.1f) %14.0f%n",
        name,
        median(costs),
        costs.stream().mapToDouble(Double::doubleValue).min().orElse(0),
        costs.stream().mapToDouble(Double::doubleValue).max().orElse(0),
        median(figures.stream().map(Load.Figure::perSecond).toList()));
  }

  private static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
