package dev.aegis.bench;

import com.sun.net.httpserver.HttpServer;
import dev.aegis.chassis.Metrics;
import dev.aegis.events.Blame;
import dev.aegis.events.JsonBytes;
import dev.aegis.events.RequestEvent;
import dev.aegis.gateway.telemetry.AccessLines;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.telemetry.RequestMetrics;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * What it costs to tell of a request. First what the thread that does it spends on each thing, in a
 * loop; then processor time of the gateway's process as it comes, with traces, and with Datadog as
 * well, and how much of that is spent by which thread.
 */
final class Observed {
  private static final int LOOP = 500_000;
  private static final int ROUNDS = 7;
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration WARMUP = Duration.ofSeconds(20);
  private static final int WARMUPS = 3;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** A clock tick of /proc in nanoseconds: USER_HZ is 100 wherever Linux runs Java. */
  private static final long TICK = 10_000_000;

  private static final Map<String, String> BY_THREAD =
      Map.of(
          "telemetry", "records: metrics, log line, event",
          "kafka-producer-", "events to Kafka",
          "log", "the log's file",
          "spans", "spans to the collector",
          "datadog", "metrics and lines to Datadog");

  private Observed() {}

  /** Measures and prints it. */
  static void run() throws Exception {
    loops();
    Path folder = Files.createTempDirectory("aegis-observed");
    HttpServer taker =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    taker.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    taker.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            exchange.sendResponseHeaders(
                exchange.getRequestURI().getPath().startsWith("/v1/") ? 200 : 202, -1);
          }
        });
    taker.start();
    String url = "http://127.0.0.1:" + taker.getAddress().getPort();
    Map<String, String> traces = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    Map<String, String> all = new TreeMap<>(traces);
    all.put("DD_API_KEY", "of-the-bench");
    all.put("AEGIS_DATADOG_URL", url);
    Map<String, Map<String, String>> ways = new LinkedHashMap<>();
    ways.put("as it comes", Map.of());
    ways.put("with traces, 1 of 100 kept", traces);
    ways.put("with traces and Datadog", all);
    try (KafkaPeer kafka = KafkaPeer.start();
        Nginx backend = Nginx.backend(folder.resolve("backend"), BenchMain.OTHERS)) {
      processes(folder, kafka, backend.port(), ways);
    } finally {
      taker.stop(0);
    }
  }

  private static void loops() {
    Metrics metrics = Metrics.create("gateway");
    RequestMetrics counted = new RequestMetrics(metrics);
    AccessLines lines = new AccessLines();
    JsonBytes scratch = new JsonBytes();
    System.out.println("what one thread spends on a request, of 1,000 different ones in turn:");
    loop(
        "metrics with exemplars",
        request -> {
          counted.count(request.event(), request.traced() != null);
          return 1;
        });
    loop(
        "a line of the access log",
        request -> {
          lines.add(request);
          return lines.size() > 1 << 16 ? lines.take().length : 0;
        });
    loop("an event's JSON", request -> request.event().toJson(scratch).length);
    metrics.close();
  }

  private static void loop(String what, ToLongFunction<Finished> todo) {
    List<Finished> requests = requests();
    double[] each = new double[ROUNDS];
    long seen = 0;
    for (int round = -2; round < ROUNDS; round++) {
      long began = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < LOOP; i++) {
        seen += todo.applyAsLong(requests.get(i % requests.size()));
      }
      if (round >= 0) {
        each[round] = (double) (THREADS.getCurrentThreadCpuTime() - began) / LOOP;
      }
    }
    Arrays.sort(each);
    if (seen == 0) {
      throw new IllegalStateException("nothing was done");
    }
    System.out.printf(
        Locale.ROOT,
        "  %s: %.0f ns (%.0f – %.0f)%n",
        what,
        each[ROUNDS / 2],
        each[0],
        each[ROUNDS - 1]);
  }

  private static List<Finished> requests() {
    List<Finished> requests = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      RequestEvent event =
          new RequestEvent(
              "0193a0a0-0000-7000-8000-" + String.format(Locale.ROOT, "%012d", i),
              "tenant" + i % 100,
              "orders",
              "orders",
              "user-" + i,
              "jwt",
              "GET",
              "/api/v1/orders/" + i,
              200,
              null,
              Blame.NONE,
              0,
              157,
              Instant.ofEpochMilli(1_700_000_000_000L + i),
              800 + i,
              600 + i,
              200,
              1,
              "127.0.0.1:9000",
              null,
              "bench",
              String.format(Locale.ROOT, "4bf92f3577b34da6a3ce929d%08x", i),
              "gateway-bench");
      requests.add(new Finished(event, "127.0.0.1", null, null));
    }
    return requests;
  }

  private static void processes(
      Path folder, KafkaPeer kafka, int backendPort, Map<String, Map<String, String>> ways)
      throws Exception {
    Map<String, Gateway> gateways = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Map<String, String>> way : ways.entrySet()) {
        Path data = folder.resolve("gateway-" + gateways.size());
        gateways.put(
            way.getKey(),
            Gateway.start(data, BenchMain.SERVED, kafka, backendPort, way.getValue()));
      }
      String last = List.copyOf(gateways.keySet()).getLast();
      // All of them have one configuration, in which the last one's issuer took the others' place.
      Map<String, String> headers = List.copyOf(gateways.values()).getLast().headers();
      for (Gateway gateway : gateways.values()) {
        for (int i = 0; i < WARMUPS; i++) {
          load(gateway, headers, WARMUP);
        }
      }
      Map<String, double[]> figures = new LinkedHashMap<>();
      Map<String, Double> threads = new TreeMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        for (Map.Entry<String, Gateway> each : gateways.entrySet()) {
          long pid = each.getValue().pids().getFirst();
          Map<String, Long> before = ofThreads(pid);
          Load.Figure figure = load(each.getValue(), headers, LENGTH);
          figures.computeIfAbsent(each.getKey(), _ -> new double[ROUNDS])[round] =
              figure.microseconds();
          if (each.getKey().equals(last)) {
            ofThreads(pid)
                .forEach(
                    (name, nanos) ->
                        threads.merge(
                            name,
                            (nanos - before.getOrDefault(name, 0L))
                                / 1_000.0
                                / figure.requests()
                                / ROUNDS,
                            Double::sum));
          }
        }
      }
      System.out.println("processor time of the gateway's process for a request:");
      double[] first = figures.values().iterator().next();
      figures.forEach(
          (what, each) -> {
            double[] ratios = new double[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
              ratios[i] = each[i] / first[i];
            }
            System.out.printf(
                Locale.ROOT,
                "  %s: %.1f µs, %s × the first (%s – %s)%n",
                what,
                at(each, ROUNDS / 2),
                ratio(ratios, ROUNDS / 2),
                ratio(ratios, 0),
                ratio(ratios, ROUNDS - 1));
          });
      System.out.println("of the last, by thread:");
      threads.forEach(
          (what, micros) -> System.out.printf(Locale.ROOT, "  %s: %.2f µs%n", what, micros));
    } finally {
      gateways.values().forEach(Gateway::close);
    }
  }

  private static String ratio(double[] values, int at) {
    return String.format(Locale.ROOT, "%.2f", at(values, at));
  }

  private static double at(double[] values, int at) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[at];
  }

  private static Load.Figure load(Gateway gateway, Map<String, String> headers, Duration length)
      throws IOException, InterruptedException {
    return Load.run(
        gateway.port(), Gateway.PATH, headers, BenchMain.OTHERS, length, gateway.pids());
  }

  /** Nanoseconds of processor that the threads of a process have had, by what they do. */
  private static Map<String, Long> ofThreads(long pid) throws IOException {
    Map<String, Long> nanos = new TreeMap<>();
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads.toList()) {
        String stat;
        try {
          stat = Files.readString(thread.resolve("stat"));
        } catch (IOException e) {
          continue; // it has ended
        }
        // proc(5): the name stands in brackets and may have spaces; fields 14 and 15 behind it.
        String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        nanos.merge(BY_THREAD.getOrDefault(name, "all else"), ticks * TICK, Long::sum);
      }
    }
    return nanos;
  }
}
