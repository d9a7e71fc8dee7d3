package dev.aegis.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.Version;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The commands that speak to a running suite.
 *
 * <p>Exit codes: 0 only on success, 1 when the suite refuses or cannot be reached, 2 for a mistake
 * in the command line.
 */
public final class AegisCommand {
  private AegisCommand() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    Session session =
        new Session(
            new PrintWriter(System.out, false, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            Boolean.getBoolean("aegis.watched"), // which ./aegis says, since Java cannot
            System.in,
            Prompt.terminal(),
            System.getenv(),
            InstantSource.system(),
            Path.of(System.getProperty("aegis.home", "")));
    System.exit(run(session, args));
  }

  /** Runs one command. */
  static int run(Session session, String... args) {
    int code = commands(session).execute(args);
    session.out().flush();
    session.err().flush();
    return code;
  }

  static CommandLine commands(Session session) {
    DataFolder data = new DataFolder(session);
    CommandLine commands = new CommandLine(new Root(data));
    commands.addSubcommand(new TokenCommand(session, data));
    commands.addSubcommand(new StatusCommand(session, data));
    commands.addSubcommand(new LogsCommand(session, data));
    commands.addSubcommand(new LoginCommand(session));
    CommandLine contexts = new CommandLine(new Group());
    contexts.getCommandSpec().usageMessage().description("The installations logged in to.");
    contexts.addSubcommand(new ContextCommands.ListContexts(session));
    contexts.addSubcommand(new ContextCommands.Show(session, data));
    contexts.addSubcommand(new ContextCommands.Use(session));
    contexts.addSubcommand(new ContextCommands.Delete(session));
    commands.addSubcommand("context", contexts);
    for (Noun noun : Noun.values()) {
      commands.addSubcommand(noun.word(), group(session, data, noun));
    }
    CommandLine config = new CommandLine(new Group());
    config.getCommandSpec().usageMessage().description("The configuration as one document.");
    config.addSubcommand(new ConfigCommands.Export(session, data));
    config.addSubcommand(new ConfigCommands.Diff(session, data));
    config.addSubcommand(new ConfigCommands.Apply(session, data));
    commands.addSubcommand("config", config);
    CommandLine revision = new CommandLine(new Group());
    revision.getCommandSpec().usageMessage().description("The past of the configuration.");
    revision.addSubcommand(new RevisionCommands.ListRevisions(session, data));
    revision.addSubcommand(new RevisionCommands.ShowRevision(session, data));
    revision.addSubcommand(new RevisionCommands.DiffRevisions(session, data));
    revision.addSubcommand(new RevisionCommands.Restore(session, data));
    commands.addSubcommand("revision", revision);
    CommandLine analytics = new CommandLine(new Group());
    analytics.getCommandSpec().usageMessage().description("What the suite has counted.");
    analytics.addSubcommand(new AnalyticsCommands.Export(session, data));
    commands.addSubcommand("analytics", analytics);
    for (ScriptCommand command : ScriptCommand.all()) {
      commands.addSubcommand(command.word(), command);
    }
    commands.addSubcommand(new CompletionCommand(session));
    Examples.addTo(commands);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setOut(session.out());
    commands.setErr(session.err());
    commands.setExecutionExceptionHandler(
        (thrown, _, _) -> {
          session.out().flush();
          session
              .err()
              .println(
                  "aegis: "
                      + (thrown instanceof CommandFailure
                          ? thrown.getMessage()
                          : "unexpected failure: " + thrown));
          return CommandLine.ExitCode.SOFTWARE;
        });
    return commands;
  }

