package dev.aegis.cli;

import java.io.Console;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Asks whoever is at the terminal for a secret, without showing it. */
interface Prompt {
  /** What they type, empty when they end instead; null when nobody is at a terminal. */
  @Nullable String ask(String question);

  /** Whoever is at the terminal of this process. */
  static Prompt terminal() {
    return question -> {
      Console console = Objects.requireNonNull(System.console()); // never null since JDK 22
      if (!console.isTerminal()) {
        return null;
      }
      char[] typed = console.readPassword("%s", question);
      return typed == null ? "" : new String(typed);
    };
  }
}
