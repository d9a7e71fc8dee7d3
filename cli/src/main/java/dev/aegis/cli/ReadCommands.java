package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The commands that look at objects. */
final class ReadCommands {
  private ReadCommands() {}

  @Command(name = "list", description = "Lists all.")
  static non-sealed class ListObjects extends ObjectCommand {
    ListObjects(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      List<JsonNode> objects = client.list(noun().path(tenant()));
      if (json()) {
        ArrayNode all = AdminClient.JSON.createArrayNode();
        objects.forEach(all::add);
        print(all);
      } else {
        session().out().print(noun().table(objects));
      }
      return 0;
    }
  }

  @Command(name = "show", description = "Shows one.")
  static final class ShowObject extends ObjectCommand {
    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    ShowObject(Session session, DataFolder data, Noun noun) {
      super(session, data, noun);
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      JsonNode object = client.get(noun().path(tenant(), id)).body();
      if (json()) {
        print(object);
      } else {
        session().out().print(Noun.sheet(object));
      }
      return 0;
    }
  }

  /** Shows a document about a whole tenant, which no table could hold. */
  @Command
  static final class ShowWhole extends ObjectCommand {
    private final String verb;

    @Parameters(paramLabel = "ID", description = "Which one")
    private String id = "";

    /**
     * @param verb last segment of the document's path
     */
    ShowWhole(Session session, DataFolder data, String verb) {
      super(session, data, Noun.TENANT);
      this.verb = verb;
    }

    @Override
    int run(AdminClient client) throws CommandFailure {
      print(client.get(noun().path(null, id) + "/" + verb).body());
      return 0;
    }
  }
}
