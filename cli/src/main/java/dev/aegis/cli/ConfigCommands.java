package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about the configuration as one document. */
final class ConfigCommands {
  private static final String CONFIG = "/admin/config";
  private static final String STANDARD = "-";
  private static final String YAML = "application/yaml";
  private static final String JSON = "application/json";

  private ConfigCommands() {}

  /** What they have in common. */
  @Command(mixinStandardHelpOptions = true)
  abstract static class Whole implements Callable<Integer> {
    private final Session session;
    private final DataFolder data;

    @Option(
        names = {"-t", "--tenant"},
        paramLabel = "T",
        description = "Only this tenant and those below it")
    private @Nullable String tenant;

    @Mixin private final Patience patience = new Patience();

    private Whole(Session session, DataFolder data) {
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

    Session session() {
      return session;
    }

    Patience patience() {
      return patience;
    }

    Map<String, String> parameters() {
      Map<String, String> parameters = new LinkedHashMap<>();
      if (tenant != null) {
        parameters.put("tenant", tenant);
      }
      return parameters;
    }

    /** Sends what {@code file} holds and returns what came of it. */
    JsonNode put(AdminClient client, String file, Map<String, String> parameters)
        throws CommandFailure {
      byte[] bytes;
      try {
        bytes =
            file.equals(STANDARD) ? session.in().readAllBytes() : Files.readAllBytes(Path.of(file));
      } catch (NoSuchFileException e) {
        throw new CommandFailure("there is no file " + file, e);
      } catch (IOException e) {
        throw new CommandFailure("cannot read " + file + ": " + e.getMessage(), e);
      }
      return client.put(
          CONFIG + AdminClient.query(parameters),
          bytes,
          beginsAsJson(bytes) ? JSON : YAML,
          patience.time());
    }

    /** What begins with a brace is JSON, which the stricter reader takes. */
    private static boolean beginsAsJson(byte[] bytes) {
      for (byte next : bytes) {
        if (!Character.isWhitespace(next)) {
          return next == '{';
        }
      }
      return false;
    }
  }

  @Command(name = "export", description = "Writes out all that holds, secrets sealed.")
  static final class Export extends Whole {
    @Parameters(
        arity = "0..1",
        paramLabel = "FILE",
        defaultValue = STANDARD,
        description = "Where to; YAML if it ends so (default standard output)")
    private String file = STANDARD;

    @Option(names = "--yaml", description = "YAML instead of JSON")
    private boolean yaml;

    @Option(
        names = "--without-secrets",
        description = "Leaves secrets out; applied again, each object keeps the one it has")
    private boolean bare;

    Export(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> parameters = parameters();
      if (bare) {
        parameters.put("secrets", "false");
      }
      boolean asYaml = yaml || file.endsWith(".yaml") || file.endsWith(".yml");
      byte[] document =
          client.bytes(
              CONFIG + AdminClient.query(parameters), asYaml ? YAML : JSON, patience().time());
      if (!asYaml) {
        document = pretty(document);
      }
      if (file.equals(STANDARD)) {
        session().out().print(new String(document, StandardCharsets.UTF_8));
        return 0;
      }
      try {
        Files.write(Path.of(file), document);
      } catch (IOException e) {
        throw new CommandFailure("cannot write " + file + ": " + e.getMessage(), e);
      }
      return 0;
    }

    private static byte[] pretty(byte[] document) throws CommandFailure {
      try {
        return (AdminClient.JSON.readTree(document).toPrettyString() + "\n")
            .getBytes(StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new CommandFailure("the suite answered with something that is no JSON", e);
      }
    }
  }

  @Command(
      name = "diff",
      description = "Says what applying a document would change.",
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {"0:nothing", "1:it could not be found out", "2:something"})
  static final class Diff extends Whole {
    private static final int DIFFERENT = 2;

    @Parameters(paramLabel = "FILE", description = "The document, JSON or YAML; - reads it")
    private String file = STANDARD;

    @Option(names = "--prune", description = "As if what it does not name were deleted")
    private boolean prune;

    @Option(names = "--json", description = "For scripts")
    private boolean json;

    Diff(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> parameters = parameters();
      parameters.put("dry_run", "true");
      if (prune) {
        parameters.put("prune", "true");
      }
      JsonNode would = put(client, file, parameters);
      if (json) {
        session().out().println(would.toPrettyString());
      } else {
        print(session(), would, true);
      }
      return would.path("changes").isEmpty() ? 0 : DIFFERENT;
    }
  }

  @Command(name = "apply", description = "Makes the configuration what a document says.")
  static final class Apply extends Whole {
    @Parameters(paramLabel = "FILE", description = "The document, JSON or YAML; - reads it")
    private String file = STANDARD;

    @Option(
        names = "--prune",
        description = "Deletes what it does not name in the collections that it has")
    private boolean prune;

    @Option(names = "--dry-run", description = "Only says what would change")
    private boolean dryRun;

    @Option(names = "--wait", description = "Returns when each live gateway runs it")
    private boolean waits;

    @Option(names = "--json", description = "For scripts")
    private boolean json;

    Apply(Session session, DataFolder data) {
      super(session, data);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> parameters = parameters();
      if (prune) {
        parameters.put("prune", "true");
      }
      if (dryRun) {
        parameters.put("dry_run", "true");
      }
      if (waits) {
        parameters.put("wait", "applied");
      }
      JsonNode done;
      try (Watching _ = new Watching(session(), client, "PUT", CONFIG, dryRun)) {
        done = put(client, file, parameters);
      }
      if (json) {
        session().out().println(done.toPrettyString());
      } else {
        print(session(), done, dryRun);
      }
      JsonNode waitingFor = done.path("applied").path("waiting_for");
      if (waitingFor.isEmpty()) {
        return 0;
      }
      session().err().println("aegis: not yet live on: " + waitingFor);
      return 1;
    }
  }

  /** What was changed, as a table and a line that adds it up. */
  private static void print(Session session, JsonNode changes, boolean would) {
    if (!changes.path("changes").isEmpty()) {
      Table table = new Table(List.of("operation", "object", "members"));
      for (JsonNode change : changes.path("changes")) {
        String operation = change.path("operation").asText();
        String members =
            operation.equals("update")
                ? String.join(" ", change.path("diff").findValuesAsText("path"))
                : "";
        table.row(List.of(operation, change.path("key").asText(), members));
      }
      session.out().print(table.text());
    }
    if (changes.path("changes_left_off").asInt() > 0) {
      session.out().println("and " + changes.path("changes_left_off").asInt() + " more");
    }
    for (JsonNode finding : changes.path("findings")) {
      session
          .out()
          .println(
              finding.path("severity").asText()
                  + ": "
                  + finding.path("subject").asText()
                  + ": "
                  + finding.path("message").asText());
    }
    for (JsonNode secret : changes.path("secrets")) {
      session
          .out()
          .println(
              "secret of "
                  + secret.path("key").asText()
                  + ": "
                  + secret.path("secret").asText()
                  + " (shown only now)");
    }
    session
        .out()
        .println(
            (would ? "would be: " : "")
                + changes.path("created").asInt()
                + " created, "
                + changes.path("updated").asInt()
                + " updated, "
                + changes.path("deleted").asInt()
                + " deleted, "
                + changes.path("unchanged").asInt()
                + " unchanged; revision "
                + changes.path("revision").asLong());
  }
}
