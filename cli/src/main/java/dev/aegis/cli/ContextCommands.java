package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands about the installations that somebody has logged in to. None shows a token. */
final class ContextCommands {
  private ContextCommands() {}

  private static ObjectNode shown(String name, Contexts contexts) {
    return AdminClient.JSON
        .createObjectNode()
        .put("name", name)
        .put("url", Objects.requireNonNull(contexts.all().get(name)).url())
        .put("in_use", name.equals(contexts.current()));
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists all.")
  static final class ListContexts implements Callable<Integer> {
    private final Session session;

    @Option(names = "--json", description = "For scripts")
    private boolean json;

    ListContexts(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws CommandFailure {
      Contexts contexts = Contexts.load(session);
      if (json) {
        ArrayNode all = AdminClient.JSON.createArrayNode();
        contexts.all().keySet().forEach(name -> all.add(shown(name, contexts)));
        session.out().println(all.toPrettyString());
        return 0;
      }
      Table table = new Table(List.of("name", "url", "in use"));
      for (Map.Entry<String, Contexts.Context> entry : contexts.all().entrySet()) {
        table.row(
            List.of(
                entry.getKey(),
                entry.getValue().url(),
                entry.getKey().equals(contexts.current()) ? "yes" : "-"));
      }
      session.out().print(table.text());
      return 0;
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows one, or which suite commands speak to now.")
  static final class Show implements Callable<Integer> {
    private final Session session;
    private final DataFolder data;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Which one")
    private @Nullable String name;

    @Option(names = "--json", description = "For scripts")
    private boolean json;

    Show(Session session, DataFolder data) {
      this.session = session;
      this.data = data;
    }

    @Override
    public Integer call() throws CommandFailure {
      ObjectNode shown;
      if (name == null) {
        Suite suite = Suite.find(session, data);
        shown =
            AdminClient.JSON
                .createObjectNode()
                .put("url", suite.admin().toString())
                .put("found_by", Suite.source(session, data));
      } else {
        Contexts contexts = Contexts.load(session);
        contexts.named(name);
        shown = shown(name, contexts);
      }
      if (json) {
        session.out().println(shown.toPrettyString());
      } else {
        session.out().print(Noun.sheet(shown));
      }
      return 0;
    }
  }

  @Command(
      name = "use",
      mixinStandardHelpOptions = true,
      description = "Makes one the installation that is meant when nothing else says which.")
  static final class Use implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "Which one")
    private String name = "";

    Use(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws CommandFailure {
      Contexts contexts = Contexts.load(session);
      contexts.with(name, contexts.named(name)).save(session);
      session.out().println("context " + name + " is in use");
      return 0;
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Forgets one and its token, which stays valid.")
  static final class Delete implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "Which one")
    private String name = "";

    Delete(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws CommandFailure {
      Contexts contexts = Contexts.load(session);
      contexts.named(name);
      contexts.without(name).save(session);
      session.out().println("context " + name + " deleted");
      return 0;
    }
  }
}
