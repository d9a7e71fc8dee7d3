package dev.aegis.chassis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;

/** An event of the log that already is its lines. */
final class ReadyLines extends LoggingEvent {
  private final byte[] bytes;

  ReadyLines(byte[] bytes, Instant now) {
    this.bytes = bytes;
    setLevel(Level.INFO);
    setLoggerName("dev.aegis.lines");
    setMessage("");
    setInstant(now);
  }

  byte[] bytes() {
    return bytes;
  }
}
