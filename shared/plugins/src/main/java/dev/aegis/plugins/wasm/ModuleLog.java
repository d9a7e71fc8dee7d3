package dev.aegis.plugins.wasm;

import dev.aegis.plugins.Owner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the instances of one filter have to say, so many lines a minute. Only with the level {@code
 * debug}: a module may say what stood in a request, which the log of a gateway never does by
 * itself.
 */
final class ModuleLog {
  private static final Logger LOG = LoggerFactory.getLogger(ModuleLog.class);
  private static final int MOST_LINES = 100;
  private static final int MOST_CHARACTERS = 1_024;
  private static final long MINUTE = 60_000_000_000L;

  private final Owner owner;
  private long since = System.nanoTime();
  private int lines;

  ModuleLog(Owner owner) {
    this.owner = owner;
  }

  boolean on() {
    return LOG.isDebugEnabled();
  }

  void say(String level, String text) {
    if (!on() || text.isBlank()) {
      return;
    }
    synchronized (this) {
      long now = System.nanoTime();
      if (now - since > MINUTE) {
        since = now;
        lines = 0;
      }
      if (lines++ >= MOST_LINES) {
        return;
      }
    }
    String line = text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) : text;
    LOG.debug(
        "Plugin {} of tenant {}: {}: {}", owner.object(), owner.tenant(), level, line.strip());
  }
}
