package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the services of the suite, which revision each gateway runs, and what is wrong. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows services, readiness, the applied revision of each gateway,",
      "and what is wrong since when."
    },
    footer = {
      "",
      "Exit code 0 only when all services are ready, at least one gateway is live,",
      "and none lags or has errors."
    })
final class StatusCommand implements Callable<Integer> {
  private final Session session;
  private final DataFolder data;

  @Option(names = "--json", description = "For scripts")
  private boolean json;

  StatusCommand(Session session, DataFolder data) {
    this.session = session;
    this.data = data;
  }

  @Override
  public Integer call() throws CommandFailure {
    Suite suite = Suite.find(session, data);
    List<JsonNode> nodes;
    try (AdminClient client = new AdminClient(suite)) {
      nodes = client.list("/admin/nodes");
    }
    boolean gateway = false;
    boolean well = true;
    Table table = new Table(List.of("node", "service", "live", "revision", "lag", "since"));
    SequencedMap<String, Boolean> ready = new LinkedHashMap<>();
    List<ObjectNode> troubles = new ArrayList<>();
    suite
        .services()
        .forEach(
            (service, uri) -> {
              ready.put(service, Readiness.of(uri));
              Readiness.troubles(uri)
                  .forEach(trouble -> troubles.add(trouble.put("service", service)));
            });
    troubles.sort(Comparator.comparing(trouble -> trouble.path("since").asText()));
    Set<String> told = new HashSet<>();
    troubles.forEach(
        one -> told.add(one.path("node").asText() + '\n' + said(one, "what", "detail")));
    List<String> findings = new ArrayList<>();
    for (JsonNode node : nodes) {
      boolean live = node.path("live").asBoolean();
      boolean isGateway = node.path("service").asText().equals("gateway");
      gateway |= live && isGateway;
      table.row(
          List.of(
              node.path("id").asText(),
              node.path("service").asText(),
              live ? "yes" : "no",
              node.path("revision").asText(),
              node.path("lag").asText("-"),
              node.path("since").asText("-")));
      well &= !live || node.path("lag").asLong() == 0;
      for (JsonNode finding : node.path("findings")) {
        well &= !finding.path("severity").asText().equals("error");
        String own = node.path("id").asText() + '\n' + said(finding, "subject", "message");
        if (told.contains(own)) {
          continue;
        }
        findings.add(
            finding.path("severity").asText()
                + " on "
                + node.path("id").asText()
                + ": "
                + said(finding, "subject", "message"));
      }
    }
    boolean ok = gateway && well && !ready.containsValue(false);
    if (json) {
      ObjectNode shown = JsonNodeFactory.instance.objectNode();
      shown.put("admin_url", suite.admin().toString()).put("ok", ok);
      ObjectNode services = shown.putObject("ready");
      ready.forEach(services::put);
      ArrayNode all = shown.putArray("nodes");
      nodes.forEach(all::add);
      ArrayNode wrong = shown.putArray("troubles");
      troubles.forEach(wrong::add);
      session.out().println(shown.toPrettyString());
    } else {
      session.out().println("admin at " + suite.admin() + " answers");
      if (!ready.isEmpty()) {
        Table services = new Table(List.of("service", "ready", "management"));
        for (var entry : ready.entrySet()) {
          String uri = String.valueOf(suite.services().get(entry.getKey()));
          services.row(List.of(entry.getKey(), entry.getValue() ? "yes" : "no", uri));
        }
        session.out().print(services.text());
        session.out().println();
      }
      session.out().print(table.text());
      if (!troubles.isEmpty()) {
        session.out().println();
        session.out().print(table(troubles).text());
      }
      findings.forEach(session.out()::println);
      if (!gateway) {
        session.out().println("no gateway is live");
      }
    }
    return ok ? 0 : 1;
  }

  private static String said(JsonNode one, String subject, String message) {
    return one.path(subject).asText() + ": " + one.path(message).asText();
  }

  private Table table(List<ObjectNode> troubles) {
    Instant now = session.clock().instant();
    Table table = new Table(List.of("trouble", "since", "ago", "service", "severity", "detail"));
    for (ObjectNode trouble : troubles) {
      String since = trouble.path("since").asText();
      table.row(
          List.of(
              trouble.path("what").asText(),
              since,
              ago(since, now),
              trouble.path("service").asText(),
              trouble.path("severity").asText(),
              trouble.path("detail").asText()));
    }
    return table;
  }

  /** How long ago a time was, in its largest unit. */
  static String ago(String since, Instant now) {
    long seconds;
    try {
      seconds = Math.max(0, Duration.between(Instant.parse(since), now).toSeconds());
    } catch (DateTimeParseException e) {
      return "-";
    }
    return seconds < 60
        ? seconds + "s"
        : seconds < 3600
            ? seconds / 60 + "m"
            : seconds < 86_400 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }
}
