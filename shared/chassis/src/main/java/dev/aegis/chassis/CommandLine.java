package dev.aegis.chassis;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The command line of a process, taken apart.
 *
 * @param config settings file, or null
 * @param given what it says about settings
 */
record CommandLine(@Nullable Path config, Map<Setting<?>, Settings.Given> given) {

  static CommandLine read(List<String> args, SettingNames names, List<String> problems) {
    Path config = null;
    Map<Setting<?>, Settings.Given> given = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      if (!arg.startsWith("--") || arg.length() == 2) {
        problems.add("command line: \"" + arg + "\" is not an option; options begin with --");
        continue;
      }
      int equals = arg.indexOf('=');
      String name = arg.substring(2, equals < 0 ? arg.length() : equals);
      Setting<?> setting = names.ofName(name);
      Setting<?> negated = name.startsWith("no-") ? names.ofName(name.substring(3)) : null;
      if (setting == null && negated != null && negated.isFlag() && equals < 0) {
        given.put(negated, new Settings.Given("false", arg));
        continue;
      }
      if (setting == null && !name.equals("config")) {
        problems.add("command line: there is no --" + name + names.nearOption(name));
        if (equals < 0 && i + 1 < args.size() && !args.get(i + 1).startsWith("--")) {
          i++; // Its value: one mistake, not two.
        }
        continue;
      }
      String value;
      if (equals >= 0) {
        value = arg.substring(equals + 1);
      } else if (i + 1 < args.size() && isValue(args.get(i + 1), setting)) {
        value = args.get(++i);
      } else if (setting != null && setting.isFlag()) {
        value = "true";
      } else {
        problems.add("--" + name + ": needs a value");
        continue;
      }
      if (setting != null) {
        given.put(setting, new Settings.Given(value, "--" + name));
      } else {
        try {
          config = Path.of(value);
        } catch (InvalidPathException e) {
          problems.add("--config: must be a path");
        }
      }
    }
    return new CommandLine(config, given);
  }

  /** A flag takes the next word only when that is true or false. */
  private static boolean isValue(String word, @Nullable Setting<?> setting) {
    if (setting != null && setting.isFlag()) {
      return word.equals("true") || word.equals("false");
    }
    return !word.startsWith("--");
  }
}
