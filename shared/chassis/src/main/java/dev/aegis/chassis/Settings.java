package dev.aegis.chassis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a process was told: one value per setting it knows.
 *
 * <p>The command line wins over the environment, which wins over the settings file, which wins over
 * the default. A name that nobody knows stops the start.
 */
public final class Settings {
  private final Map<Setting<?>, Object> values;

  private Settings(Map<Setting<?>, Object> values) {
    this.values = values;
  }

  /**
   * Reads the settings of a process.
   *
   * @param known every setting it knows
   * @param args its command line: {@code --config FILE}, and {@code --<dotted.name> VALUE} or
   *     {@code --<dotted.name>=VALUE}
   * @param environment its environment; an empty variable counts as absent
   * @throws InvalidSettings with every mistake at once
   */
  public static Settings read(
      Collection<Setting<?>> known, List<String> args, Map<String, String> environment)
      throws InvalidSettings {
    List<String> problems = new ArrayList<>();
    SettingNames names = new SettingNames(known);
    CommandLine line = CommandLine.read(args, names, problems);
    Map<Setting<?>, Given> given = new HashMap<>();
    if (line.config() != null) {
      given.putAll(SettingsFile.read(line.config(), names, problems));
    }
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      Setting<?> setting = names.ofVariable(variable.getKey());
      if (setting != null) {
        if (!variable.getValue().isEmpty()) {
          given.put(setting, new Given(variable.getValue(), variable.getKey()));
        }
      } else if (names.isUnknownVariable(variable.getKey())) {
        problems.add(
            "environment: there is no "
                + variable.getKey()
                + names.nearVariable(variable.getKey()));
      }
    }
    given.putAll(line.given());
    Map<Setting<?>, Object> values = new LinkedHashMap<>();
    for (Setting<?> setting : known) {
      Object value = value(setting, given.get(setting), problems);
      if (value != null) {
        values.put(setting, value);
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new Settings(values);
  }

  /** The defaults of {@code known}, for tests and embedding. Settings without one are left out. */
  public static Settings defaults(Collection<Setting<?>> known) {
    Map<Setting<?>, Object> values = new LinkedHashMap<>();
    for (Setting<?> setting : known) {
      Object fallback = setting.fallback();
      if (fallback != null) {
        values.put(setting, fallback);
      }
    }
    return new Settings(values);
  }

  /**
   * The value of {@code setting}.
   *
   * @throws IllegalArgumentException when it is not among the known ones: a bug
   */
  @SuppressWarnings("unchecked") // Only read, defaults and with put values, each of the right type.
  public <T> T of(Setting<T> setting) {
    Object value = values.get(setting);
    if (value == null) {
      throw new IllegalArgumentException("This process does not know the setting " + setting);
    }
    return (T) value;
  }

  /** A copy in which {@code setting} is {@code value}. */
  public <T> Settings with(Setting<T> setting, T value) {
    Map<Setting<?>, Object> copy = new LinkedHashMap<>(values);
    copy.put(setting, value);
    return new Settings(copy);
  }

  /** Text given for a setting and where it came from, for messages. */
  record Given(String text, String source) {}

  private static <T> @Nullable T value(
      Setting<T> setting, @Nullable Given given, List<String> problems) {
    if (given == null) {
      T fallback = setting.fallback();
      if (fallback == null) {
        problems.add(
            setting.name() + ": must be given, by --" + setting.name() + " or " + setting.env());
      }
      return fallback;
    }
    try {
      return setting.parse(given.text().strip());
    } catch (IllegalArgumentException e) {
      problems.add(
          given.source()
              + ": "
              + e.getMessage()
              + (setting.isSecret() ? "" : ", not \"" + given.text() + "\""));
      return null;
    }
  }

  /** Names and values, with secrets left out. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (setting, value) ->
            text.append(text.isEmpty() ? "" : ", ")
                .append(setting.name())
                .append('=')
                .append(setting.isSecret() ? "(secret)" : value));
    return text.toString();
  }
}
