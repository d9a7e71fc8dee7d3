package dev.aegis.bench;

import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Processes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * What tokens cost the gateway: processor time of its process per request, user and system, and its
 * memory. All tokens are RS256 of about 600 bytes.
 */
final class Tokens {
  private static final int ROUNDS = 7;
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration WARMUP = Duration.ofSeconds(30);
  private static final int CONNECTIONS = 16;
  private static final int DISTINCT = 4_000;

  /** Rounds of distinct tokens after which the compiler is done with the path of a new token. */
  private static final int COLD_WARMUP = 8;

  private static final int VERY_MANY = 100_000;

  private final Gateway gateway;

  private Tokens(Gateway gateway) {
    this.gateway = gateway;
  }

  /** Measures and prints it. */
  static void run() throws Exception {
    Path folder = Files.createTempDirectory("aegis-tokens");
    try (KafkaPeer kafka = KafkaPeer.start();
        Nginx backend = Nginx.backend(folder.resolve("backend"), BenchMain.OTHERS);
        Gateway gateway =
            Gateway.start(folder.resolve("gateway"), BenchMain.SERVED, kafka, backend.port())) {
      Tokens tokens = new Tokens(gateway);
      tokens.known();
      tokens.seenForTheFirstTime();
      tokens.veryMany();
    }
  }

  /** A token that it knows, over one that nobody asks for: the same bytes to read. */
  private void known() throws IOException, InterruptedException {
    Map<String, String> token = gateway.headers();
    for (int i = 0; i < 2; i++) {
      load(Gateway.PATH, token, WARMUP);
      load(Gateway.OPEN_PATH, token, WARMUP);
    }
    double[] more = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      double with = load(Gateway.PATH, token, LENGTH);
      double without = load(Gateway.OPEN_PATH, token, LENGTH);
      more[round] = with - without;
      System.out.printf("a known token %.1f µs, not asked for it %.1f µs%n", with, without);
    }
    System.out.printf(
        "a known token costs %.1f µs (%.1f – %.1f) over auth none (goal: 2)%n",
        median(more), Arrays.stream(more).min().orElse(0), Arrays.stream(more).max().orElse(0));
  }

  private double load(String path, Map<String, String> headers, Duration length)
      throws IOException, InterruptedException {
    return Load.run(gateway.port(), path, headers, BenchMain.OTHERS, length, gateway.pids())
        .microseconds();
  }

  /** A token that it has never seen, over the same once it is known. */
  private void seenForTheFirstTime() throws Exception {
    for (int round = 0; round < COLD_WARMUP; round++) {
      ask(tokens("warm-" + round, DISTINCT));
    }
    double[] more = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      List<String> tokens = tokens("cold-" + round, DISTINCT);
      double first = ask(tokens);
      double again = ask(tokens);
      more[round] = first - again;
      System.out.printf("a token seen first %.1f µs, again %.1f µs%n", first, again);
    }
    System.out.printf(
        "to verify RS256 costs %.1f µs (%.1f – %.1f) (goal: 150)%n",
        median(more), Arrays.stream(more).min().orElse(0), Arrays.stream(more).max().orElse(0));
  }

  /** What it takes to know very many. */
  private void veryMany() throws Exception {
    System.out.printf("%d MB resident before very many tokens%n", resident());
    for (int all = 0; all < 2; all++) {
      for (int part = 0; part < VERY_MANY / DISTINCT; part++) {
        ask(tokens("many-" + all + "-" + part, DISTINCT));
      }
      System.out.printf(
          "%d MB resident after %,d distinct tokens%n", resident(), (all + 1) * VERY_MANY);
    }
  }

  private List<String> tokens(String name, int count) {
    return IntStream.range(0, count)
        .parallel()
        .mapToObj(i -> gateway.token(name + "-" + i))
        .toList();
  }

  /** Sends a request with each; microseconds of the gateway's processor time per request. */
  private double ask(List<String> tokens) throws Exception {
    long before = cpu();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        int share = tokens.size() / CONNECTIONS;
        List<String> own = tokens.subList(i * share, (i + 1) * share);
        all.add(
            threads.submit(
                () -> {
                  askOverOneConnection(own);
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    return (cpu() - before) / 1_000.0 / tokens.size();
  }

  private void askOverOneConnection(List<String> tokens) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), gateway.port())) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream(), 2048);
      for (String token : tokens) {
        String request =
            "GET "
                + Gateway.PATH
                + " HTTP/1.1\r\nHost: tenant123.example.com\r\nAuthorization: Bearer "
                + token
                + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String head = SlowBackend.head(in);
        if (head == null || !head.startsWith("HTTP/1.1 200 ")) {
          throw new IOException("the reply is not 200: " + head);
        }
        in.skipNBytes(SlowBackend.length(head));
      }
    }
  }

  private long cpu() {
    return gateway.pids().stream().mapToLong(Processes::cpuNanos).sum();
  }

  private long resident() throws IOException {
    return Scale.memory(gateway.pids().getFirst(), "VmRSS");
  }

  private static double median(double[] figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
