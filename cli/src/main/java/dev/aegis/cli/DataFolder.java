package dev.aegis.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The options that say which suite is meant: {@code --data}, and where the data directory is
 * without it, and {@code --context}.
 */
final class DataFolder {
  private static final String USUAL = ".aegis";

  private final Session session;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Data directory of ./aegis up (AEGIS_DATA, default .aegis)")
  private @Nullable Path given;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Installation that ./aegis login has remembered")
  private @Nullable String context;

  DataFolder(Session session) {
    this.session = session;
  }

  /** The context asked for on the command line, or null. */
  @Nullable String context() {
    return context;
  }

  /** Whether somebody said where it is. */
  boolean named() {
    return given != null || !session.environment().getOrDefault("AEGIS_DATA", "").isEmpty();
  }

  Path path() {
    if (given != null) {
      return given;
    }
    String variable = session.environment().getOrDefault("AEGIS_DATA", "");
    if (!variable.isEmpty()) {
      return Path.of(variable);
    }
    Path here = Path.of(USUAL);
    return Files.isDirectory(here) ? here : session.home().resolve(USUAL);
  }
}
