package dev.aegis.tests;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.journal.MasterKey;
import dev.aegis.testkit.ChildProcess;
import dev.aegis.testkit.ConsulPeer;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import dev.aegis.testkit.RedisPeer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code compose.yaml} describes, as plain processes on loopback: real peers, and each
 * container of the image as the image's entry point starts it, with the commands, the variables and
 * the health checks that are written there, on a runtime of the image's modules. Only the names of
 * containers are other ones, and ports are free ones.
 */
final class ComposedStack implements AutoCloseable {
  static final String ADMIN_TOKEN = MasterKey.newText();
  private static final Duration BOUND = Duration.ofMinutes(3);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Settings by the port of the container that they would change. */
  private static final Map<String, String> PORTS =
      Map.of(
          "8000", "AEGIS_GATEWAY_PORT",
          "8443", "AEGIS_GATEWAY_TLS_PORT",
          "8100", "AEGIS_GATEWAY_MANAGEMENT_PORT",
          "4567", "AEGIS_ADMIN_PORT",
          "4568", "AEGIS_ADMIN_MANAGEMENT_PORT",
          "4570", "AEGIS_ANALYTICS_PORT",
          "4580", "AEGIS_WEBHOOKS_PORT");

  private static final Map<String, List<String>> LISTENS =
      Map.of(
          "gateway", List.of("8000", "8443", "8100"),
          "admin", List.of("4567", "4568"),
          "analytics", List.of("4570"),
          "webhook-dispatcher", List.of("4580"),
          "sample", List.of("9000"));

  private final Path folder;
  private final Path image;
  private final Map<String, String> more;
  private final String masterKey = MasterKey.newText();
  private final KafkaPeer kafka;
  private final RedisPeer redis;
  private final ConsulPeer consul;

  /** Host and port as in the network of the containers, to those on loopback. */
  private final Map<String, String> addresses = new HashMap<>();

  private final Map<String, ChildProcess> processes = new HashMap<>();
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * Starts all of it, and waits until it is healthy and the demo is published.
   *
   * @param folder of the test's own
   * @param more variables of each process
   */
  ComposedStack(Path folder, Map<String, String> more) throws Exception {
    this.folder = folder;
    this.more = Map.copyOf(more);
    this.image = folder.resolve("image");
    try {
      this.kafka = started(KafkaPeer.start());
      this.redis = started(RedisPeer.start());
      this.consul = started(ConsulPeer.start());
      addresses.put("kafka:9092", kafka.bootstrap());
      addresses.put("redis:6379", "127.0.0.1:" + redis.port());
      addresses.put("consul:8500", "127.0.0.1:" + consul.port());
      ComposedImage.layOut(image);
      List<Compose.Service> ours =
          Compose.services().stream().filter(Compose.Service::ours).toList();
      for (Compose.Service service : ours) {
        for (String port : LISTENS.getOrDefault(service.command().getFirst(), List.of())) {
          addresses.put(service.name() + ":" + port, "127.0.0.1:" + FreePorts.next());
        }
      }
      register();
      for (Compose.Service service : ours) {
        if (LISTENS.containsKey(service.command().getFirst())) {
          processes.put(service.name(), started(start(service)));
        }
      }
      ours.forEach(this::awaitHealthy);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  private void register() throws IOException {
    JsonNode registered =
        JSON.readTree(Documents.text(Compose.FOLDER.resolve("consul/services.json")));
    for (JsonNode service : registered.path("services")) {
      String at = service.path("address").asText() + ":" + service.path("port").asInt();
      consul.register(
          service.path("name").asText(),
          service.path("id").asText(),
          Integer.parseInt(local(at).substring(local(at).indexOf(':') + 1)));
    }
  }

  private ChildProcess start(Compose.Service service) {
    Map<String, String> environment = environment(service);
    environment.putAll(more);
    environment.put("AEGIS_BIND", "127.0.0.1");
    environment.put("AEGIS_DATA", folder.resolve(service.name()).toString());
    environment.put("AEGIS_NODE", service.name());
    for (String port : LISTENS.getOrDefault(service.command().getFirst(), List.of())) {
      String setting = PORTS.get(port);
      if (setting != null) {
        environment.put(setting, port(service.name() + ":" + port));
      }
    }
    return ChildProcess.start(command(service.command(), service.name()), environment);
  }

  private List<String> command(List<String> arguments, String service) {
    List<String> command = new ArrayList<>(List.of(image.resolve("aegis").toString()));
    for (String argument : arguments) {
      command.add(argument.replace("0.0.0.0:9000", at(service, "9000")));
    }
    return command;
  }

  private Map<String, String> environment(Compose.Service service) {
    Map<String, String> given =
        Map.of(
            "AEGIS_MASTER_KEY", masterKey,
            "AEGIS_ADMIN_TOKEN", ADMIN_TOKEN,
            "AEGIS_SUBNET", "127.0.0.0/8");
    Map<String, String> environment = new TreeMap<>();
    service
        .environment()
        .forEach((name, value) -> environment.put(name, local(Compose.filled(value, given))));
    environment.computeIfPresent(
        "AEGIS_PLUGINS_FOLDER", (_, _) -> folder.resolve("plugins").toString());
    return environment;
  }

  /** A text in which containers are named, for processes on loopback. */
  private String local(String text) {
    String local = text;
    for (Map.Entry<String, String> each : addresses.entrySet()) {
      String name = each.getKey();
      if (local.equals(name) || local.contains("//" + name)) {
        local = local.replace(name, each.getValue());
      }
    }
    return local;
  }

  private String at(String service, String port) {
    return addresses.getOrDefault(service + ":" + port, "");
  }

  private String port(String address) {
    String local = addresses.get(address);
    if (local == null) {
      throw new AssertionError(address + " is not there");
    }
    return local.substring(local.indexOf(':') + 1);
  }

  private void awaitHealthy(Compose.Service service) {
    List<String> check = service.healthCheck();
    if (check.isEmpty()) {
      return;
    }
    List<String> command =
        List.of(
            image.resolve(check.getFirst()).toString(),
            port(service.name() + ":" + check.get(1)),
            check.get(2));
    ChildProcess process = processes.get(service.name());
    await(service.name())
        .atMost(BOUND)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              if (process == null || !process.alive()) {
                throw new AssertionError(
                    service.name() + " ended: " + (process == null ? "" : process.output()));
              }
              try (ChildProcess healthy = ChildProcess.start(command, Map.of())) {
                return healthy.awaitExit(Duration.ofSeconds(30)) == 0;
              }
            });
  }

