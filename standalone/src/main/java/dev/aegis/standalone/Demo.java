package dev.aegis.standalone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two tenants with what they need to be tried out, published through the admin API like anybody
 * else's. Objects that are there already stay as they are, but for the addresses of the sample
 * backends and the receiver, which are new at each start.
 */
final class Demo implements AutoCloseable {
  static final List<String> TENANTS = List.of("tenant123", "tenant456");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final URI admin;
  private final String token;
  private final DemoIssuer issuer;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, SampleBackend> backends = new LinkedHashMap<>();
  private final SampleReceiver receiver;

  /** Starts the backends and the receiver. */
  private Demo(URI admin, String token, DemoIssuer issuer, PrintStream out) throws IOException {
    this.admin = admin;
    this.token = token;
    this.issuer = issuer;
    for (String tenant : TENANTS) {
      backends.put(tenant, new SampleBackend("api-service-" + tenant));
    }
    this.receiver = new SampleReceiver(out);
  }

  /**
   * Starts and publishes the demo.
   *
   * @param admin where the admin API listens
   * @param token of the platform administrator
   * @param data directory of the installation
   * @param out where webhooks are printed
   */
  static Demo start(URI admin, String token, Path data, PrintStream out) throws StartFailure {
    DemoIssuer issuer = DemoIssuer.at(data.resolve("demo-issuer.pem"));
    try {
      Demo demo = new Demo(admin, token, issuer, out);
      try {
        demo.publish();
        return demo;
      } catch (IOException | RuntimeException e) {
        demo.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StartFailure("the demo could not be set up: " + e.getMessage(), e);
    }
  }

  /** The sample backends by tenant. */
  Map<String, URI> backends() {
    Map<String, URI> uris = new LinkedHashMap<>();
    backends.forEach((tenant, backend) -> uris.put(tenant, backend.uri()));
    return uris;
  }

  /** Where the sample receiver listens. */
  URI receiver() {
    return receiver.uri();
  }

  private void publish() throws IOException {
    for (String tenant : TENANTS) {
      create("tenants", object("id", tenant).put("name", "Demo " + tenant));
      String own = "tenants/" + tenant;
      ObjectNode upstream = object("id", "api-service-" + tenant);
      String url = String.valueOf(backends().get(tenant));
      upstream.putArray("targets").addObject().put("url", url);
      createOrMove(own + "/upstreams", upstream, "targets");
      ObjectNode trusted = object("id", "demo").put("issuer", DemoIssuer.ISSUER);
      trusted.putArray("algorithms").add("RS256");
      trusted.putArray("public_keys").add(issuer.publicKey());
      createOrMove(own + "/issuers", trusted, "public_keys");
      create(own + "/roles", role("reader", "GET", "HEAD"));
      create(own + "/roles", role("writer"));
    }
    String own = "tenants/tenant123";
    create(own + "/routes", route("limited", "/api/v1/limited/**"));
    create(own + "/routes", route("everything", "/**"));
    ObjectNode limit = object("id", "demo-limit").put("plugin", "rate_limit");
    limit.put("route", "limited");
    limit.putObject("config").put("limit", 5).put("window_seconds", 60);
    create(own + "/plugins", limit);
    ObjectNode webhook = object("id", "demo").put("url", receiver.uri().toString());
    webhook.putArray("events").add("rate_limit.exceeded").add("webhook.test");
    // The last change, and new at each start: when the gateway runs it, it runs all of the demo.
    createOrMove(own + "/webhooks", webhook, "url", "?wait=applied");
  }

  private static ObjectNode object(String name, String value) {
    return JSON.createObjectNode().put(name, value);
  }

  private static ObjectNode role(String id, String... methods) {
    ObjectNode role = object("id", id);
    ObjectNode permission = role.putArray("permissions").addObject();
    ArrayNode allowed = permission.putArray("methods");
    for (String method : methods) {
      allowed.add(method);
    }
    permission.putArray("paths").add("/**");
    return role;
  }

  private static ObjectNode route(String id, String path) {
    ObjectNode route = object("id", id).put("upstream", "api-service-tenant123");
    route.putArray("paths").add(path);
    return route;
  }

  private void create(String collection, ObjectNode object) throws IOException {
    HttpResponse<String> reply = send("POST", collection, object);
    if (reply.statusCode() != 201 && reply.statusCode() != 409) {
      throw unexpected("POST", collection, reply);
    }
  }

  private void createOrMove(String collection, ObjectNode object, String member)
      throws IOException {
    createOrMove(collection, object, member, "");
  }

  /** Creates the object, or brings one member of the one there is up to date. */
  private void createOrMove(String collection, ObjectNode object, String member, String query)
      throws IOException {
    HttpResponse<String> reply = send("POST", collection + query, object);
    if (reply.statusCode() == 201) {
      return;
    }
    String path = collection + "/" + object.path("id").asText();
    if (reply.statusCode() != 409) {
      throw unexpected("POST", collection, reply);
    }
    HttpResponse<String> found = send("GET", path, null);
    JsonNode wanted = object.get(member);
    if (found.statusCode() == 200 && JSON.readTree(found.body()).path(member).equals(wanted)) {
      return;
    }
    ObjectNode patch = JSON.createObjectNode();
    patch.set(member, wanted);
    HttpResponse<String> moved = send("PATCH", path + query, patch);
    if (moved.statusCode() != 200) {
      throw unexpected("PATCH", path, moved);
    }
  }

  private HttpResponse<String> send(String method, String path, @Nullable ObjectNode body)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(admin.resolve("/admin/" + path))
            .timeout(TIMEOUT)
            .header("Authorization", "Bearer " + token)
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    if (body != null) {
      request.header(
          "Content-Type",
          method.equals("PATCH") ? "application/merge-patch+json" : "application/json");
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static IOException unexpected(String method, String path, HttpResponse<String> reply) {
    return new IOException(
        method
            + " /admin/"
            + path
            + " was answered with "
            + reply.statusCode()
            + ": "
            + reply.body());
  }

  @Override
  public void close() {
    receiver.close();
    backends.values().forEach(SampleBackend::close);
    client.close();
  }
}
