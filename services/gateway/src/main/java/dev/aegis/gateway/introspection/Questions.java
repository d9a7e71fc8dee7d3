package dev.aegis.gateway.introspection;

import dev.aegis.egress.Fetched;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** Puts questions to the outside, within bounds of time, size and address. */
@FunctionalInterface
public interface Questions {
  /** Longest answer that is read, in bytes. */
  int MOST = 16 * 1024;

  /**
   * Posts {@code form} to {@code place}; the answer is the document that comes back.
   *
   * @param limit longest wait for all of it
   * @throws InterruptedException when the thread was told to stop
   */
  Fetched ask(URI place, Map<String, String> headers, byte[] form, Duration limit)
      throws InterruptedException;
}
