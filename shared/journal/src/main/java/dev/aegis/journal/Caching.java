package dev.aegis.journal;

/**
 * Which replies of a route are kept for further callers: those that say so themselves.
 *
 * @param maxEntryBytes most bytes of the body of one, 0 to 16 MiB
 */
public record Caching(int maxEntryBytes) {
  private static final int MOST = 16 << 20;

  static Caching read(Fields fields) {
    return new Caching((int) fields.number("max_entry_bytes", 1 << 20, 0, MOST));
  }
}
