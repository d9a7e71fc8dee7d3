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
  static final class ListObjects extends ObjectCommand {
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
}
