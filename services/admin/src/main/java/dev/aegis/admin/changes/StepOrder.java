package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts changes into an order in which each finds what it names: first what is named, then who names
 * it, and what goes in the reverse order after that. What lets callers in comes last.
 */
final class StepOrder {
  private final Map<ObjectKey, Step> byKey = new HashMap<>();
  private final Set<ObjectKey> seen = new HashSet<>();
  private final List<Step> ordered = new ArrayList<>();

  private StepOrder(List<Step> steps) {
    steps.forEach(step -> byKey.put(step.key(), step));
    steps.stream()
        .sorted(
            Comparator.<Step>comparingInt(step -> rank(step.key().kind()))
                .thenComparing(step -> step.key().toString()))
        .forEach(this::visit);
  }

  static List<Step> of(List<Step> steps) {
    List<Step> puts = new ArrayList<>();
    List<Step> deletes = new ArrayList<>();
    steps.forEach(step -> (step.after() == null ? deletes : puts).add(step));
    List<Step> all = new ArrayList<>(new StepOrder(puts).ordered);
    all.addAll(new StepOrder(deletes).ordered.reversed());
    return all;
  }

  private static int rank(Kind kind) {
    return switch (kind) {
      case TENANT -> 0;
      case REVOCATION -> 1;
      case ROLE -> 2;
      case UPSTREAM -> 3;
      case ROUTE -> 4;
      case PLUGIN -> 5;
      case BINDING -> 6;
      case WEBHOOK -> 7;
      case CERTIFICATE -> 8;
      case ISSUER -> 9;
      case API_KEY -> 10;
      case OPERATOR -> 11;
    };
  }

  private void visit(Step step) {
    if (!seen.add(step.key())) {
      return;
    }
    for (ObjectKey needed : needs(step)) {
      Step other = byKey.get(needed);
      if (other != null) {
        visit(other);
      }
    }
    ordered.add(step);
  }

  /** Objects of the same kind that it names; those of other kinds are ahead by their rank. */
  private static List<ObjectKey> needs(Step step) {
    ObjectKey key = step.key();
    ObjectNode document = step.after();
    if (document == null && step.before() != null) {
      document = step.before().body();
    }
    List<ObjectKey> needs = new ArrayList<>();
    if (document != null && key.kind() == Kind.TENANT) {
      add(needs, Kind.TENANT, document.path("parent").asText(), document.path("parent").asText());
    } else if (document != null && key.kind() == Kind.ROLE && key.tenant() != null) {
      for (JsonNode role : document.path("inherits")) {
        add(needs, Kind.ROLE, key.tenant(), role.asText());
      }
    }
    return needs;
  }

  private static void add(List<ObjectKey> needs, Kind kind, String tenant, String id) {
    try {
      needs.add(new ObjectKey(kind, tenant, id));
    } catch (IllegalArgumentException e) {
      // A text that is no id names nothing.
    }
  }
}
