package dev.aegis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The access log at a terminal. */
final class LogsCommandTest {
  private static final String LINE =
      "{\"timestamp\":\"2026-03-01T00:00:0%s.000000Z\",\"status\":%s,\"method\":\"GET\","
          + "\"uri\":\"/a\\u001b[2J\",\"latency_ms\":1.5,\"tenant_id\":\"acme\",\"route_id\":null,"
          + "\"user_id\":\"\",\"code\":null,\"request_id\":\"r%s\"}";
  private static final String SHOWN =
      "2026-03-01T00:00:0%s.000000Z %s GET /a·[2J 1.5 acme - - - r%s\n";

  @TempDir private Path data;
  private SmallAdmin admin;

  @BeforeEach
  void start() throws IOException {
    admin = new SmallAdmin();
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  private Run run(String... args) {
    return Run.of(
        Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", "secret-token"),
        data,
        "",
        args);
  }

  @Test
  void theNewestIsLast() {
    admin.on(
        "GET /admin/logs?tenant=acme&status=5xx&request_id=r%2F1&limit=7",
        200,
        "{\"items\":[%s,%s],\"coverage\":{\"unanswered\":[\"b:8100\"]}}"
            .formatted(LINE.formatted(2, 503, 2), LINE.formatted(1, 500, 1)));
    Run run = run("logs", "--tenant", "acme", "--status=5xx", "--request-id=r/1", "--limit", "7");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo(SHOWN.formatted(1, 500, 1) + SHOWN.formatted(2, 503, 2));
    assertThat(run.err()).isEqualTo("aegis: no answer from b:8100\n");
    assertThat(admin.asked().getFirst().authorization()).isEqualTo("Bearer secret-token");
  }

  @Test
  void scriptsGetTheReply() throws IOException {
    String reply = "{\"items\":[{\"status\":200}],\"coverage\":{\"unanswered\":[]}}";
    admin.on("GET /admin/logs", 200, reply);
    Run run = run("logs", "--json");
    assertThat(AdminClient.JSON.readTree(run.out())).isEqualTo(AdminClient.JSON.readTree(reply));
    assertThat(run.err()).isEmpty();
  }

  @Test
  void whatComesIsShownAndWhatDoesNotIsSaid() {
    String events =
        ": hello\n\ndata: "
            + LINE.formatted(1, 200, 1)
            + "\n\nevent: skipped\ndata: {\"node\":\"g\",\"lines\":7}\n\n"
            + "event: skipped\ndata: {\"node\":\"g\",\"lines\":null}\n\n"
            + "event: gateways\ndata: {\"unanswered\":[\"b:8100\"]}\n\nid: 7\ndata: "
            + LINE.formatted(2, 200, 2)
            + "\n\nevent: end\ndata: {\"reason\":\"stopping\"}\n\n";
    admin
        .on("GET /admin/logs?follow=true", 200, events, "Content-Type", "text/event-stream")
        .on("GET /admin/logs?follow=true", 200, events, "Content-Type", "text/event-stream");
    Run run = run("logs", "--follow");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEqualTo(SHOWN.formatted(1, 200, 1) + SHOWN.formatted(2, 200, 2));
    assertThat(run.err())
        .isEqualTo(
            """
            aegis: 7 lines of g were passed over
            aegis: an unknown number of lines of g were passed over
            aegis: no answer from b:8100
            aegis: the suite ended it; start it again to go on
            """);
    assertThat(run("logs", "--follow", "--json").out().lines())
        .hasSize(2)
        .first()
        .isEqualTo(LINE.formatted(1, 200, 1).replace("\\u001b", "\\u001B"));
  }

  @Test
  void whoMayNoLongerIsTold() {
    admin.on(
        "GET /admin/logs?follow=true",
        200,
        "event: end\ndata: {\"reason\":\"not_allowed\"}\n\n",
        "Content-Type",
        "text/event-stream");
    assertThat(run("logs", "--follow").err())
        .isEqualTo("aegis: the suite ended it: the token may not see this any more\n");
  }

  /** As behind {@code | head -1}: nothing may be followed for nobody. */
  @Test
  void whenNobodyReadsItEnds() {
    admin.on(
        "GET /admin/logs?follow=true",
        200,
        "data: " + LINE.formatted(1, 200, 1) + "\n\ndata: " + LINE.formatted(2, 200, 2) + "\n\n",
        "Content-Type",
        "text/event-stream");
    StringWriter err = new StringWriter();
    Session session =
        new Session(
            new PrintWriter(new PrintStream(new Broken())),
            new PrintWriter(err),
            false,
            InputStream.nullInputStream(),
            _ -> null,
            Map.of("AEGIS_ADMIN_URL", admin.uri().toString(), "AEGIS_ADMIN_TOKEN", "secret-token"),
            () -> Run.NOW,
            data);
    assertThat(AegisCommand.run(session, "logs", "--follow")).isEqualTo(1);
    assertThat(err).hasToString("aegis: nobody reads it any more\n");
  }

  private static final class Broken extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      throw new IOException("Broken pipe");
    }
  }

  @Test
  void whatIsWrongIsSaid() {
    String problem =
        "{\"code\":\"malformed_request\",\"detail\":\"?status is wrong\","
            + "\"violations\":[{\"field\":\"?status\",\"message\":\"must be one\"}]}";
    admin
        .on("GET /admin/logs?status=9", 400, problem)
        .on("GET /admin/logs?status=9&follow=true", 400, problem);
    String said = "aegis: ?status is wrong (400 malformed_request)\n  ?status: must be one\n";
    assertThat(run("logs", "--status", "9").err()).isEqualTo(said);
    Run follow = run("logs", "--status", "9", "--follow");
    assertThat(follow.err()).isEqualTo(said);
    assertThat(follow.code()).isEqualTo(1);
  }
}
