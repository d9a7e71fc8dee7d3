package dev.aegis.bench;

import dev.aegis.chassis.ExpositionFormat;
import dev.aegis.chassis.Metrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/**
 * What it costs to tell all metrics when they are as many as their bounds allow: 10,000 tenants of
 * ten routes have come, with requests of ten statuses each.
 */
final class Scraped {
  private static final int ROUNDS = 21;
  private static final double GOAL = 50;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Scraped() {}

  /** Measures and prints it. */
  static void run() throws IOException {
    try (Metrics metrics = Metrics.create("bench")) {
      metrics.bound("aegis_requests_total", 50_000);
      for (int tenant = 0; tenant < 10_000; tenant++) {
        request(metrics, metrics.tenant("tenant" + tenant));
      }
      for (ExpositionFormat format : ExpositionFormat.values()) {
        measure(metrics, format);
      }
    }
  }

  private static void request(Metrics metrics, String tenant) {
    for (int i = 0; i < 10; i++) {
      String route = tenant.equals(Metrics.OTHER) ? tenant : "route" + i;
      for (int status = 200; status < 210; status++) {
        metrics
            .counter(
                "aegis_requests_total",
                "Requests",
                "tenant",
                tenant,
                "route",
                route,
                "method",
                "GET",
                "status",
                Integer.toString(status),
                "code",
                "")
            .add();
      }
      for (String name :
          new String[] {"aegis_request_duration_seconds", "aegis_upstream_duration_seconds"}) {
        Metrics.Histogram histogram =
            metrics.histogram(
                name, "Durations", Metrics.durations(), "tenant", tenant, "route", route);
        for (long nanos = 200_000; nanos < 20_000_000_000L; nanos *= 2) {
          histogram.record(
              nanos,
              "01JBZX4Q6V9K3W8E5R7T2Y1U0P",
              "0af7651916cd43dd8448eb211c80319c",
              Instant.ofEpochSecond(1_767_323_045));
        }
      }
    }
  }

  private static void measure(Metrics metrics, ExpositionFormat format) throws IOException {
    double[] took = new double[ROUNDS];
    byte[] text = {};
    for (int round = -ROUNDS; round < ROUNDS; round++) {
      long began = THREADS.getCurrentThreadCpuTime();
      text = metrics.exposition(format);
      if (round >= 0) {
        took[round] = (THREADS.getCurrentThreadCpuTime() - began) / 1e6;
      }
    }
    Arrays.sort(took);
    int lines = 0;
    for (byte one : text) {
      lines += one == '\n' ? 1 : 0;
    }
    long began = THREADS.getCurrentThreadCpuTime();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(text);
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f ms of processor time (%.1f – %.1f) for %d lines, %.1f MB (goal: %.0f ms);"
            + " packed %.1f MB after %.0f ms more%n",
        format.name().toLowerCase(Locale.ROOT),
        took[ROUNDS / 2],
        took[0],
        took[ROUNDS - 1],
        lines,
        text.length / 1e6,
        GOAL,
        packed.size() / 1e6,
        (THREADS.getCurrentThreadCpuTime() - began) / 1e6);
  }
}
