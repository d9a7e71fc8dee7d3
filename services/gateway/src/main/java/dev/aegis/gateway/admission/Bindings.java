package dev.aegis.gateway.admission;

import dev.aegis.journal.BindingDefinition;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The roles that one tenant adds to those that its callers come with, by subject and by group. */
public final class Bindings {
  private final Map<String, Set<String>> bySubject = new HashMap<>();
  private final Map<String, Set<String>> byGroup = new HashMap<>();

  /** Compiles. */
  public Bindings(Collection<BindingDefinition> definitions) {
    for (BindingDefinition definition : definitions) {
      switch (definition.to()) {
        case BindingDefinition.To.Subject(String name) -> add(bySubject, name, definition);
        case BindingDefinition.To.Group(String name) -> add(byGroup, name, definition);
      }
    }
  }

  private static void add(
      Map<String, Set<String>> roles, String name, BindingDefinition definition) {
    roles.computeIfAbsent(name, _ -> new LinkedHashSet<>()).addAll(definition.roles());
  }

  /** Whether any of them is for a group. */
  public boolean askForGroups() {
    return !byGroup.isEmpty();
  }

  /** The roles of a caller: its own, then those of its subject, then those of its groups. */
  public List<String> roles(String subject, List<String> own, List<String> groups) {
    Set<String> ofSubject = bySubject.get(subject);
    if (ofSubject == null && (groups.isEmpty() || byGroup.isEmpty())) {
      return own;
    }
    Set<String> roles = new LinkedHashSet<>(own);
    if (ofSubject != null) {
      roles.addAll(ofSubject);
    }
    for (String group : groups) {
      roles.addAll(byGroup.getOrDefault(group, Set.of()));
    }
    return List.copyOf(roles);
  }
}
