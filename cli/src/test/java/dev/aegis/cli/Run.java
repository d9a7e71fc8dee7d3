package dev.aegis.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * What one command did.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
record Run(int code, String out, String err) {
  static final Instant NOW = Instant.parse("2026-02-01T12:00:00Z");

  static Run of(Map<String, String> environment, Path home, String in, String... args) {
    return of(false, environment, home, in, args);
  }

  /** With somebody who looks at standard error on a terminal, or without. */
  static Run of(
      boolean watched, Map<String, String> environment, Path home, String in, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Session session =
        new Session(
            new PrintWriter(out),
            new PrintWriter(err),
            watched,
            new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
            _ -> null,
            environment,
            () -> NOW,
            home);
    int code = AegisCommand.run(session, args);
    return new Run(code, out.toString(), err.toString());
  }
}
