package dev.aegis.bench;

import dev.aegis.bus.BusSettings;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalWriter;
import dev.aegis.bus.Topics;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How the gateway does with very many of something: connections, streams, bytes, tenants. Each
 * figure is of the gateway's process, as it is started by {@code ./aegis}.
 */
final class Scale {
  private static final int CONNECTIONS = 10_000;
  private static final int STREAMS = 1_000;
  private static final int BODIES = 8;
  private static final int TENANTS = 10_000;
  private static final int ROUTES = 10;
  private static final int CHANGES = 50;
  private static final Duration STOP = Duration.ofSeconds(60);

  private final KafkaPeer kafka;
  private final SlowBackend backend;
  private final Path folder;

  private Scale(KafkaPeer kafka, SlowBackend backend, Path folder) {
    this.kafka = kafka;
    this.backend = backend;
    this.folder = folder;
  }

  /**
   * Measures and prints it.
   *
   * @param callers whether to measure connections, streams and bodies
   * @param tenants whether to measure tenants and changes of their configuration
   */
  static void run(boolean callers, boolean tenants) throws Exception {
    Path folder = Files.createTempDirectory("aegis-scale");
    try (SlowBackend backend = SlowBackend.start()) {
      if (callers) {
        try (KafkaPeer kafka = KafkaPeer.start()) {
          new Scale(kafka, backend, folder.resolve("few")).callers();
        }
      }
      if (tenants) {
        try (KafkaPeer kafka = KafkaPeer.start()) {
          new Scale(kafka, backend, folder.resolve("many")).tenants();
        }
      }
    }
  }

  private void callers() throws Exception {
    BusSettings bus = new BusSettings(kafka.bootstrap(), "bench");
    Topics.ensure(bus);
    try (JournalWriter journal = new JournalWriter(bus)) {
      tenant(journal, "a", 1);
    }
    int port = FreePorts.next();
    try (ChildProcess gateway = launch(port)) {
      System.out.printf("%d MB resident at the start%n", memory(gateway.pid(), "VmRSS"));
      bodies(port);
      System.out.printf("%d MB resident at most so far%n", memory(gateway.pid(), "VmHWM"));
      streams(port);
      System.out.printf("%d MB resident at most so far%n", memory(gateway.pid(), "VmHWM"));
      idle(port, gateway);
      gateway.terminate();
    }
  }

  private ChildProcess launch(int port) throws InterruptedException {
    return Gateway.launch(
        List.of(), folder, kafka, Map.of("AEGIS_GATEWAY_PORT", Integer.toString(port)));
  }

