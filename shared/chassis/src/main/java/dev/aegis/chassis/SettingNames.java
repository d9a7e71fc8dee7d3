package dev.aegis.chassis;

import dev.aegis.model.NearName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which names a process must understand, and which belong to its neighbours.
 *
 * <p>The four services may share one settings file and one environment. A service's own section is
 * the one whose port it knows; in the sections of the others it lets every name pass, because their
 * owners check them.
 */
final class SettingNames {
  private static final Set<String> SECTIONS =
      Set.of("gateway", "admin", "analytics", "webhooks", "up");
  private static final String PREFIX = "AEGIS_";

  /** Names of the suite that do not belong to a section: understood by {@code up} or the CLI. */
  private static final Set<String> ELSEWHERE =
      Set.of("kafka.port", "redis.port", "admin.url", "admin.token", "demo");

  private static final Set<String> VARIABLES_ELSEWHERE =
      Set.of("AEGIS_KAFKA_PORT", "AEGIS_REDIS_PORT", "AEGIS_ADMIN_URL", "AEGIS_ADMIN_TOKEN");

  /** Of the build, the tests and the launcher, not of a process. */
  private static final List<String> FOREIGN_PREFIXES =
      List.of("AEGIS_TEST_", "AEGIS_BENCH_", "AEGIS_JAVA_");

  private final Map<String, Setting<?>> byName = new TreeMap<>();
  private final Map<String, Setting<?>> byVariable = new TreeMap<>();

  SettingNames(Collection<Setting<?>> known) {
    for (Setting<?> setting : known) {
      Setting<?> sameName = byName.put(setting.name(), setting);
      Setting<?> sameVariable = byVariable.put(setting.env(), setting);
      if (sameName != null && sameName != setting
          || sameVariable != null && sameVariable != setting) {
        throw new IllegalArgumentException("Two settings share a name: " + setting);
      }
    }
  }

  @Nullable Setting<?> ofName(String name) {
    return byName.get(name);
  }

  @Nullable Setting<?> ofVariable(String variable) {
    return byVariable.get(variable);
  }

  /** Whether nobody in the suite would understand the dotted {@code name}. */
  boolean isUnknownName(String name) {
    int dot = name.indexOf('.');
    return !ELSEWHERE.contains(name) && !(dot > 0 && isNeighbours(name.substring(0, dot)));
  }

  boolean isUnknownVariable(String variable) {
    if (!variable.startsWith(PREFIX)
        || VARIABLES_ELSEWHERE.contains(variable)
        || FOREIGN_PREFIXES.stream().anyMatch(variable::startsWith)) {
      return false;
    }
    for (String section : SECTIONS) {
      if (variable.startsWith(PREFIX + section.toUpperCase(Locale.ROOT) + "_")) {
        return !isNeighbours(section);
      }
    }
    return true;
  }

  private boolean isNeighbours(String section) {
    return SECTIONS.contains(section) && !byName.containsKey(section + ".port");
  }

  String near(String name) {
    return suggestion(NearName.of(name, byName.keySet()), "");
  }

  String nearVariable(String variable) {
    return suggestion(NearName.of(variable, byVariable.keySet()), "");
  }

  String nearOption(String name) {
    List<String> options = new ArrayList<>(byName.keySet());
    options.add("config");
    options.add("help");
    options.add("version");
    return suggestion(NearName.of(name, options), "--");
  }

  private static String suggestion(@Nullable String near, String prefix) {
    return near == null ? "" : "; did you mean " + prefix + near + "?";
  }
}
