package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands about operators that other objects have not, or not so. */
final class OperatorCommands {
  private OperatorCommands() {}

  @Command(
      name = "create",
      description =
          "Creates an operator, from options or a JSON document, and shows its token once.")
  static final class Create extends WriteCommands.CreateObject {
    @Option(
        names = "--role",
        paramLabel = "ROLE",
        description = "platform_admin|tenant_admin|auditor; without it a document is read")
    private @Nullable String role;

    @Option(
        names = {TenantOption.NAME, "-t"},
        paramLabel = "T",
        description = "The tenant that it is held to, with those below it")
    private @Nullable String heldTo;

    @Option(names = "--name", paramLabel = "NAME", description = "Name (default the id or role)")
    private @Nullable String name;

    @Option(
        names = "--expires-at",
        paramLabel = "TIME",
        description = "When it ends, such as 2030-01-01T00:00:00Z (default never)")
    private @Nullable String expiresAt;

    Create(Session session, DataFolder data) {
      super(session, data, Noun.OPERATOR);
    }

    @Override
    ObjectNode given() throws CommandFailure {
      ObjectNode document =
          hasFile() || role == null ? super.given() : JsonNodeFactory.instance.objectNode();
      if (role != null) {
        document.put("role", role);
      }
      if (heldTo != null) {
        document.put("tenant", heldTo);
      }
      if (name != null) {
        document.put("name", name);
      } else if (!document.has("name") && role != null) {
        document.put("name", id() == null ? role : id());
      }
      if (expiresAt != null) {
        document.put("expires_at", expiresAt);
      }
      return document;
    }
  }
}
