package dev.aegis.bench;

import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./aegis bench}: processor time per request of the gateway with everything on, beside other
 * proxies that do nothing but pass requests on, in turn and in one run.
 */
public final class BenchMain {
  static final int SERVED = 0;
  static final int OTHERS = 1;
  private static final Duration SHORT_WARMUP = Duration.ofSeconds(1);

  /**
   * Loads before the first that counts: a JVM has to learn, too, what ends and begins with each.
   */
  private static final int WARMUPS = 3;

  private static final String HELP =
      """
      ./aegis bench [--rounds N] [--seconds N] [--warmup N] [--only-nginx] [--page FILE]
      ./aegis bench scale [--only callers|tenants]
      ./aegis bench journal
      ./aegis bench config
      ./aegis bench tokens
      ./aegis bench plugins [--only neighbours]
      ./aegis bench limits
      ./aegis bench observability
      ./aegis bench scrape

      Measures processor time per request, user and system, of bare nginx, HAProxy and Spring Cloud
      Gateway, which only pass requests on, and of the gateway with token check, roles, rate limit,
      metrics, access log and events to Kafka. Each of them has processor 0 to itself while it is
      measured; load and backend run on processor 1. Prints a table, and writes it to
      bench/target/bench.json.

        --rounds N    how often each is measured, in turn (default 5)
        --seconds N   length of one measurement (default 6)
        --warmup N    seconds of load before the first, in three parts, for those on a
                      JVM (default 60)
        --only-nginx  leaves HAProxy and Spring Cloud Gateway out
        --page FILE   writes the table into a page, between its two bench marks

      scale measures the gateway alone: memory with 10,000 idle connections, 1,000 slow streams and
      bodies of 100 MB, how soon a change is live with 10,000 tenants of 10 routes, and how soon these
      are in force when it is started again. It needs none of the others and 20,000 open files.

        --only PART   callers: connections, streams and bodies; tenants: tenants and changes

      journal measures what every reader of the journal does, without Kafka: it folds 1,000,000 changes
      of 100,000 objects, and saves and loads the result.

      config measures the admin service with 100,000 objects: to apply them from one document, to find
      that they hold, to export, list and show them, and how soon one more change is live on a gateway.

      tokens measures what a token costs the gateway: one that it knows over none at all, one that it
      sees for the first time over one that it knows, and the memory that very many take.

      plugins measures what a chain without any plugin costs a request, what ten that change headers
      do over a route without any, and how long the requests of one tenant take beside another's
      plugin that throws, hangs, allocates or loops.

        --only neighbours  the last of these alone

      observability measures what it costs the gateway to tell of a request: metrics, log, event,
      spans and Datadog, each on its own and together. About seven minutes.

      limits measures what one thread does for a limit that is counted in the gateway, over a loop that
      does nothing. It needs none of the others.

      scrape measures what it costs to tell all metrics after 10,000 tenants of ten routes. It needs none
      of the others.

      Needs taskset, nginx, wrk, haproxy and Spring Cloud Gateway. scripts/peers bench fetches what is
      missing; AEGIS_TEST_NGINX, AEGIS_TEST_WRK and AEGIS_TEST_HAPROXY name others.
      """;

  private BenchMain() {}

  /**
   * How to measure.
   *
   * @param rounds how often each system is measured
   * @param length of one measurement
   * @param warmup length of the load before the first
   * @param onlyNginx whether nginx is the only one beside the gateway
   * @param page to write the table into, or null
   */
  private record Plan(
      int rounds, Duration length, Duration warmup, boolean onlyNginx, @Nullable Path page) {}

