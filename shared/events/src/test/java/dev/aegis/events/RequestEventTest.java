package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RequestEventTest {
  private static final RequestEvent FULL =
      new RequestEvent(
          "019b0000-0000-7000-8000-000000000001",
          "tenant123",
          "orders",
          "api",
          "user-1",
          "jwt",
          "POST",
          "/api/v1/orders/\u00e4\ud83d\ude00",
          429,
          "rate_limited",
          Blame.CALLER,
          0,
          1_048_576,
          Instant.parse("2026-01-02T03:04:05.678901Z"),
          12_345,
          12_000,
          345,
          2,
          "127.0.0.1:9000",
          "miss",
          "curl/8 \"quoted\" \\ \t\u0001",
          "4bf92f3577b34da6a3ce929d0e0e4736",
          "gateway-1");

  private static final RequestEvent BARE =
      new RequestEvent(
          "019b0000-0000-7000-8000-000000000002",
          null,
          null,
          null,
          null,
          "none",
          "GET",
          "/",
          404,
          "unknown_tenant",
          Blame.CALLER,
          0,
          0,
          Instant.parse("2026-01-02T03:04:05Z"),
          1,
          0,
          1,
          0,
          null,
          null,
          null,
          null,
          "gateway-1");

  @Test
  void writtenEventsReadBackTheSame() throws Exception {
    assertThat(RequestEvent.parse(FULL.toJson())).isEqualTo(FULL);
    assertThat(RequestEvent.parse(BARE.toJson())).isEqualTo(BARE);
  }

  @Test
  void oneBufferWritesManyEvents() throws Exception {
    JsonBytes buffer = new JsonBytes(64);
    byte[] full = FULL.toJson(buffer);
    byte[] bare = BARE.toJson(buffer);

    assertThat(RequestEvent.parse(full)).isEqualTo(FULL);
    assertThat(RequestEvent.parse(bare)).isEqualTo(BARE);
  }

  @Test
  void writtenEventsAreTheGoldenFiles() throws Exception {
    assertThat(tree(FULL.toJson())).isEqualTo(tree(golden("aegis.request.v1.full.json")));
    assertThat(tree(BARE.toJson())).isEqualTo(tree(golden("aegis.request.v1.bare.json")));
  }

  @Test
  void goldenFilesOfEachPublishedVersionStayReadable() throws Exception {
    assertThat(RequestEvent.parse(golden("aegis.request.v1.full.json"))).isEqualTo(FULL);
    assertThat(RequestEvent.parse(golden("aegis.request.v1.bare.json"))).isEqualTo(BARE);
    assertThat(RequestEvent.parse(golden("aegis.request.v1.later.json")))
        .as("a later writer's additions are passed over")
        .isEqualTo(BARE);
  }

  @Test
  void whatIsNotARequestEventIsMalformed() {
    for (String text :
        new String[] {
          "",
          "[]",
          "{",
          "{}",
          "{\"started_at\":\"yesterday\"}",
          "{\"started_at\":\"2026-01-02T03:04:05Z\",\"status\":\"200\"}",
          "{\"started_at\":\"2026-01-02T03:04:05Z\",\"status\":99999999999999999999}",
          "{\"started_at\":\"2026-01-02T03:04:05Z\",\"path\":1}",
          "{\"started_at\":\"2026-01-02T03:04:05Z\"} {}",
        }) {
      assertThatThrownBy(() -> RequestEvent.parse(text.getBytes(StandardCharsets.UTF_8)))
          .as(text)
          .isInstanceOf(MalformedEvent.class);
    }
  }

  private static JsonNode tree(byte[] json) throws IOException {
    return new ObjectMapper().readTree(json);
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream file = RequestEventTest.class.getResourceAsStream("/golden/" + name)) {
      return file.readAllBytes();
    }
  }
}
