package dev.aegis.bench;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.JournalWriter;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What plugins cost the gateway: what one thread does to ask each phase of a chain without any, and
 * processor time of the gateway's process per request, user and system, on a route with ten of them
 * over one without any.
 */
final class Plugged {
  private static final int ROUNDS = 7;
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration WARMUP = Duration.ofSeconds(30);
  private static final Duration SETTLING = Duration.ofSeconds(30);
  private static final int REQUESTS = 20_000_000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final String PATH = "/plugged";
  private static final Map<String, String> HOST = Map.of("Host", "tenant123.example.com");

  private Plugged() {}

  /**
   * Measures and prints it.
   *
   * @param neighbours whether nothing but what other tenants notice is measured
   */
  static void run(boolean neighbours) throws Exception {
    Path folder = Files.createTempDirectory("aegis-plugged");
    try (KafkaPeer kafka = KafkaPeer.start();
        Nginx backend = Nginx.backend(folder.resolve("backend"), BenchMain.OTHERS)) {
      if (!neighbours) {
        ofNone();
        ofTen(kafka, folder, backend.port());
      }
      Neighbours.run(kafka, folder, backend.port());
    }
  }

  private static void ofNone() {
    Chain[] chains = {Chain.NONE, Chain.of(List.of(), true)};
    Phase[] phases = Phase.values();
    double[] more = new double[ROUNDS];
    long taking = 0;
    for (int round = -2; round < ROUNDS; round++) {
      long began = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < REQUESTS; i++) {
        taking += chains[i & 1].links().size();
      }
      long between = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < REQUESTS; i++) {
        Chain chain = chains[i & 1];
        taking += chain.links().size();
        for (Phase phase : phases) {
          taking += chain.has(phase) ? 1 : 0;
        }
      }
      long ended = THREADS.getCurrentThreadCpuTime();
      if (round >= 0) {
        more[round] = (double) (ended - between - (between - began)) / REQUESTS;
      }
    }
    Arrays.sort(more);
    System.out.printf(
        "a chain without any costs %.1f ns a request (%.1f – %.1f), %d phases asked, %d taken part%n",
        more[ROUNDS / 2], more[0], more[ROUNDS - 1], phases.length, taking);
  }

  private static void ofTen(KafkaPeer kafka, Path folder, int backendPort) throws Exception {
    try (Gateway gateway =
        Gateway.start(folder.resolve("gateway"), BenchMain.SERVED, kafka, backendPort)) {
      try (JournalWriter journal = new JournalWriter(new BusSettings(kafka.bootstrap(), "bench"))) {
        publish(journal);
      }
      await(gateway.port());
      for (int i = 0; i < 2; i++) {
        load(gateway, PATH, WARMUP);
        load(gateway, Gateway.OPEN_PATH, WARMUP);
      }
      double[] more = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        double with = load(gateway, PATH, LENGTH);
        double without = load(gateway, Gateway.OPEN_PATH, LENGTH);
        more[round] = with - without;
        System.out.printf("with ten plugins %.1f µs, without any %.1f µs%n", with, without);
      }
      Arrays.sort(more);
      System.out.printf(
          "ten plugins that change headers cost %.1f µs (%.1f – %.1f) (goal: 5)%n",
          more[ROUNDS / 2], more[0], more[ROUNDS - 1]);
    }
  }

  /** The plugins stand before the route: what is there when it is live is all of them. */
  private static void publish(JournalWriter journal) throws Exception {
    String own = "tenants/tenant123";
    for (int i = 0; i < 5; i++) {
      for (String plugin : List.of("request_headers", "response_headers")) {
        String id = plugin.replace('_', '-') + "-" + i;
        Gateway.put(
            journal,
            own + "/plugins/" + id,
            Map.of(
                "id",
                id,
                "plugin",
                plugin,
                "route",
                "plugged",
                "config",
                Map.of("set", Map.of("X-Bench-" + i, "value-" + i))));
      }
    }
    Gateway.put(
        journal,
        own + "/routes/plugged",
        Map.of("id", "plugged", "paths", List.of(PATH), "upstream", "orders", "auth", "none"));
  }

  /** Until the fifth plugin's line is in a reply. */
  private static void await(int port) throws IOException, InterruptedException {
    long most = System.nanoTime() + SETTLING.toNanos();
    byte[] request =
        ("GET " + PATH + " HTTP/1.1\r\nHost: " + HOST.get("Host") + "\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    while (System.nanoTime() < most) {
      try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
        socket.getOutputStream().write(request);
        String reply =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        if (reply.contains("X-Bench-4: value-4")) {
          return;
        }
      }
      Thread.sleep(20);
    }
    throw new IOException("the plugins are not in force after " + SETTLING.toSeconds() + " s");
  }

  private static double load(Gateway gateway, String path, Duration length)
      throws IOException, InterruptedException {
    return Load.run(gateway.port(), path, HOST, BenchMain.OTHERS, length, gateway.pids())
        .microseconds();
  }
}