  /** Runs the bench; exit code 0 when it has figures. */
  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("scale")) {
      scale(args);
    }
    if (args.length == 1 && args[0].equals("journal")) {
      journal();
    }
    if (args.length == 1 && args[0].equals("config")) {
      config();
    }
    if (args.length == 1 && args[0].equals("tokens")) {
      tokens();
    }
    if (args.length > 0 && args[0].equals("plugins")) {
      plugins(args);
    }
    if (args.length == 1 && args[0].equals("limits")) {
      limits();
    }
    if (args.length == 1 && args[0].equals("observability")) {
      observability();
    }
    if (args.length == 1 && args[0].equals("scrape")) {
      scrape();
    }
    int rounds = 5;
    int seconds = 6;
    int warmup = 60;
    boolean onlyNginx = false;
    Path page = null;
    try {
      for (int i = 0; i < args.length; i++) {
        switch (args[i]) {
          case "--help" -> {
            System.out.print(HELP);
            System.exit(0);
          }
          case "--only-nginx" -> onlyNginx = true;
          case "--rounds" -> rounds = number(args, ++i);
          case "--seconds" -> seconds = number(args, ++i);
          case "--warmup" -> warmup = number(args, ++i);
          case "--page" -> page = Path.of(value(args, ++i)).toAbsolutePath();
          default -> throw new IllegalArgumentException("there is no option " + args[i]);
        }
      }
    } catch (IllegalArgumentException e) {
      System.err.println("aegis bench: " + e.getMessage() + "; see --help");
      System.exit(2);
    }
    if (Runtime.getRuntime().availableProcessors() < 2) {
      System.err.println("aegis bench: needs two processors");
      System.exit(1);
    }
    try {
      run(
          new Plan(
              rounds, Duration.ofSeconds(seconds), Duration.ofSeconds(warmup), onlyNginx, page));
    } catch (AssertionError e) {
      System.err.println("aegis bench: " + e.getMessage());
      System.exit(1);
    } catch (Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void scale(String[] args) {
    boolean callers = true;
    boolean tenants = true;
    try {
      for (int i = 1; i < args.length; i++) {
        switch (args[i]) {
          case "--help" -> {
            System.out.print(HELP);
            System.exit(0);
          }
          case "--only" -> {
            String part = value(args, ++i);
            callers = part.equals("callers");
            tenants = part.equals("tenants");
            if (!callers && !tenants) {
              throw new IllegalArgumentException("there is no part " + part);
            }
          }
          default -> throw new IllegalArgumentException("there is no option " + args[i]);
        }
      }
    } catch (IllegalArgumentException e) {
      System.err.println("aegis bench: " + e.getMessage() + "; see --help");
      System.exit(2);
    }
    try {
      Scale.run(callers, tenants);
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void tokens() {
    try {
      Tokens.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void plugins(String[] args) {
    boolean neighbours =
        args.length == 3 && args[1].equals("--only") && args[2].equals("neighbours");
    if (args.length > 1 && !neighbours) {
      System.err.println("aegis bench: plugins takes --only neighbours alone; see --help");
      System.exit(2);
    }
    try {
      Plugged.run(neighbours);
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void limits() {
    try {
      Limited.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void observability() {
    try {
      Observed.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void scrape() {
    try {
      Scraped.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void config() {
    try {
      Declared.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static void journal() {
    try {
      Journal.run();
    } catch (AssertionError | Exception e) {
      System.err.println("aegis bench: " + e);
      System.exit(1);
    }
    System.exit(0);
  }

  private static String value(String[] args, int at) {
    if (at >= args.length) {
      throw new IllegalArgumentException(args[at - 1] + " wants a value");
    }
    return args[at];
  }

  private static int number(String[] args, int at) {
    try {
      int number = Integer.parseInt(value(args, at));
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as any number that cannot be.
    }
    throw new IllegalArgumentException(args[at - 1] + " wants a whole number of at least 1");
  }

  private static void run(Plan plan) throws Exception {
    Path folder = Files.createTempDirectory("aegis-bench");
    Map<String, Served> systems = new LinkedHashMap<>();
    try (KafkaPeer kafka = KafkaPeer.start();
        Nginx backend = Nginx.backend(folder.resolve("backend"), OTHERS)) {
      try {
        systems.put(Report.YARDSTICK, Nginx.proxy(folder.resolve("proxy"), SERVED, backend.port()));
        if (!plan.onlyNginx()) {
          systems.put(
              "HAProxy, bare", Haproxy.start(folder.resolve("haproxy"), SERVED, backend.port()));
          systems.put(
              "Spring Cloud Gateway, bare", SpringCloudGateway.start(SERVED, backend.port()));
        }
        Gateway gateway = Gateway.start(folder.resolve("gateway"), SERVED, kafka, backend.port());
        systems.put(Report.OWN, gateway);
        // All of them get the same headers, and so the same bytes to read.
        Report report = new Report(measure(plan, systems, gateway.headers()));
        System.out.println();
        System.out.print(report.table());
        report.write();
        if (plan.page() != null) {
          report.writeInto(plan.page());
        }
        if (plan.rounds() < 3) {
          System.out.println("fewer than three rounds: a hint, not a figure");
        }
      } finally {
        systems.values().forEach(Served::close);
      }
    }
  }

  private static Map<String, List<Load.Figure>> measure(
      Plan plan, Map<String, Served> systems, Map<String, String> headers)
      throws IOException, InterruptedException {
    Map<String, List<Load.Figure>> figures = new LinkedHashMap<>();
    System.out.println("warming up");
    for (Map.Entry<String, Served> each : systems.entrySet()) {
      Duration part =
          each.getValue().warmsUp()
              ? Duration.ofSeconds(Math.ceilDiv(plan.warmup().toSeconds(), WARMUPS))
              : SHORT_WARMUP;
      for (int i = 0; i < WARMUPS; i++) {
        load(each.getValue(), headers, part);
      }
    }
    for (int round = 1; round <= plan.rounds(); round++) {
      System.out.println("round " + round + " of " + plan.rounds());
      for (Map.Entry<String, Served> each : systems.entrySet()) {
        figures
            .computeIfAbsent(each.getKey(), system -> new ArrayList<>())
            .add(load(each.getValue(), headers, plan.length()));
      }
    }
    return figures;
  }

  private static Load.Figure load(Served system, Map<String, String> headers, Duration length)
      throws IOException, InterruptedException {
    return Load.run(system.port(), Gateway.PATH, headers, OTHERS, length, system.pids());
  }
}
