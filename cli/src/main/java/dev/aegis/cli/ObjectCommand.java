package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the commands about objects have in common: the suite, the tenant, the form of the answer.
 */
@Command(mixinStandardHelpOptions = true)
abstract sealed class ObjectCommand implements Callable<Integer>
    permits ReadCommands.ListObjects,
        ReadCommands.ShowObject,
        ReadCommands.ShowWhole,
        WriteCommand {
  private final Session session;
  private final DataFolder data;
  private final Noun noun;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--json", description = "For scripts")
  private boolean json;

  ObjectCommand(Session session, DataFolder data, Noun noun) {
    this.session = session;
    this.data = data;
    this.noun = noun;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (noun.needsTenant() && tenant() == null) {
      throw wrong("Missing required option: '--tenant=T'");
    }
    try (AdminClient client = new AdminClient(Suite.find(session, data))) {
      return run(client);
    }
  }

  /** Does the work, and says whether it succeeded by the exit code. */
  abstract int run(AdminClient client) throws CommandFailure;

  /** The tenant given by {@code --tenant}, of which tenants themselves have none. */
  @Nullable String tenant() {
    CommandSpec own = Objects.requireNonNull(spec);
    OptionSpec option = own.findOption(TenantOption.NAME);
    return option == null ? null : option.getValue();
  }

  Session session() {
    return session;
  }

  Noun noun() {
    return noun;
  }

  boolean json() {
    return json;
  }

  /** A mistake in the command line: picocli shows it with the usage and exit code 2. */
  ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  static Map<String, String> parameters() {
    return new LinkedHashMap<>();
  }

  void print(JsonNode document) {
    session.out().println(document.toPrettyString());
  }

  static ObjectNode object(JsonNode node) throws CommandFailure {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new CommandFailure("the document must be a JSON object");
  }
}
