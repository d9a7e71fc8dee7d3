package dev.aegis.gateway.plugin;

import dev.aegis.plugins.NotCalled;

/** Thrown where a plugin is called: it did not do what it was asked for. */
final class PluginFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Says says;

  /** What it says of the plugin. */
  enum Says {
    /** Nothing: it was not called. */
    NOTHING,
    /** It did badly this time. */
    BAD,
    /** A thread of the gateway's is lost to it, so it must not be called again. */
    LOST
  }

  PluginFailed(String why, Says says) {
    super(why, null, false, false); // an expected end of a call, not a bug
    this.says = says;
  }

  Says says() {
    return says;
  }

  String why() {
    return String.valueOf(getMessage());
  }

  /** What it threw, in a line. */
  static PluginFailed threw(Throwable thrown) {
    if (thrown instanceof NotCalled) {
      return new PluginFailed(String.valueOf(thrown.getMessage()), Says.NOTHING);
    }
    String text = "it threw " + thrown;
    return new PluginFailed(text.length() > 300 ? text.substring(0, 300) : text, Says.BAD);
  }
}
