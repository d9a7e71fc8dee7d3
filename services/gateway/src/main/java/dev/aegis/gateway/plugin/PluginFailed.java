package dev.aegis.gateway.plugin;

import dev.aegis.plugins.NotCalled;
import dev.aegis.plugins.Opened;
import org.jspecify.annotations.Nullable;

/** Thrown where a plugin is called: it did not do what it was asked for. */
final class PluginFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private static final int MOST = 300;

  private final Says says;
  private final String brief;

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
    this(why, says, why);
  }

  private PluginFailed(String why, Says says, String brief) {
    super(why, null, false, false); // an expected end of a call, not a bug
    this.says = says;
    this.brief = brief;
  }

  Says says() {
    return says;
  }

  String why() {
    return String.valueOf(getMessage());
  }

  /** What it threw, as long as that is. */
  static PluginFailed threw(Throwable thrown) {
    return thrown instanceof NotCalled
        ? new PluginFailed(String.valueOf(thrown.getMessage()), Says.NOTHING)
        : new PluginFailed(
            "it threw " + thrown, Says.BAD, "it threw " + thrown.getClass().getName());
  }

  /** The same without the plugin's own words, which may hold what a caller showed. */
  PluginFailed brief() {
    return new PluginFailed(brief, says);
  }

  /**
   * The same in a line, without what the plugin was told in secret.
   *
   * @param told its configuration, null if it was told nothing
   */
  PluginFailed discreet(@Nullable Opened told) {
    String text = told == null ? why() : told.told(why());
    return new PluginFailed(text.length() > MOST ? text.substring(0, MOST) : text, says);
  }
}
