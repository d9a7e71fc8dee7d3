package dev.aegis.chassis;

import java.util.List;

/** Everything that is wrong with the settings of a process, at once. */
public final class InvalidSettings extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  InvalidSettings(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line per mistake, in the order of precedence: command line, environment, file. */
  public List<String> problems() {
    return problems;
  }
}
