package dev.aegis.plugins.wasm;

import java.util.HashMap;
import java.util.Map;

/** What the instances of one filter keep for each other. Bounded in number and size. */
final class SharedData {
  private static final int MOST_KEYS = 1_000;
  private static final int MOST_BYTES = 1 << 20;

  private final Map<String, Kept> all = new HashMap<>();
  private int bytes;
  private int last;

  /** A value, and the number of the change that it came by. */
  static final class Kept {
    private final byte[] value;
    private final int cas;

    private Kept(byte[] value, int cas) {
      this.value = value;
      this.cas = cas;
    }

    byte[] value() {
      return value;
    }

    int cas() {
      return cas;
    }
  }

  synchronized Kept get(String key) {
    Kept kept = all.get(key);
    if (kept == null) {
      throw new Status.Fault(Status.NOT_FOUND);
    }
    return kept;
  }

  /**
   * Sets it.
   *
   * @param cas of the value that is there, 0 for any
   */
  synchronized void set(String key, byte[] value, int cas) {
    Kept before = all.get(key);
    if (cas != 0 && (before == null || before.cas() != cas)) {
      throw new Status.Fault(Status.CAS_MISMATCH);
    }
    int more = value.length + (before == null ? key.length() : -before.value().length);
    if (bytes + more > MOST_BYTES || before == null && all.size() >= MOST_KEYS) {
      throw new Status.Fault(Status.INTERNAL_FAILURE);
    }
    last = last == Integer.MAX_VALUE ? 1 : last + 1;
    all.put(key, new Kept(value, last));
    bytes += more;
  }
}