  private static CommandLine group(Session session, DataFolder data, Noun noun) {
    CommandLine group = new CommandLine(new Group());
    group.getCommandSpec().usageMessage().description("The " + noun.collection() + ".");
    group.addSubcommand(
        noun == Noun.PLUGIN
            ? new PluginCommands.ListPlugins(session, data)
            : new ReadCommands.ListObjects(session, data, noun));
    group.addSubcommand(new ReadCommands.ShowObject(session, data, noun));
    group.addSubcommand(
        switch (noun) {
          case TENANT -> new WriteCommands.CreateTenant(session, data);
          case KEY -> new KeyCommands.Create(session, data);
          case OPERATOR -> new OperatorCommands.Create(session, data);
          case PLUGIN -> new PluginCommands.Create(session, data);
          case UPSTREAM, ROUTE, ISSUER, ROLE, BINDING, WEBHOOK ->
              new WriteCommands.CreateObject(session, data, noun);
        });
    group.addSubcommand(new WriteCommands.UpdateObject(session, data, noun));
    group.addSubcommand(
        noun == Noun.KEY
            ? new KeyCommands.Revoke(session, data)
            : new WriteCommands.DeleteObject(session, data, noun));
    switch (noun) {
      case TENANT -> {
        merge(group, session, data, noun, "suspend", "suspended", text("status", "suspended"));
        merge(group, session, data, noun, "resume", "resumed", text("status", "active"));
        whole(group, session, data, "effective", "Shows what holds in one, and where it is from.");
        whole(group, session, data, "export", "Writes out all that is kept of one, sealed.");
      }
      case PLUGIN, WEBHOOK, OPERATOR -> {
        merge(group, session, data, noun, "enable", "enabled", flag("enabled", true));
        merge(group, session, data, noun, "disable", "disabled", flag("enabled", false));
        if (noun == Noun.OPERATOR) {
          group.addSubcommand(new KeyCommands.Rotate(session, data, noun));
        }
      }
      case KEY -> group.addSubcommand(new KeyCommands.Rotate(session, data, noun));
      case UPSTREAM, ROUTE, ISSUER, ROLE, BINDING -> {}
    }
    if (noun.takesTenant()) {
      for (CommandLine command : group.getSubcommands().values()) {
        command.getCommandSpec().addOption(TenantOption.of(noun));
      }
    }
    if (noun == Noun.PLUGIN) {
      group.addSubcommand(new PluginCommands.Install(session, data));
      group.addSubcommand(new PluginCommands.Reload(session, data));
    }
    return group;
  }

  private static void merge(
      CommandLine group,
      Session session,
      DataFolder data,
      Noun noun,
      String verb,
      String done,
      ObjectNode change) {
    CommandLine command =
        new CommandLine(new WriteCommands.MergeObject(session, data, noun, change, done));
    command
        .getCommandSpec()
        .usageMessage()
        .description(Character.toUpperCase(verb.charAt(0)) + verb.substring(1) + "s one.");
    group.addSubcommand(verb, command);
  }

  private static void whole(
      CommandLine group, Session session, DataFolder data, String verb, String description) {
    CommandLine command = new CommandLine(new ReadCommands.ShowWhole(session, data, verb));
    command.getCommandSpec().usageMessage().description(description);
    group.addSubcommand(verb, command);
  }

  private static ObjectNode text(String field, String value) {
    return JsonNodeFactory.instance.objectNode().put(field, value);
  }

  private static ObjectNode flag(String field, boolean value) {
    return JsonNodeFactory.instance.objectNode().put(field, value);
  }

  @Command(
      name = "aegis",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      description = "Speaks to a running Aegis.",
      footer = {
        "",
        "The suite is found by --context, else by AEGIS_ADMIN_URL and AEGIS_ADMIN_TOKEN,",
        "else by the data directory, else by the context in use.",
        "Exit codes: 0 success, 1 refused or not reached, 2 mistake in the command line."
      })
  private static final class Root extends Group {
    @Mixin private final DataFolder data;

    Root(DataFolder data) {
      this.data = data;
    }

    @Override
    public String toString() {
      return "aegis, data in " + data.path();
    }
  }

  /** A command that only has others below it. */
  @Command(mixinStandardHelpOptions = true)
  private static class Group implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(), "Missing required subcommand");
    }
  }

  private static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"aegis " + Version.text()};
    }
  }
}
