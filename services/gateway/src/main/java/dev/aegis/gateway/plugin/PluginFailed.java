package dev.aegis.gateway.plugin;

/** Thrown where a plugin is called: it did not do what it was asked for. */
final class PluginFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean lost;

  /**
   * @param lost whether a thread of the gateway's is lost to it, so that it is not called again
   */
  PluginFailed(String why, boolean lost) {
    super(why, null, false, false); // an expected end of a call, not a bug
    this.lost = lost;
  }

  boolean lost() {
    return lost;
  }

  String why() {
    return String.valueOf(getMessage());
  }

  /** What it threw, in a line. */
  static PluginFailed threw(Throwable thrown) {
    String text = "it threw " + thrown;
    return new PluginFailed(text.length() > 300 ? text.substring(0, 300) : text, false);
  }
}
