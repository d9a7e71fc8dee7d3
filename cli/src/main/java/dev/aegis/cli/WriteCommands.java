package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that change objects. */
final class WriteCommands {
  private static final String MERGE_PATCH = "application/merge-patch+json";

  private WriteCommands() {}

  /** Headers that let a change through only while the object has this revision. */
  private static Map<String, String> guard(@Nullable Long revision) {
    Map<String, String> headers = new HashMap<>();
    if (revision != null) {
      headers.put("If-Match", "\"" + revision + "\"");
    }
    return headers;
  }

  @Command(name = "create", description = "Creates one from a JSON document.")
  static non-sealed class CreateObject extends WriteCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "ID",
        description = "Its id, when the document does not say it")
    private @Nullable String id;

    @Option(
        names = {"-f", "--file"},
        paramLabel = "FILE",
        description = "The document (default standard input)")
    private @Nullable Path file;

    CreateObject(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      ObjectNode document = given();
      if (id != null) {
        document.put("id", id);
      }
      AdminClient.Answer answer =
          client.send("POST", noun().path(tenant()) + query(), document, Map.of());
      String made = answer.body().path("id").asText(document.path("id").asText());
      return report("created", made, answer);
    }

    ObjectNode given() throws CommandFailure {
      return document(file);
    }

    boolean hasFile() {
      return file != null;
    }

    @Nullable String id() {
      return id;
    }
  }

  @Command(name = "create", description = "Creates a tenant, from options or a JSON document.")
  static final class CreateTenant extends CreateObject {
    @Option(names = "--name", paramLabel = "NAME", description = "Name (default the id)")
    private @Nullable String name;

    @Option(names = "--host", paramLabel = "HOST", description = "A host; several are possible")
    private List<String> hosts = new ArrayList<>();

    @Option(
        names = "--kind",
        paramLabel = "KIND",
        description = "enterprise|organization|team|user")
    private @Nullable String kind;

    @Option(names = "--parent", paramLabel = "T", description = "The tenant above it")
    private @Nullable String parent;

    @Option(names = "--tier", paramLabel = "TIER", description = "Tier")
    private @Nullable String tier;

    @Option(names = "--isolation", paramLabel = "LEVEL", description = "strict|shared|hybrid")
    private @Nullable String isolation;

    CreateTenant(Session session, DataFolder data) {
      super(session, data, Noun.TENANT);
    }

    @Override
    ObjectNode given() throws CommandFailure {
      ObjectNode document =
          hasFile() || id() == null ? super.given() : JsonNodeFactory.instance.objectNode();
      if (name != null) {
        document.put("name", name);
      } else if (!document.has("name") && id() != null) {
        document.put("name", id());
      }
      if (!hosts.isEmpty()) {
        hosts.forEach(document.putArray("hosts")::add);
      }
      put(document, "kind", kind);
      put(document, "parent", parent);
      put(document, "tier", tier);
      put(document, "isolation", isolation);
      return document;
    }

    private static void put(ObjectNode document, String field, @Nullable String value) {
      if (value != null) {
        document.put(field, value);
      }
    }
  }

  @Command(
      name = "update",
      description = "Replaces one by a JSON document, or merges the document into it.")
  static final class UpdateObject extends WriteCommand {
    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    @Option(
        names = {"-f", "--file"},
        paramLabel = "FILE",
        description = "The document (default standard input)")
    private @Nullable Path file;

    @Option(names = "--merge", description = "Change only what the document says (RFC 7396)")
    private boolean merge;

    @Option(
        names = "--revision",
        paramLabel = "N",
        description = "Only while the object has this revision")
    private @Nullable Long revision;

    UpdateObject(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      Map<String, String> headers = guard(revision);
      if (merge) {
        headers.put("Content-Type", MERGE_PATCH);
      }
      AdminClient.Answer answer =
          client.send(
              merge ? "PATCH" : "PUT",
              noun().path(tenant(), id) + query(),
              document(file),
              headers);
      return report("updated", id, answer);
    }
  }

  @Command(name = "delete", description = "Deletes one.")
  static non-sealed class DeleteObject extends WriteCommand {
    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    @Option(
        names = "--revision",
        paramLabel = "N",
        description = "Only while the object has this revision")
    private @Nullable Long revision;

    DeleteObject(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    /** What the report calls it. */
    String done() {
      return "deleted";
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      return report(
          done(),
          id,
          client.send("DELETE", noun().path(tenant(), id) + query(), null, guard(revision)));
    }
  }

  /** Changes one member, such as a tenant's status. */
  @Command
  static final class MergeObject extends WriteCommand {
    private final ObjectNode change;
    private final String done;

    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    MergeObject(Session session, DataFolder data, Noun noun, ObjectNode change, String done) {
      super(session, data, noun);
      this.change = change;
      this.done = done;
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      return report(
          done,
          id,
          client.send(
              "PATCH",
              noun().path(tenant(), id) + query(),
              change,
              Map.of("Content-Type", MERGE_PATCH)));
    }
  }
}
