package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands about the past of the configuration. */
final class RevisionCommands {
  private static final String PATH = "/admin/revisions";
  private static final int PAGE = 500;

  private RevisionCommands() {}

  /** What they have in common. */
  @Command(mixinStandardHelpOptions = true)
  abstract static class RevisionCommand implements Callable<Integer> {
    private final Session session;
    private final DataFolder data;

    @Option(names = "--json", description = "For scripts")
    private boolean json;

    RevisionCommand(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      try (AdminClient client = new AdminClient(Suite.find(session, data))) {
        return run(client);
      }
    }

    abstract int run(AdminClient client) throws CommandFailure;

    boolean json() {
      return json;
    }

    Session session() {
      return session;
    }

    void say(String line) {
      session.out().println(line);
    }

    void complain(String line) {
      session.err().println("aegis: " + line);
    }

    /** Prints items as JSON, or as a table of these members. */
    void print(List<JsonNode> items, List<String> columns) {
      if (json) {
        ArrayNode all = AdminClient.JSON.createArrayNode();
        items.forEach(all::add);
        say(all.toPrettyString());
        return;
      }
      Table table = new Table(columns);
      for (JsonNode item : items) {
        table.row(columns.stream().map(column -> cell(item.path(column))).toList());
      }
      session.out().print(table.text());
    }

    private static String cell(JsonNode value) {
      if (value.isArray()) {
        List<String> members = new ArrayList<>();
        value.forEach(change -> members.add(change.path("path").asText()));
        return String.join(", ", members.stream().filter(path -> !path.isEmpty()).toList());
      }
      return value.isNull() || value.isMissingNode() ? "-" : value.asText();
    }
  }

  /** One that can look at a single tenant. */
  abstract static class TenantCommand extends RevisionCommand {
    @Option(
        names = {"-t", "--tenant"},
        paramLabel = "T",
        description = "Only this tenant and its objects")
    private @Nullable String tenant;

    TenantCommand(Session session, DataFolder data) {
      super(session, data);
    }

    @Nullable String tenant() {
      return tenant;
    }

    /** The first {@code most} items of a list, or all that there are. */
    List<JsonNode> items(AdminClient client, String path, Map<String, String> query, int most)
        throws CommandFailure {
      List<JsonNode> items = new ArrayList<>();
      Map<String, String> parameters = new LinkedHashMap<>(query);
      if (tenant != null) {
        parameters.put("tenant", tenant);
      }
      String cursor;
      do {
        parameters.put("limit", Integer.toString(Math.min(PAGE, most - items.size())));
        JsonNode page = client.get(path + AdminClient.query(parameters)).body();
        page.path("items").forEach(items::add);
        cursor = page.path("next_cursor").textValue();
        parameters.put("cursor", String.valueOf(cursor));
      } while (cursor != null && items.size() < most);
      return items;
    }
  }

  @Command(name = "list", description = "Lists changes, newest first.")
  static final class ListRevisions extends TenantCommand {
    @Option(names = "--kind", paramLabel = "K", description = "Only this kind, such as route")
    private @Nullable String kind;

    @Option(names = "--actor", paramLabel = "A", description = "Only changes by this one")
    private @Nullable String actor;

    @Option(names = "--limit", paramLabel = "N", description = "How many at most (default 50)")
    private int limit = 50;

    @Spec private @Nullable CommandSpec spec;

