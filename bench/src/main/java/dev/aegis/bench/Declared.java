package dev.aegis.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long the admin service takes with very many objects: to apply them from one document into an
 * empty installation, to find that they hold, to write them out, to list and show some; and how
 * soon one more change is live on a gateway.
 */
final class Declared implements AutoCloseable {
  private static final int TENANTS = 10_000;
  private static final int ROUTES = 8;
  private static final int READS = 200;
  private static final int CHANGES = 50;
  private static final Duration GOAL = Duration.ofMillis(100);
  private static final String TOKEN = "bench";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final int port = FreePorts.next();

  private Declared() {}

  /** Measures and prints it. */
  static void run() throws Exception {
    Path folder = Files.createTempDirectory("aegis-declared");
    try (KafkaPeer kafka = KafkaPeer.start();
        Declared bench = new Declared();
        ChildProcess admin = bench.launch(kafka, folder.resolve("admin"))) {
      byte[] document = JSON.writeValueAsBytes(document());
      System.out.printf(
          "%,d tenants, %,d objects, %,d bytes%n",
          TENANTS, TENANTS * (2 + ROUTES), document.length);
      bench.apply("applied to an empty installation (goal: 60 s)", "", document);
      bench.apply("applied again, nothing to change", "", document);
      bench.apply("rehearsed with prune", "?prune=true&dry_run=true", document);
      long began = System.nanoTime();
      byte[] exported = bench.call("GET", "/admin/config", null);
      System.out.printf("exported in %.1f s: %,d bytes%n", seconds(began), exported.length);
      bench.reads();
      int gatewayPort = FreePorts.next();
      try (ChildProcess gateway =
          Gateway.launch(
              List.of(),
              folder.resolve("gateway"),
              kafka,
              Map.of("AEGIS_GATEWAY_PORT", Integer.toString(gatewayPort)))) {
        bench.changes(gatewayPort);
        gateway.terminate();
      }
      try (var lines = Files.lines(Path.of("/proc/" + admin.pid() + "/status"))) {
        lines.filter(line -> line.startsWith("VmHWM")).forEach(System.out::println);
      }
      admin.terminate();
    }
  }

  private ChildProcess launch(KafkaPeer kafka, Path data) throws InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path options = Repository.root().resolve("services/admin/jvm.options");
    if (Files.exists(options)) {
      command.add("@" + options);
    }
    command.addAll(List.of("-cp", Repository.classPath("services/admin")));
    command.add("dev.aegis.admin.AdminMain");
    Map<String, String> environment = new HashMap<>();
    environment.put("AEGIS_DATA", data.toString());
    environment.put("AEGIS_KAFKA_BOOTSTRAP", kafka.bootstrap());
    environment.put("AEGIS_ADMIN_TOKEN", TOKEN);
    environment.put("AEGIS_ADMIN_PORT", Integer.toString(port));
    environment.put("AEGIS_ADMIN_MANAGEMENT_PORT", "0");
    ChildProcess process = ChildProcess.start(command, environment);
    process.awaitLine(Pattern.compile("admin is ready"), Duration.ofMinutes(2));
    return process;
  }

  private static ObjectNode document() {
    ObjectNode document = JSON.createObjectNode().put("version", 1);
    ArrayNode tenants = document.putArray("tenants");
    for (int i = 0; i < TENANTS; i++) {
      ObjectNode tenant = tenants.addObject().put("id", "t" + i).put("name", "Tenant " + i);
      tenant.putArray("hosts").add("t" + i + ".bench.test");
      ObjectNode upstream = tenant.putArray("upstreams").addObject().put("id", "u");
      upstream.putArray("targets").addObject().put("url", "http://127.0.0.1:9");
      ArrayNode routes = tenant.putArray("routes");
      for (int r = 0; r < ROUTES; r++) {
        routes.add(route("r" + r));
      }
    }
    return document;
  }

  /** One that needs no backend to be seen. */
  private static ObjectNode route(String id) {
    ObjectNode route = JSON.createObjectNode().put("id", id).put("upstream", "u");
    route.putArray("paths").add("/" + id + "/**");
    return route;
  }

  private void apply(String what, String query, byte[] document) throws Exception {
    long began = System.nanoTime();
    JsonNode answer = JSON.readTree(call("PUT", "/admin/config" + query, document));
    System.out.printf(
        "%s: %.1f s, %d created, %d unchanged%n",
        what, seconds(began), answer.path("created").asInt(), answer.path("unchanged").asInt());
  }

  private void reads() throws Exception {
    for (String path :
        List.of("/admin/tenants?limit=50", "/admin/tenants/t5000/routes", "/admin/tenants/t5000")) {
      long[] took = new long[READS];
      for (int i = 0; i < READS; i++) {
        long began = System.nanoTime();
        call("GET", path, null);
        took[i] = System.nanoTime() - began;
      }
      Arrays.sort(took);
      System.out.printf(
          "GET %s: %.1f ms in the middle, %.1f ms at most of %d%n",
          path, took[READS / 2] / 1e6, took[READS - 1] / 1e6, READS);
    }
  }

  /**
   * Each turns a route into one that asks for no token, so its status changes from 401. The first
   * meets code that has not run yet, in the admin service and in the gateway, and is told apart.
   */
  private void changes(int gatewayPort) throws Exception {
    long[] answered = new long[CHANGES];
    long[] live = new long[CHANGES];
    try (Scale.Caller caller = new Scale.Caller(gatewayPort)) {
      for (int i = 0; i < CHANGES; i++) {
        String tenant = "t" + i * 191 % TENANTS;
        ObjectNode route = route("r0").put("auth", "none");
        await(caller, tenant, true);
        long began = System.nanoTime();
        call("PUT", "/admin/tenants/" + tenant + "/routes/r0", JSON.writeValueAsBytes(route));
        answered[i] = System.nanoTime() - began;
        await(caller, tenant, false);
        live[i] = System.nanoTime() - began;
      }
    }
    long first = live[0];
    Arrays.sort(answered);
    Arrays.sort(live, 1, CHANGES);
    System.out.printf(
        "one more change (goal: 100 ms): answered after %.0f ms, live after %.0f ms in the middle,"
            + " %.0f ms at most of %d, %d of them later than the goal; the one before them %.0f ms%n",
        answered[CHANGES / 2] / 1e6,
        live[CHANGES / 2] / 1e6,
        live[CHANGES - 1] / 1e6,
        CHANGES - 1,
        Arrays.stream(live, 1, CHANGES).filter(nanos -> nanos > GOAL.toNanos()).count(),
        first / 1e6);
  }

  private static void await(Scale.Caller caller, String tenant, boolean closed)
      throws IOException, InterruptedException {
    while ((caller.get(tenant, "/r0/x") == 401) != closed) {
      Thread.sleep(1);
    }
  }

  private byte[] call(String method, String path, byte @Nullable [] body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Authorization", "Bearer " + TOKEN)
            .header("Content-Type", "application/json")
            .method(
                method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
    if (response.statusCode() / 100 != 2) {
      throw new IOException(
          method
              + " "
              + path
              + ": "
              + response.statusCode()
              + " "
              + new String(response.body(), StandardCharsets.UTF_8));
    }
    return response.body();
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  @Override
  public void close() {
    client.close();
  }
}
