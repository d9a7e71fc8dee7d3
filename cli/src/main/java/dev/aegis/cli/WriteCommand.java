package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that change objects have in common: rehearsal, waiting, and their report. */
abstract sealed class WriteCommand extends ObjectCommand
    permits WriteCommands.CreateObject,
        WriteCommands.UpdateObject,
        WriteCommands.DeleteObject,
        WriteCommands.MergeObject,
        KeyCommands.Rotate {
  private static final String STANDARD_INPUT = "-";

  @Option(
      names = "--dry-run",
      description = "Only says what would change and what would be wrong with it")
  private boolean dryRun;

  @Option(names = "--wait", description = "Returns when each live gateway runs the change")
  private boolean waits;

  WriteCommand(Session session, DataFolder data, Noun noun) {
    super(session, data, noun);
  }

  /** Query of the call. */
  String query() {
    Map<String, String> parameters = parameters();
    if (dryRun) {
      parameters.put("dry_run", "true");
    }
    if (waits) {
      parameters.put("wait", "applied");
    }
    return AdminClient.query(parameters);
  }

  /** The document in {@code file}, or on standard input when there is none or it is {@code -}. */
  ObjectNode document(@Nullable Path file) throws CommandFailure {
    boolean standardInput = file == null || file.toString().equals(STANDARD_INPUT);
    String where = standardInput ? "standard input" : String.valueOf(file);
    byte[] bytes;
    try {
      bytes =
          file == null || standardInput ? session().in().readAllBytes() : Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new CommandFailure("there is no file " + where, e);
    } catch (IOException e) {
      throw new CommandFailure("cannot read " + where + ": " + e.getMessage(), e);
    }
    JsonNode document;
    try {
      document = AdminClient.JSON.readTree(bytes);
    } catch (IOException e) {
      // The parser's own text may quote the document, which may hold a secret.
      throw new CommandFailure(where + " holds no JSON", e);
    }
    return object(document);
  }

  /** Says what was done, and returns the exit code. */
  int report(String done, String id, AdminClient.Answer answer) {
    JsonNode body = answer.body();
    JsonNode applied = body.path("applied");
    boolean late = applied.path("complete").isBoolean() && !applied.path("complete").asBoolean();
    if (json()) {
      if (!body.isMissingNode()) {
        print(body);
      }
    } else if (dryRun) {
      rehearsed(body);
    } else {
      session()
          .out()
          .println(noun().word() + " " + id + " " + done + ", revision " + answer.revision());
      if (body.has("secret")) {
        session().out().println("secret: " + body.path("secret").asText() + " (shown only now)");
      }
      if (applied.isObject() && !late) {
        session().out().println("live on: " + names(applied.path("gateways")));
      }
    }
    if (late) {
      session().err().println("aegis: not yet live on: " + names(applied.path("waiting_for")));
    }
    return late ? 1 : 0;
  }

  private void rehearsed(JsonNode body) {
    session().out().println("would " + body.path("operation").asText("change") + ":");
    for (JsonNode difference : body.path("diff")) {
      session().out().println("  " + difference);
    }
    for (JsonNode finding : body.path("findings")) {
      session()
          .out()
          .println(
              finding.path("severity").asText()
                  + ": "
                  + finding.path("subject").asText()
                  + ": "
                  + finding.path("message").asText());
    }
  }

  private static String names(JsonNode nodes) {
    List<String> names = new ArrayList<>();
    nodes.forEach(node -> names.add(node.asText()));
    return names.isEmpty() ? "no gateway" : String.join(", ", names);
  }
}
