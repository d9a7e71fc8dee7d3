package dev.aegis.cli;

import java.io.Console;
import org.jspecify.annotations.Nullable;

/** Asks whoever is at the terminal for a secret, without showing it. */
interface Prompt {
  /** What they type, empty when they end instead; null when nobody is at a terminal. */
  @Nullable String ask(String question);

  /** Whoever is at the terminal of this process. */
  @SuppressWarnings("SystemConsoleNull") // it is null again since JDK 25
  static Prompt terminal() {
    return question -> {
      Console console = System.console();
      if (console == null || !console.isTerminal()) {
        return null;
      }
      char[] typed = console.readPassword("%s", question);
      return typed == null ? "" : new String(typed);
    };
  }
}
