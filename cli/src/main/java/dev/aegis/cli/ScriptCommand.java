package dev.aegis.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * A command that the script {@code ./aegis} carries out itself. It is known here so that a word
 * close to it is understood, and so that shells can complete it.
 */
@Command(mixinStandardHelpOptions = true, description = "Carried out by the script ./aegis.")
final class ScriptCommand implements Callable<Integer> {
  private final String word;

  @Unmatched private List<String> arguments = new ArrayList<>();

  private ScriptCommand(String word) {
    this.word = word;
  }

  static List<ScriptCommand> all() {
    return List.of(
            "up", "gateway", "admin", "webhook-dispatcher", "bench", "build", "test", "mutation")
        .stream()
        .map(ScriptCommand::new)
        .toList();
  }

  String word() {
    return word;
  }

  @Override
  public Integer call() throws CommandFailure {
    throw new CommandFailure(
        "\""
            + word
            + "\" is a command of the script: ./aegis "
            + word
            + String.join(" ", arguments));
  }
}