    ListRevisions(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      if (limit < 1) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(), "--limit must be 1 or more");
      }
      Map<String, String> query = new LinkedHashMap<>();
      if (kind != null) {
        query.put("kind", kind);
      }
      if (actor != null) {
        query.put("actor", actor);
      }
      print(
          items(client, PATH, query, limit),
          List.of("revision", "at", "actor", "operation", "key"));
      return 0;
    }
  }

  @Command(name = "show", description = "Shows one change and what it changed.")
  static final class ShowRevision extends RevisionCommand {
    @Parameters(paramLabel = "N", description = "Which revision")
    private long revision;

    ShowRevision(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      JsonNode shown = client.get(PATH + "/" + revision).body();
      if (json()) {
        say(shown.toPrettyString());
        return 0;
      }
      say(
          "revision %s: %s %s, by %s at %s"
              .formatted(
                  shown.path("revision").asText(),
                  shown.path("operation").asText(),
                  shown.path("key").asText(),
                  shown.path("actor").asText(),
                  shown.path("at").asText()));
      shown.path("diff").forEach(difference -> say("  " + difference));
      return 0;
    }
  }

  @Command(name = "diff", description = "Lists the objects that differ between two revisions.")
  static final class DiffRevisions extends TenantCommand {
    @Parameters(paramLabel = "N", description = "The one revision")
    private long revision;

    @Option(
        names = "--to",
        paramLabel = "M",
        description = "The other one (default the one in force)")
    private @Nullable Long to;

    DiffRevisions(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> query = new LinkedHashMap<>();
      if (to != null) {
        query.put("to", to.toString());
      }
      print(
          items(client, PATH + "/" + revision + "/diff", query, Integer.MAX_VALUE),
          List.of("operation", "key", "from_revision", "to_revision", "diff"));
      return 0;
    }
  }

  @Command(
      name = "restore",
      description = {
        "Goes back to a revision, by new changes.",
        "Revoked keys stay revoked, and no revocation is lifted."
      })
  static final class Restore extends TenantCommand {
    @Parameters(paramLabel = "N", description = "Which revision")
    private long revision;

    @Option(
        names = "--object",
        paramLabel = "KEY",
        description = "Only this object, such as tenants/acme/routes/orders")
    private @Nullable String object;

    @Option(names = "--dry-run", description = "Only says what would change")
    private boolean dryRun;

    @Option(names = "--wait", description = "Returns when each live gateway runs the change")
    private boolean waits;

    @Mixin private final Patience patience = new Patience();

    @Spec private @Nullable CommandSpec spec;

    Restore(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> query = new LinkedHashMap<>();
      if (dryRun) {
        query.put("dry_run", "true");
      }
      if (waits) {
        query.put("wait", "applied");
      }
      String path = PATH + "/" + revision + "/restore";
      ObjectNode scope = scope();
      JsonNode body;
      try (Watching _ = new Watching(session(), client, "POST", path, dryRun)) {
        body =
            client
                .send("POST", path + AdminClient.query(query), scope, Map.of(), patience.time())
                .body();
      }
      boolean late =
          body.at("/applied/complete").isBoolean() && !body.at("/applied/complete").asBoolean();
      if (json()) {
        say(body.toPrettyString());
      } else {
        report(body);
      }
      if (late) {
        complain("not yet live on: " + body.at("/applied/waiting_for"));
      }
      return late ? 1 : 0;
    }

    private void report(JsonNode body) {
      List<JsonNode> changes = new ArrayList<>();
      body.path("changes").forEach(changes::add);
      String total = body.path("total").asText();
      if (changes.isEmpty()) {
        say("all is as it was at revision " + revision);
      } else {
        print(changes, List.of("operation", "key", "diff"));
        say(
            dryRun
                ? total + " changes would lead back to revision " + revision
                : "back at revision " + revision + " by " + total + " changes");
      }
      body.path("withheld")
          .forEach(each -> say(each.path("key").asText() + ": " + each.path("why").asText()));
    }

    private ObjectNode scope() {
      ObjectNode scope = AdminClient.JSON.createObjectNode();
      if (tenant() != null) {
        scope.put("tenant", tenant());
      }
      if (object == null) {
        return scope;
      }
      String[] parts = object.split("/", -1);
      boolean inTenant = parts.length == 4 && parts[0].equals("tenants");
      if (tenant() != null || parts.length != 2 && !inTenant) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(),
            "--object must be a key such as tenants/acme/routes/orders, without --tenant");
      }
      String collection = parts[parts.length - 2];
      ObjectNode one = scope.putObject("object");
      one.put("kind", collection.replace('-', '_').replaceAll("s$", ""));
      if (inTenant) {
        one.put("tenant", parts[1]);
      }
      one.put("id", parts[parts.length - 1]);
      return scope;
    }
  }
}
