package dev.aegis.chassis;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.util.Map;

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

  /** There is nothing to prepare, and no logger whose context could be asked. */
  @Override
  public void prepareForDeferredProcessing() {}

  @Override
  public Map<String, String> getMDCPropertyMap() {
    return Map.of();
  }

  byte[] bytes() {
    return bytes;
  }
}
