package dev.aegis.admin.api;

import static dev.aegis.admin.relay.ScriptedGateway.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.admin.relay.ScriptedGateway;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.chassis.HttpListener;
import dev.aegis.journal.Json;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines as they come, over real connections. */
@Timeout(30)
final class LogFollowingTest {
  private static final Duration OFTEN = Duration.ofMillis(30);
  private static final LogFollowing.Pace PACE =
      new LogFollowing.Pace(OFTEN, OFTEN, OFTEN, Duration.ofMillis(500));

  /** A gateway that is asked on a busy machine is not one that does not answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Followers followers = new Followers();
  private final AtomicBoolean allowed = new AtomicBoolean(true);
  private final CountDownLatch left = new CountDownLatch(1);
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Backend> backends = new ArrayList<>();
  private ScriptedGateway one;
  private ScriptedGateway two;
  private HttpListener listener;
  private String[] positions = {null, null};
  private @Nullable BufferedReader reader;

  @BeforeEach
  void start() throws Exception {
    one = new ScriptedGateway("gateway-1");
    two = new ScriptedGateway("gateway-2");
    List<GatewayLogs.Gateway> gateways = new ArrayList<>();
    for (ScriptedGateway gateway : List.of(one, two)) {
      Backend backend = new Backend("The gateway", gateway.uri(), "secret");
      backends.add(backend);
      gateways.add(GatewayLogs.Gateway.of(gateway.uri(), backend));
    }
    GatewayLogs logs = new GatewayLogs(gateways, PATIENCE);
    listener =
        HttpListener.start(
            new HttpListener.Options(
                "follow", "127.0.0.1", 0, AdminSettings.PORT, 1000, 10, Duration.ofMillis(100)),
            routing ->
                routing.get(
                    "/logs",
                    (request, response) -> {
                      LogQuestion question =
                          new LogQuestion(
                              Json.object().put("method", "GET"),
                              null,
                              50,
                              true,
                              Arrays.asList(positions));
                      Followers.Place place = followers.take(null);
                      try (LogFollowing following =
                          new LogFollowing(
                              logs, PACE, question, place, allowed::get, lines -> lines)) {
                        AdminApi.follow(response, following);
                      } finally {
                        left.countDown();
                      }
                    }));
  }

  @AfterEach
  void stop() {
    followers.close();
    listener.close();
    client.shutdownNow(); // what was not read would be waited for
    backends.forEach(Backend::close);
    one.close();
    two.close();
  }

  /** Follows, from when on both gateways were asked where they are. */
  private void follow() throws Exception {
    HttpResponse<InputStream> response =
        client.send(
            HttpRequest.newBuilder(listener.uri().resolve("/logs")).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    reader = new BufferedReader(new InputStreamReader(response.body(), UTF_8));
    begun();
  }

  private void begun() {
    await().until(() -> one.questions().size() >= 2 && two.questions().size() >= 2);
  }

  /** The next event without comments, its lines separated by spaces; null at the end. */
  private @Nullable String event() throws Exception {
    StringBuilder event = new StringBuilder();
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.isEmpty() && !event.isEmpty()) {
        return event.toString();
      }
      if (!line.isEmpty() && !line.startsWith(":")) {
        event.append(event.isEmpty() ? "" : " ").append(line);
      }
    }
    assertThat(event).isEmpty();
    return null;
  }

  private static String shown(ObjectNode line) {
    return "data: " + new String(Json.write(line), UTF_8);
  }

  @Test
  void linesThatComeAreToldAndWhereToGoOn() throws Exception {
    one.write(line(1, "before", "t"));
    follow();
    one.write(line(2, "a", "t"), line(3, "b", "t"));
    assertThat(event()).isEqualTo(shown(line(2, "a", "t")));
    assertThat(event()).isEqualTo("id: run-1:3,run-1:0 " + shown(line(3, "b", "t")));
    two.write(line(4, "c", null));
    assertThat(event()).isEqualTo("id: run-1:3,run-1:1 " + shown(line(4, "c", null)));
    assertThat(one.questions().getFirst())
        .hasToString("{\"filters\":{\"method\":\"GET\"},\"limit\":0}");
    assertThat(one.questions().get(1))
        .hasToString("{\"filters\":{\"method\":\"GET\"},\"limit\":500,\"after\":\"run-1:1\"}");
  }

  @Test
  void whoWasCutOffGoesOnWhereItWas() throws Exception {
    one.write(line(1, "a", "t"), line(2, "b", "t"), line(3, "c", "t"));
    positions = new String[] {"run-1:1", null};
    follow();
    assertThat(event()).isEqualTo(shown(line(2, "b", "t")));
    assertThat(event()).endsWith(shown(line(3, "c", "t")));
  }

  @Test
  void aGatewayGoesAndComesBack() throws Exception {
    follow();
    one.stop();
    assertThat(event())
        .isEqualTo("event: gateways data: {\"unanswered\":[\"" + one.uri().getAuthority() + "\"]}");
    two.write(line(1, "a", "t"));
    assertThat(event()).endsWith(shown(line(1, "a", "t")));
    one.restart();
    assertThat(event()).isEqualTo("event: gateways data: {\"unanswered\":[]}");
    assertThat(event()).isEqualTo("event: skipped data: {\"node\":\"gateway-1\",\"lines\":null}");
    one.write(line(2, "b", "t"));
    assertThat(event()).isEqualTo("id: run-2:1,run-1:1 " + shown(line(2, "b", "t")));
  }

  @Test
  void nonsenseIsNoAnswer() throws Exception {
    follow();
    one.says("nonsense");
    assertThat(event()).startsWith("event: gateways data: {\"unanswered\":[\"127");
  }

  @Test
  void ofTooManyLinesTheLastAreToldAndTheOthersCounted() throws Exception {
    follow();
    ObjectNode[] many = new ObjectNode[700];
    Arrays.setAll(many, i -> line(1, "r" + i, "t"));
    one.write(many);
    assertThat(event()).isEqualTo("event: skipped data: {\"node\":\"gateway-1\",\"lines\":200}");
    assertThat(event()).isEqualTo(shown(many[200]));
    for (int i = 201; i < 700; i++) {
      assertThat(event()).endsWith(shown(many[i]));
    }
  }

  @Test
  void whoMayNoLongerIsTold() throws Exception {
    follow();
    allowed.set(false);
    assertThat(event()).isEqualTo("event: end data: {\"reason\":\"not_allowed\"}");
    assertThat(event()).isNull();
    assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void itEndsWhenTheServiceStops() throws Exception {
    follow();
    followers.close();
    assertThat(event()).isEqualTo("event: end data: {\"reason\":\"stopping\"}");
    assertThat(event()).isNull();
  }

  @Test
  void whoIsGoneIsNoticed() throws Exception {
    follow();
    reader.close();
    assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoTakesNothingIsCutOffAndHoldsNobodyUp() throws Exception {
    try (Socket slow = new Socket()) {
      slow.setReceiveBufferSize(4096);
      slow.connect(new InetSocketAddress("127.0.0.1", listener.port()), 5_000);
      slow.getOutputStream().write("GET /logs HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(UTF_8));
      begun();
      ObjectNode[] much = new ObjectNode[500];
      Arrays.setAll(much, i -> line(1, "r".repeat(8_000), "t"));
      while (left.getCount() > 0) {
        one.write(much);
        if (left.await(100, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
      // It is the socket that was closed: what is left of the reply ends without its end.
      String rest = new String(slow.getInputStream().readAllBytes(), UTF_8);
      assertThat(rest).startsWith("HTTP/1.1 200 OK").doesNotEndWith("0\r\n\r\n");
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset"); // closed as well
    }
    assertThat(left.getCount()).isZero();
  }
}
