package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about API keys that other objects have not, or not so. */
final class KeyCommands {
  private KeyCommands() {}

  @Command(
      name = "create",
      description = "Creates a key, from options or a JSON document, and shows its secret once.")
  static final class Create extends WriteCommands.CreateObject {
    @Option(names = "--name", paramLabel = "NAME", description = "Name (default the subject)")
    private @Nullable String name;

    @Option(
        names = {"-s", "--subject"},
        paramLabel = "S",
        description = "Whom it stands for; without it a document is read")
    private @Nullable String subject;

    @Option(names = "--role", paramLabel = "R", description = "A role; several are possible")
    private List<String> roles = new ArrayList<>();

    @Option(
        names = "--expires-at",
        paramLabel = "TIME",
        description = "When it ends, such as 2030-01-01T00:00:00Z (default never)")
    private @Nullable String expiresAt;

    @Option(
        names = "--signing",
        description = "Callers sign their requests with it (RFC 9421) and never show it")
    private boolean signing;

    Create(Session session, DataFolder data) {
      super(session, data, Noun.KEY);
    }

    @Override
    ObjectNode given() throws CommandFailure {
      ObjectNode document =
          hasFile() || subject == null ? super.given() : JsonNodeFactory.instance.objectNode();
      if (subject != null) {
        document.put("subject", subject);
      }
      if (name != null) {
        document.put("name", name);
      } else if (!document.has("name") && subject != null) {
        document.put("name", subject);
      }
      if (!roles.isEmpty()) {
        roles.forEach(document.putArray("roles")::add);
      }
      if (expiresAt != null) {
        document.put("expires_at", expiresAt);
      }
      if (signing) {
        document.put("signing", true);
      }
      return document;
    }
  }

  @Command(name = "rotate", description = "Gives one a new secret and shows it once.")
  static final class Rotate extends WriteCommand {
    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    @Option(
        names = "--overlap",
        paramLabel = "SECONDS",
        description =
            "How long the secret before is still taken (default a day for keys, 0 for operators)")
    private @Nullable Long overlap;

    Rotate(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      if (overlap != null) {
        document.put("overlap_seconds", overlap);
      }
      return report(
          "rotated",
          id,
          client.send("POST", noun().path(tenant(), id) + "/rotate" + query(), document, Map.of()));
    }
  }

  @Command(name = "revoke", description = "Revokes one, at once.")
  static final class Revoke extends WriteCommands.DeleteObject {
    Revoke(Session session, DataFolder data) {
      super(session, data, Noun.KEY);
    }

    @Override
    String done() {
      return "revoked";
    }
  }
}