  private static void idle(int port, ChildProcess gateway) throws Exception {
    List<Caller> callers = new ArrayList<>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        Caller caller = new Caller(port);
        callers.add(caller);
        caller.get("a", "/r0");
      }
      long resident = memory(gateway.pid(), "VmRSS");
      int alive = 0;
      for (Caller caller : callers) {
        alive += caller.get("a", "/r0") == 200 ? 1 : 0;
      }
      System.out.printf(
          "%,d idle connections: %d MB resident (goal: below 400)%n", CONNECTIONS, resident);
      System.out.printf(
          "%,d of them answered again: %d MB%n", alive, memory(gateway.pid(), "VmRSS"));
    } finally {
      for (Caller caller : callers) {
        caller.close();
      }
    }
  }

  private static void streams(int port) throws Exception {
    long began = System.nanoTime();
    long whole =
        together(
            STREAMS,
            () -> {
              try (Caller caller = new Caller(port)) {
                return caller.stream() == (long) SlowBackend.CHUNKS * SlowBackend.CHUNK ? 1L : 0L;
              }
            });
    System.out.printf(
        "%,d streams of %d s at once: %,d whole, after %.1f s%n",
        STREAMS, SlowBackend.STREAM_MILLIS / 1000, whole, (System.nanoTime() - began) / 1e9);
  }

  private static void bodies(int port) throws Exception {
    for (boolean up : new boolean[] {true, false}) {
      long began = System.nanoTime();
      long bytes =
          together(
              BODIES,
              () -> {
                try (Caller caller = new Caller(port)) {
                  return up ? caller.upload() : caller.download();
                }
              });
      double seconds = (System.nanoTime() - began) / 1e9;
      System.out.printf(
          "%d bodies of 100 MB %s at once: %,d bytes in %.1f s, %.0f MB/s%n",
          BODIES, up ? "up" : "down", bytes, seconds, bytes / seconds / (1 << 20));
    }
  }

  private void tenants() throws Exception {
    BusSettings bus = new BusSettings(kafka.bootstrap(), "bench");
    Topics.ensure(bus);
    try (JournalWriter journal = new JournalWriter(bus)) {
      AtomicLong next = new AtomicLong();
      together(
          64,
          () -> {
            for (long i = next.getAndIncrement(); i < TENANTS; i = next.getAndIncrement()) {
              tenant(journal, "t" + i, ROUTES);
            }
            return 0L;
          });
      int port = FreePorts.next();
      long began = System.nanoTime();
      try (ChildProcess gateway = launch(port)) {
        await(port, "t" + (TENANTS - 1), "/r0");
        System.out.printf(
            "%,d tenants with %d routes each: in force %.1f s after the start, %d MB resident%n",
            TENANTS, ROUTES, (System.nanoTime() - began) / 1e9, memory(gateway.pid(), "VmRSS"));
        changes(journal, port);
        System.out.printf(
            "%d MB resident at most (goal: below 1024)%n", memory(gateway.pid(), "VmHWM"));
        gateway.stop(STOP);
      }
    }
    restart();
  }

  /** The same gateway once more: it has its configuration on disk. */
  private void restart() throws Exception {
    int port = FreePorts.next();
    long began = System.nanoTime();
    try (ChildProcess gateway = launch(port)) {
      await(port, "t" + (TENANTS - 1), "/r0");
      System.out.printf(
          "started again: in force %.1f s after the start (goal: 2)%n",
          (System.nanoTime() - began) / 1e9);
      gateway.terminate();
    }
  }

  /** One route after another becomes live, while requests of all tenants go through. */
  private void changes(JournalWriter journal, int port) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong failed = new AtomicLong();
    AtomicLong served = new AtomicLong();
    List<Future<Long>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        int first = i;
        callers.add(
            threads.submit(
                () -> {
                  try (Caller caller = new Caller(port)) {
                    for (int tenant = first; !over.get(); tenant = (tenant + 7) % TENANTS) {
                      boolean well = caller.get("t" + tenant, "/r" + tenant % ROUTES) == 200;
                      (well ? served : failed).incrementAndGet();
                    }
                  }
                  return served.get();
                }));
      }
      long[] live = new long[CHANGES];
      try (Caller caller = new Caller(port)) {
        for (int i = 0; i < CHANGES; i++) {
          String tenant = "t" + i * 191 % TENANTS;
          long began = System.nanoTime();
          route(journal, tenant, "new" + i);
          while (caller.get(tenant, "/new" + i) != 200) {
            Thread.sleep(1);
          }
          live[i] = System.nanoTime() - began;
        }
      } finally {
        over.set(true);
      }
      for (Future<Long> caller : callers) {
        caller.get(); // one that broke off is a failure of the bench
      }
      Arrays.sort(live);
      System.out.printf(
          "a change under load: live after %.0f ms in the middle, %.0f ms at most of %d (goal: 100)%n",
          live[CHANGES / 2] / 1e6, live[CHANGES - 1] / 1e6, CHANGES);
    }
    System.out.printf("%,d requests meanwhile, %d failed%n", served.get(), failed.get());
  }

  private void tenant(JournalWriter journal, String id, int routes)
      throws BusUnavailable, InterruptedException {
    Gateway.put(journal, "tenants/" + id, Map.of("id", id, "name", id));
    Gateway.put(
        journal,
        "tenants/" + id + "/upstreams/u",
        Map.of("id", "u", "targets", List.of(Map.of("url", "http://127.0.0.1:" + backend.port()))));
    for (int i = 0; i < routes; i++) {
      route(journal, id, "r" + i);
    }
    if (routes == 1) {
      for (String path : List.of("slow", "large", "count")) {
        route(journal, id, path);
      }
    }
  }

  private static void route(JournalWriter journal, String tenant, String id)
      throws BusUnavailable, InterruptedException {
    Gateway.put(
        journal,
        "tenants/" + tenant + "/routes/" + id,
        Map.of("id", id, "paths", List.of("/" + id + "/**"), "upstream", "u", "auth", "none"));
  }

  private static void await(int port, String tenant, String path) throws Exception {
    for (int i = 0; i < 60_000; i++) {
      try (Caller caller = new Caller(port)) {
        if (caller.get(tenant, path) == 200) {
          return;
        }
      }
      Thread.sleep(5);
    }
    throw new AssertionError("the tenants did not come into force");
  }

  /** The sum of what so many at once come to. */
  private static long together(int count, Callable<Long> each) throws Exception {
    long sum = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(threads.submit(each));
      }
      for (Future<Long> one : all) {
        sum += one.get();
      }
    }
    return sum;
  }

  /** A line of {@code /proc/PID/status} in MB. */
  static long memory(long pid, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    throw new AssertionError("there is no " + name);
  }

  /** A connection of a caller. */
  static final class Caller implements AutoCloseable {
    private final Socket socket = new Socket();
    private final InputStream in;

    Caller(int port) throws IOException {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 30_000);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(60_000);
      in = new BufferedInputStream(socket.getInputStream(), 512);
    }

    private String ask(String line, String tenant, String more) throws IOException {
      SlowBackend.send(
          socket.getOutputStream(),
          line + " HTTP/1.1\r\nHost: " + tenant + ".example.com\r\n" + more + "\r\n");
      return more.isEmpty() ? reply() : "";
    }

    private String reply() throws IOException {
      String head = SlowBackend.head(in);
      if (head == null) {
        throw new IOException("the connection ended where a reply was expected");
      }
      return head;
    }

    private static int status(String head) {
      return Integer.parseInt(head.substring(9, 12));
    }

    int get(String tenant, String path) throws IOException {
      String head = ask("GET " + path, tenant, "");
      in.skipNBytes(SlowBackend.length(head));
      return status(head);
    }

    /** Bytes of the body that came in chunks. */
    long stream() throws IOException {
      String head = ask("GET /slow", "a", "");
      long bytes = 0;
      while (status(head) == 200) {
        StringBuilder size = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
          if (next < 0) {
            return -1;
          }
          size.append((char) next);
        }
        int length = Integer.parseInt(size.toString().strip(), 16);
        in.skipNBytes(length + 2L);
        if (length == 0) {
          return bytes;
        }
        bytes += length;
      }
      return -1;
    }

    long upload() throws IOException {
      ask("PUT /count", "a", "Content-Length: " + SlowBackend.LARGE + "\r\n");
      byte[] part = new byte[64 * 1024];
      for (long left = SlowBackend.LARGE; left > 0; left -= part.length) {
        socket.getOutputStream().write(part);
      }
      String head = reply();
      byte[] body = in.readNBytes((int) SlowBackend.length(head));
      return Long.parseLong(new String(body, StandardCharsets.US_ASCII));
    }

    long download() throws IOException {
      String head = ask("GET /large", "a", "");
      byte[] part = new byte[64 * 1024];
      long got = 0;
      while (got < SlowBackend.length(head)) {
        int count = in.read(part);
        if (count < 0) {
          break;
        }
        got += count;
      }
      return got;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
