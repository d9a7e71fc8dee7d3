package dev.aegis.testkit;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The check that a module's packages depend on each other only as one literal map says, without a
 * cycle, that only its rims see certain libraries, and that no service sees another.
 *
 * <pre>{@code
 * Layers.check(
 *     "dev.aegis.gateway",
 *     Map.of("", Set.of("edge", "routing"), "edge", Set.of("routing"), "routing", Set.of()),
 *     Map.of("io.helidon.webserver", Set.of("", "edge")));
 * }</pre>
 */
public final class Layers {
  private static final String PROJECT = "dev.aegis.";

  /**
   * What each part of the project may see; a part that is not named here is seen by nobody else.
   */
  private static final Set<String> SHARED =
      Set.of(
          "model", "journal", "events", "bus", "chassis", "egress", "redis", "tokens", "plugin",
          "plugins", "tracing");

  private static final Pattern FORBIDDEN_NAME =
      Pattern.compile("\\w+(Manager|Helper|Util|Utils|Impl|DTO|Dto)");

  private Layers() {}

  /**
   * Checks the classes on the class path whose package begins with the root; test classes are left
   * out.
   *
   * @param root package of the module
   * @param allowed package below the root ("" is the root itself) to the packages that it may use,
   *     each package with classes once
   * @param rims library package to the packages below the root that may use it or what is below it
   * @throws AssertionError listing each violation
   */
  public static void check(
      String root, Map<String, Set<String>> allowed, Map<String, Set<String>> rims) {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(root);
    List<String> violations = new ArrayList<>();
    Set<String> seen = new TreeSet<>();
    for (JavaClass type : classes) {
      String from = below(root, type.getPackageName());
      if (from == null) {
        continue;
      }
      if (!type.getSimpleName().equals("package-info")) {
        seen.add(from);
      }
      if (FORBIDDEN_NAME.matcher(type.getSimpleName()).matches()) {
        violations.add(type.getName() + ": name it after what it is");
      }
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String reason = forbidden(root, from, dependency.getTargetClass(), allowed, rims);
        if (reason != null) {
          violations.add(reason + ": " + dependency.getDescription());
        }
      }
    }
    if (seen.isEmpty()) {
      violations.add("no class found in " + root);
    }
    for (String name : seen) {
      if (!allowed.containsKey(name)) {
        violations.add("package '" + name + "' is not in the map");
      }
    }
    for (String name : allowed.keySet()) {
      if (!seen.contains(name)) {
        violations.add("the map has package '" + name + "', which has no class");
      }
      cycle(name, name, allowed, new HashSet<>())
          .ifPresent(way -> violations.add("the map lets '" + name + "' use itself" + way));
    }
    if (!violations.isEmpty()) {
      throw new AssertionError(
          root + " breaks its layers:\n" + String.join("\n", new TreeSet<>(violations)));
    }
  }

  private static @Nullable String forbidden(
      String root,
      String from,
      JavaClass target,
      Map<String, Set<String>> allowed,
      Map<String, Set<String>> rims) {
    String name = target.getBaseComponentType().getPackageName();
    String to = below(root, name);
    if (to != null) {
      boolean may = to.equals(from) || allowed.getOrDefault(from, Set.of()).contains(to);
      return may ? null : "'" + from + "' may not use '" + to + "'";
    }
    if (name.startsWith(PROJECT)) {
      String part = name.substring(PROJECT.length()).split("\\.", 2)[0];
      return SHARED.contains(part) ? null : root + " may not use " + PROJECT + part;
    }
    for (Map.Entry<String, Set<String>> rim : rims.entrySet()) {
      if (below(rim.getKey(), name) != null && !rim.getValue().contains(from)) {
        return "'" + from + "' may not see " + rim.getKey();
      }
    }
    return null;
  }

  /** The part of the package's name behind the root; null when it is elsewhere. */
  private static @Nullable String below(String root, String name) {
    if (name.equals(root)) {
      return "";
    }
    return name.startsWith(root + ".") ? name.substring(root.length() + 1) : null;
  }

  private static Optional<String> cycle(
      String start, String at, Map<String, Set<String>> allowed, Set<String> visited) {
    return allowed.getOrDefault(at, Set.of()).stream()
        .flatMap(
            next -> {
              if (next.equals(start)) {
                return Stream.of(" through '" + at + "'");
              }
              return visited.add(next)
                  ? cycle(start, next, allowed, visited).stream()
                  : Stream.<String>empty();
            })
        .findFirst();
  }
}
