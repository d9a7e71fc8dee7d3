package dev.aegis.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The option {@code --data}, and where the data directory is without it. */
final class DataFolder {
  private static final String USUAL = ".aegis";

  private final Session session;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Data directory of ./aegis up (AEGIS_DATA, default .aegis)")
  private @Nullable Path given;

  DataFolder(Session session) {
    this.session = session;
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
