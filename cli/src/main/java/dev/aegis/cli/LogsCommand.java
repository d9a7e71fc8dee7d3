package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the last lines of the gateways' access logs, or those that come. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Shows the last requests, or those that come, as the access log has them.")
final class LogsCommand implements Callable<Integer> {
  private static final List<String> COLUMNS =
      List.of(
          "timestamp",
          "status",
          "method",
          "uri",
          "latency_ms",
          "tenant_id",
          "route_id",
          "user_id",
          "code",
          "request_id");

  private final Session session;
  private final DataFolder data;

  @Option(
      names = {"--tenant", "-t"},
      paramLabel = "T",
      description = "Only requests of this tenant")
  private @Nullable String tenant;

  @Option(names = "--route", paramLabel = "ID", description = "Only those of this route")
  private @Nullable String route;

  @Option(names = "--status", paramLabel = "N", description = "Only those with it: 404, 5xx")
  private @Nullable String status;

  @Option(names = "--code", paramLabel = "CODE", description = "Only those refused with it")
  private @Nullable String code;

  @Option(names = "--method", paramLabel = "NAME", description = "Only those with this method")
  private @Nullable String method;

  @Option(names = "--path", paramLabel = "PATH", description = "Only those whose path begins so")
  private @Nullable String path;

  @Option(
      names = "--request-id",
      paramLabel = "ID",
      description = "Only the one with this X-Request-Id")
  private @Nullable String requestId;

  @Option(names = "--user", paramLabel = "ID", description = "Only those of this user")
  private @Nullable String user;

  @Option(names = "--trace-id", paramLabel = "ID", description = "Only those of this trace")
  private @Nullable String traceId;

  @Option(
      names = "--min-latency-ms",
      paramLabel = "MS",
      description = "Only those that took as long or longer")
  private @Nullable String minLatency;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Only those that ended then or later, such as 2026-01-31T12:00:00Z")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "Only those that ended before")
  private @Nullable String to;

  @Option(names = "--text", paramLabel = "TEXT", description = "Only lines that contain it")
  private @Nullable String text;

  @Option(names = "--limit", paramLabel = "N", description = "Most lines, up to 500 (default 50)")
  private @Nullable String limit;

  @Option(names = "--follow", description = "Those that come, until it is interrupted")
  private boolean follow;

  @Option(names = "--json", description = "For scripts; with --follow one object a line")
  private boolean json;

  LogsCommand(Session session, DataFolder data) {
    this.session = session;
    this.data = data;
  }

  @Override
  public Integer call() throws CommandFailure {
    Map<String, String> parameters = new LinkedHashMap<>();
    add(parameters, "tenant", tenant);
    add(parameters, "route", route);
    add(parameters, "status", status);
    add(parameters, "code", code);
    add(parameters, "method", method);
    add(parameters, "path", path);
    add(parameters, "request_id", requestId);
    add(parameters, "user", user);
    add(parameters, "trace_id", traceId);
    add(parameters, "min_latency_ms", minLatency);
    add(parameters, "from", from);
    add(parameters, "to", to);
    add(parameters, "text", text);
    add(parameters, "limit", limit);
    if (follow) {
      parameters.put("follow", "true");
    }
    String call = "/admin/logs" + AdminClient.query(parameters);
    try (AdminClient client = new AdminClient(Suite.find(session, data))) {
      if (follow) {
        Events events = new Events();
        client.lines(call, events::line);
        throw new CommandFailure(
            events.reason.equals("not_allowed")
                ? "the suite ended it: the token may not see this any more"
                : "the suite ended it; start it again to go on");
      }
      JsonNode page = client.get(call).body();
      if (json) {
        session.out().println(page.toPrettyString());
      } else {
        List<JsonNode> items = new ArrayList<>();
        page.path("items").forEach(items::add);
        items.reversed().forEach(this::show); // the newest last, next to the prompt
      }
      unanswered(page.path("coverage"));
      return 0;
    }
  }

  private static void add(Map<String, String> parameters, String name, @Nullable String value) {
    if (value != null) {
      parameters.put(name, value);
    }
  }

  private void show(JsonNode line) {
    if (json) {
      session.out().println(line);
      return;
    }
    List<String> cells = new ArrayList<>();
    for (String column : COLUMNS) {
      String cell = line.path(column).asText("-");
      cells.add(cell.isEmpty() || line.path(column).isNull() ? "-" : cell);
    }
    // Paths are what callers sent: nothing of them may move the terminal's cursor.
    session.out().println(String.join(" ", cells).replaceAll("\\p{Cntrl}", "·"));
  }

  private void unanswered(JsonNode told) {
    List<String> names = new ArrayList<>();
    told.path("unanswered").forEach(each -> names.add(each.asText()));
    if (!names.isEmpty()) {
      session.err().println("aegis: no answer from " + String.join(", ", names));
    }
  }

  /** Server-sent events, line by line. */
  private final class Events {
    private String name = "";
    private String reason = "";

    void line(String line) throws IOException, CommandFailure {
      if (line.isEmpty()) {
        name = "";
      } else if (line.startsWith("event: ")) {
        name = line.substring("event: ".length());
      } else if (line.startsWith("data: ")) {
        event(AdminClient.JSON.readTree(line.substring("data: ".length())));
      }
    }

    private void event(JsonNode told) throws CommandFailure {
      switch (name) {
        case "" -> {
          show(told);
          if (session.out().checkError()) {
            throw new CommandFailure("nobody reads it any more"); // as behind a pipe into head
          }
        }
        case "skipped" ->
            session
                .err()
                .println(
                    "aegis: "
                        + (told.path("lines").isNumber()
                            ? told.path("lines").asText()
                            : "an unknown number of")
                        + " lines of "
                        + told.path("node").asText()
                        + " were passed over");
        case "gateways" -> unanswered(told);
        case "end" -> reason = told.path("reason").asText();
        default -> {
          // Something that a later version says.
        }
      }
    }
  }
}
