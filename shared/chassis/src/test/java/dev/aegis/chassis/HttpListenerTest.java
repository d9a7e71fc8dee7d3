package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.model.Finding;
import dev.aegis.model.Problem;
import dev.aegis.model.Violation;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpListenerTest {
  private static final Setting<Integer> PORT =
      Setting.port("admin.port", "AEGIS_ADMIN_PORT", 4567, "port of the API");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final Metrics metrics = Metrics.create("admin");
  private final Health health = new Health();
  private HttpListener listener;

  @AfterEach
  void stop() {
    if (listener != null) {
      listener.close();
    }
    metrics.close();
    client.close();
  }

  private static HttpListener.Options options(int port) {
    return HttpListener.Options.of(
        "admin", Settings.defaults(CommonSettings.ALL).with(PORT, port), PORT);
  }

  private void start(Consumer<HttpRouting.Builder> routing) throws StartFailure {
    listener = HttpListener.start(options(0), routing);
  }

  private HttpResponse<String> call(String method, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(listener.uri().resolve(path))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .timeout(Duration.ofSeconds(20))
            .build(),
        BodyHandlers.ofString());
  }

  private JsonNode problem(HttpResponse<String> response, int status, String code)
      throws IOException {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue(Problem.MEDIA_TYPE);
    JsonNode problem = JSON.readTree(response.body());
    assertThat(problem.get("code").asText()).isEqualTo(code);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("type").asText()).isEqualTo("urn:aegis:problem:" + code);
    return problem;
  }

  @Test
  void port0PicksAFreeOneAndShowsIt() throws Exception {
    start(routing -> routing.get("/hi", (_, response) -> response.send("hello")));
    assertThat(listener.port()).isPositive();
    assertThat(listener.listener())
        .isEqualTo(new Listener("admin", URI.create("http://127.0.0.1:" + listener.port())));
    assertThat(call("GET", "/hi", "").body()).isEqualTo("hello");
  }

  @Test
  void aPortInUseIsOneLineWithThePortAndTheSetting() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> HttpListener.start(options(port), _ -> {}))
          .isInstanceOf(StartFailure.class)
          .hasMessage(
              "port "
                  + port
                  + " (admin) is in use; choose another with AEGIS_ADMIN_PORT or --admin.port,"
                  + " 0 picks a free one");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsOneLine() {
    for (String bind : List.of("192.0.2.1", "no.such.host.invalid")) {
      HttpListener.Options options =
          HttpListener.Options.of(
              "admin",
              Settings.defaults(CommonSettings.ALL).with(PORT, 0).with(CommonSettings.BIND, bind),
              PORT);
      assertThatThrownBy(() -> HttpListener.start(options, _ -> {}))
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining(bind)
          .hasMessageContaining("AEGIS_BIND")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void whatIsNotThereIsAProblem() throws Exception {
    start(_ -> {});
    JsonNode problem = problem(call("GET", "/no/such?x=1", ""), 404, "not_found");
    assertThat(problem.get("instance").asText()).isEqualTo("/no/such");
    assertThat(problem.has("violations")).isFalse();
  }

  @Test
  void aMethodThatAPathLacksIs405WithAllow() throws Exception {
    start(
        routing -> {
          routing.get("/x", (_, response) -> response.send("x"));
          routing.any("/x", HttpProblems.methodNotAllowed("GET"));
        });
    HttpResponse<String> response = call("DELETE", "/x", "");
    problem(response, 405, "method_not_allowed");
    assertThat(response.headers().firstValue("allow")).hasValue("GET");
  }

  @Test
  void aBugIsAnIncidentToTheCallerWithoutItsMessage() throws Exception {
    start(
        routing ->
            routing.get(
                "/bug",
                (_, _) -> {
                  throw new IllegalStateException("hunter2");
                }));
    HttpResponse<String> response = call("GET", "/bug", "");
    JsonNode problem = problem(response, 500, "internal");
    assertThat(response.body()).doesNotContain("hunter2", "IllegalState");
    assertThat(problem.get("detail").asText()).contains(problem.get("request_id").asText());
  }

  @Test
  void aCheckedExceptionAndAnErrorAreIncidentsToo() throws Exception {
    start(
        routing -> {
          routing.get(
              "/io",
              (_, _) -> {
                throw new IOException("disk");
              });
          routing.get(
              "/error",
              (_, _) -> {
                throw new AssertionError("bad");
              });
        });
    problem(call("GET", "/io", ""), 500, "internal");
    problem(call("GET", "/error", ""), 500, "internal");
    problem(call("GET", "/io", ""), 500, "internal");
  }

  @Test
  void aProblemSentCarriesAllViolations() throws Exception {
    start(
        routing ->
            routing.post(
                "/x",
                (request, response) ->
                    HttpProblems.send(
                        request,
                        response,
                        new Problem(
                            422,
                            "invalid",
                            "Invalid",
                            "2 mistakes",
                            null,
                            "r-1",
                            List.of(
                                new Violation("/a", "must be \"b\""), new Violation("", "x"))))));
    JsonNode problem = problem(call("POST", "/x", "{}"), 422, "invalid");
    assertThat(problem.at("/violations/0/field").asText()).isEqualTo("/a");
    assertThat(problem.at("/violations/0/message").asText()).isEqualTo("must be \"b\"");
    assertThat(problem.get("violations")).hasSize(2);
    assertThat(problem.get("request_id").asText()).isEqualTo("r-1");
    assertThat(problem.get("instance").asText()).isEqualTo("/x");
  }

  @Test
  void aBodyTooLongIsAProblem() throws Exception {
    listener =
        HttpListener.start(
            options(0).withMaxPayload(10),
            routing ->
                routing.post(
                    "/x",
                    (request, response) -> response.send(request.content().as(String.class))));
    assertThat(call("POST", "/x", "0123456789").body()).isEqualTo("0123456789");
    problem(call("POST", "/x", "0123456789a"), 413, "payload_too_large");
  }

  @Test
  void whatIsNoHttpIsAProblemAndClosesTheConnection() throws Exception {
    start(_ -> {});
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"code\":\"malformed_request\"");
    }
  }

  @Test
  void listensNoLongerOnceClosed() throws Exception {
    start(_ -> {});
    int port = listener.port();
    listener.close();
    listener.close();
    new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
  }

  @Test
  void managementShowsMetricsHealthAndStatus() throws Exception {
    AtomicBoolean kafka = new AtomicBoolean();
    health.check("kafka", kafka::get);
    metrics.counter("aegis_x_total", "X.").add();
    ServiceStatus status =
        new ServiceStatus(
            "n1",
            "admin",
            7,
            Instant.parse("2026-01-01T00:00:00Z"),
            List.of(Finding.error("tenants/t/routes/r", "no upstream")),
            Map.of("kafka", "down"));
    Troubles troubles = new Troubles(InstantSource.fixed(Instant.parse("2026-01-02T00:00:00Z")));
    listener = new Management(metrics, health, troubles, () -> status).listener(options(0));

    HttpResponse<String> exposition = call("GET", "/metrics", "");
    assertThat(exposition.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(exposition.body()).contains("\naegis_x_total 1\n");
    HttpResponse<String> open =
        client.send(
            HttpRequest.newBuilder(listener.uri().resolve("/metrics"))
                .header("Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1")
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(open.headers().firstValue("content-type"))
        .hasValue("application/openmetrics-text; version=1.0.0; charset=utf-8");
    assertThat(open.body()).contains("\naegis_x_total 1\n").endsWith("\n# EOF\n");

    assertThat(call("GET", "/health/live", "").statusCode()).isEqualTo(200);
    assertThat(call("GET", "/health/ready", "").statusCode()).isEqualTo(503);
    health.accepting(true);
    HttpResponse<String> down = call("GET", "/health/ready", "");
    assertThat(down.statusCode()).isEqualTo(503);
    assertThat(JSON.readTree(down.body()))
        .isEqualTo(
            JSON.readTree(
                "{\"status\":\"DOWN\",\"checks\":[{\"name\":\"accepting\",\"status\":\"UP\"},"
                    + "{\"name\":\"kafka\",\"status\":\"DOWN\"}]}"));
    kafka.set(true);
    assertThat(call("GET", "/health/ready", "").statusCode()).isEqualTo(200);
    health.accepting(false);
    assertThat(call("GET", "/health/ready", "").statusCode()).isEqualTo(503);

    assertThat(JSON.readTree(call("GET", "/status", "").body()))
        .isEqualTo(
            JSON.readTree(
                "{\"node\":\"n1\",\"service\":\"admin\",\"version\":\""
                    + Version.text()
                    + "\",\"revision\":7,\"since\":\"2026-01-01T00:00:00Z\",\"findings\":["
                    + "{\"severity\":\"error\",\"subject\":\"tenants/t/routes/r\","
                    + "\"message\":\"no upstream\"}],\"kafka\":\"down\",\"troubles\":["
                    + "{\"what\":\"kafka\",\"since\":\"2026-01-02T00:00:00Z\","
                    + "\"severity\":\"error\",\"detail\":\"it does not answer\"},"
                    + "{\"what\":\"tenants/t/routes/r\",\"since\":\"2026-01-02T00:00:00Z\","
                    + "\"severity\":\"error\",\"detail\":\"no upstream\"}]}"));
    troubles.close();
    problem(call("POST", "/metrics", "x"), 405, "method_not_allowed");
    problem(call("GET", "/other", ""), 404, "not_found");
  }

  @Test
  void aCheckThatFailsCountsAsDown() {
    health.accepting(true);
    health.check(
        "broken",
        () -> {
          throw new IllegalStateException("broken");
        });
    assertThat(health.ready()).isFalse();
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    assertThat(Version.text()).matches("\\d+\\.\\d+\\.\\d+.*");
  }
}