  /** Publishes the demo as the container of that name does, and says what that printed. */
  String demo() throws Exception {
    Compose.Service demo = Compose.service("demo");
    Path document = folder.resolve("demo.yaml");
    String text = Documents.text(Compose.FOLDER.resolve("demo.yaml"));
    Files.writeString(document, text.replace("receiver:9000", at("receiver", "9000")));
    List<String> command =
        command(
            demo.command().stream()
                .map(each -> each.equals("/etc/aegis/demo.yaml") ? document.toString() : each)
                .toList(),
            "demo");
    try (ChildProcess process = ChildProcess.start(command, environment(demo))) {
      if (process.awaitExit(BOUND) != 0) {
        throw new AssertionError(process.output());
      }
      return process.output();
    }
  }

  /** Where plugins of all gateways are. */
  Path plugins() {
    return folder.resolve("plugins");
  }

  /** The process of a container. */
  ChildProcess process(String service) {
    ChildProcess process = processes.get(service);
    if (process == null) {
      throw new AssertionError(service + " was not started");
    }
    return process;
  }

  /** Host and port on loopback of what containers know as {@code service:port}. */
  String address(String service, int port) {
    return "127.0.0.1:" + port(service + ":" + port);
  }

  /** Asks one of the gateways as a caller. */
  HttpResponse<String> ask(String gateway, String tenant, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + address(gateway, 8000) + path))
            .timeout(Duration.ofSeconds(30))
            .header("Host", tenant + ".example.com");
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Asks the admin API. */
  JsonNode admin(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address("admin", 4567) + "/admin/" + path))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + ADMIN_TOKEN)
            .build();
    HttpResponse<String> reply = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new AssertionError(path + ": " + reply.statusCode() + " " + reply.body());
    }
    return JSON.readTree(reply.body());
  }

  /** Where Kafka is. */
  String kafka() {
    return kafka.bootstrap();
  }

  /** Makes an object through the admin API, and waits until all gateways have it. */
  void publish(String collection, String document) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://" + address("admin", 4567) + "/admin/" + collection + "?wait=applied"))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + ADMIN_TOKEN)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(document))
            .build();
    HttpResponse<String> reply = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() != 201) {
      throw new AssertionError(collection + ": " + reply.statusCode() + " " + reply.body());
    }
  }

  private <T extends AutoCloseable> T started(T part) {
    started.push(part);
    return part;
  }

  @Override
  public void close() {
    client.close();
    AssertionError failed = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        failed = failed == null ? new AssertionError(e) : failed;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
