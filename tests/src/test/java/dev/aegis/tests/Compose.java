package dev.aegis.tests;

import dev.aegis.testkit.Repository;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code compose/compose.yaml}, taken apart. */
final class Compose {
  static final Path FOLDER = Repository.root().resolve("compose");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?::([-?])([^}]*))?}");

  private Compose() {}

  /**
   * A service as it is written there.
   *
   * @param name other services reach it under
   * @param members all that is said of it
   */
  record Service(String name, Map<?, ?> members) {
    String image() {
      return String.valueOf(members.get("image"));
    }

    /** Whether it runs the image that this repository makes. */
    boolean ours() {
      return image().startsWith("aegis:");
    }

    List<String> command() {
      return texts("command");
    }

    /** A list of texts; empty when it is not there. */
    List<String> texts(String member) {
      return strings(members.get(member));
    }

    /** What the health check runs, without the word that says how; empty when there is none. */
    List<String> healthCheck() {
      List<String> test = strings(at("healthcheck", "test"));
      return test.isEmpty() ? test : test.subList(1, test.size());
    }

    Map<String, String> environment() {
      Map<String, String> environment = new TreeMap<>();
      if (members.get("environment") instanceof Map<?, ?> said) {
        said.forEach((name, value) -> environment.put(String.valueOf(name), String.valueOf(value)));
      }
      return environment;
    }

    /** Service to the condition under which this one starts behind it. */
    Map<String, String> needs() {
      Map<String, String> needs = new LinkedHashMap<>();
      if (members.get("depends_on") instanceof Map<?, ?> said) {
        said.forEach(
            (name, how) ->
                needs.put(
                    String.valueOf(name), String.valueOf(((Map<?, ?>) how).get("condition"))));
      }
      return needs;
    }

    /** What stands at a place below it, or null. */
    @Nullable Object at(String... path) {
      Object at = members;
      for (String each : path) {
        at = at instanceof Map<?, ?> map ? map.get(each) : null;
      }
      return at;
    }
  }

  /** All of the file. */
  static Map<?, ?> file() {
    return (Map<?, ?>) yaml(Documents.text(FOLDER.resolve("compose.yaml")));
  }

  /** The services, in the order of the file. */
  static List<Service> services() {
    List<Service> services = new ArrayList<>();
    ((Map<?, ?>) file().get("services"))
        .forEach(
            (name, members) ->
                services.add(new Service(String.valueOf(name), (Map<?, ?>) members)));
    return services;
  }

  /** The service of this name. */
  static Service service(String name) {
    return services().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  /** A YAML document as maps, lists and values, with what its anchors stand for. */
  static Object yaml(String text) {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
  }

  /**
   * A text with what its variables stand for.
   *
   * @param given variables; others have the default that is written there
   */
  static String filled(String text, Map<String, String> given) {
    return VARIABLE
        .matcher(text)
        .replaceAll(
            found -> {
              String value = given.get(found.group(1));
              boolean optional = "-".equals(found.group(2));
              if (value == null && !optional) {
                throw new AssertionError(found.group() + " is not given");
              }
              return Matcher.quoteReplacement(value == null ? found.group(3) : value);
            });
  }

  private static List<String> strings(@Nullable Object list) {
    return list instanceof List<?> items ? items.stream().map(String::valueOf).toList() : List.of();
  }
}
