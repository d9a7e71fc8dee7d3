package dev.aegis.plugin;

/** Which path and query a request is for. */
public sealed interface Rewrite {
  /** Those that it came with. */
  Rewrite AS_IT_CAME = new AsItCame();

  /** Those that it came with. */
  record AsItCame() implements Rewrite {}

  /**
   * Others. They are read as strictly as if a caller had sent them, and what is no path to a caller
   * is a failure of the plugin.
   *
   * @param path begins with {@code /}, percent-encoded, without query
   * @param query without {@code ?}, {@code ""} for none
   */
  record To(String path, String query) implements Rewrite {}
}
