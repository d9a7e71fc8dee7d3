package dev.aegis.admin.catalog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Place;
import dev.aegis.plugins.Installed;
import dev.aegis.plugins.Plugins;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a plugin can do what it is there for where an object puts it: nothing that it requires is
 * missing, and it is not narrower than what it takes part in. That a required one is on some of its
 * routes alone is for gateways to find, which know them.
 */
record Placement(Plugins installed) {
  List<Violation> check(Fold fold, ObjectKey key, ObjectNode document) {
    Installed plugin = installed.find(document.path("plugin").asText());
    if (plugin == null || !document.path("enabled").asBoolean(true)) {
      return List.of();
    }
    List<Violation> violations = new ArrayList<>(narrow(plugin, key, document));
    List<String> cycle = new ArrayList<>();
    if (leads(plugin.name(), plugin, cycle, new ArrayList<>())) {
      violations.add(
          new Violation(
              "/plugin",
              "cannot run: plugins require each other: "
                  + plugin.name()
                  + " → "
                  + String.join(" → ", cycle)));
      return violations;
    }
    for (String needed : plugin.requires()) {
      if (held(fold, key).stream().noneMatch(other -> meets(other, needed, document))) {
        violations.add(
            new Violation(
                "/plugin",
                "requires plugin \""
                    + needed
                    + "\" on its routes, which nothing puts to use there"));
      }
    }
    return violations;
  }

  private static List<Violation> narrow(Installed plugin, ObjectKey key, ObjectNode document) {
    List<Violation> violations = new ArrayList<>();
    if (plugin.narrowest() == Place.INSTALLATION && key.tenant() != null) {
      violations.add(
          new Violation("/plugin", "is for the whole installation, so for /admin/plugins alone"));
    }
    for (String member : List.of("route", "upstream")) {
      if (plugin.narrowest() != Place.ROUTE && text(document, member) != null) {
        violations.add(
            new Violation(
                "/" + member,
                "must be null: plugin \""
                    + plugin.name()
                    + "\" takes part before a route is known"));
      }
    }
    return violations;
  }

  /** Whether what a plugin requires leads back to it; {@code way} is how. */
  private boolean leads(String to, Installed from, List<String> way, List<String> seen) {
    for (String next : from.requires()) {
      way.add(next);
      if (next.equals(to)) {
        return true;
      }
      Installed further = installed.find(next);
      if (further != null && !seen.contains(next)) {
        seen.add(next);
        if (leads(to, further, way, seen)) {
          return true;
        }
      }
      way.removeLast();
    }
    return false;
  }

  /** Objects that are in force where this one is. */
  private static List<Entry> held(Fold fold, ObjectKey key) {
    String tenant = key.tenant();
    List<Entry> held = new ArrayList<>(fold.list(Kind.PLUGIN, null));
    if (tenant != null) {
      Lineage.of(fold, tenant).holdings(Kind.PLUGIN).forEach(each -> held.add(each.entry()));
    }
    return held;
  }

  /** Whether {@code other} may be on a route that this document is on. */
  private static boolean meets(Entry other, String needed, ObjectNode document) {
    ObjectNode body = other.body();
    return needed.equals(text(body, "plugin"))
        && body.path("enabled").asBoolean(true)
        && overlaps(text(body, "route"), text(document, "route"))
        && overlaps(text(body, "upstream"), text(document, "upstream"));
  }

  private static boolean overlaps(@Nullable String one, @Nullable String other) {
    return one == null || other == null || one.equals(other);
  }

  private static @Nullable String text(ObjectNode document, String name) {
    return document.path(name).textValue();
  }
}
