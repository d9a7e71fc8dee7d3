package dev.aegis.tokens.keys;

import dev.aegis.egress.Fetched;
import java.net.URI;

/** Fetches documents from the outside, within bounds of time, size and address. */
@FunctionalInterface
public interface Documents {
  /** Longest document that is read, in bytes. */
  int MOST = 256 * 1024;

  /**
   * The document at this place.
   *
   * @throws InterruptedException when the thread was told to stop
   */
  Fetched fetch(URI place) throws InterruptedException;
}
