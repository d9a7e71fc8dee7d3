package dev.aegis.chassis;

import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that logs more than it may write, says so, and ends when its standard input does. */
final class LogsUnderLimit {
  static final int LINES = 2000;

  private LogsUnderLimit() {}

  public static void main(String[] args) throws Exception {
    try (Logs _ = Logs.configure(Path.of(args[0]), "gateway", false)) {
      Logger log = LoggerFactory.getLogger("dev.aegis.chassis.Test");
      for (int i = 0; i < LINES; i++) {
        log.info("line {} of many, and long enough to be cut somewhere in the middle", i);
      }
      System.out.println("logged");
      while (System.in.read() >= 0) {
        // Until the other side closes it.
      }
    }
  }
}
