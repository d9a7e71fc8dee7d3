package dev.aegis.chassis;

import java.util.Collection;

/** The text that {@code --help} prints: each setting with its names and default. */
public final class SettingsHelp {
  private SettingsHelp() {}

  /** Help of the command {@code name}. */
  public static String text(String name, Collection<Setting<?>> known) {
    StringBuilder help = new StringBuilder(1024);
    help.append("Usage: aegis ").append(name).append(" [--config FILE] [--NAME VALUE]...\n\n");
    help.append("Settings, by command line, environment, settings file (YAML), default:\n\n");
    for (Setting<?> setting : known) {
      help.append("  --").append(setting.name()).append("  ").append(setting.env());
      String defaultText = setting.defaultText();
      if (defaultText != null && !defaultText.isEmpty()) {
        help.append("  [").append(defaultText).append(']');
      }
      help.append("\n      ").append(setting.doc()).append('\n');
    }
    help.append("\n  --help     this text\n  --version  the version\n");
    return help.toString();
  }
}
