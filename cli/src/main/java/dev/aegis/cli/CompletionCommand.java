package dev.aegis.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the script by which a shell completes commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Writes the script by which a shell completes commands and options.")
final class CompletionCommand implements Callable<Integer> {
  private enum Shell {
    BASH,
    ZSH
  }

  private final Session session;

  @Parameters(paramLabel = "bash|zsh", description = "For which shell")
  private Shell shell = Shell.BASH;

  CompletionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String script = AutoComplete.bash("aegis", AegisCommand.commands(session));
    session
        .out()
        .print(
            switch (shell) {
              case BASH -> script;
              // The script asks for this itself only where the completion system is not yet loaded.
              case ZSH -> "autoload -U +X compinit && compinit\n" + script;
            });
    return 0;
  }
}
