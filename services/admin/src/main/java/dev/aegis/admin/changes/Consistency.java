package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.changes.Restoration.Step;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.admin.tenancy.References;
import dev.aegis.journal.Change;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether several changes at once leave a configuration in which everything finds what it names.
 * Only where they lead is looked at, not the way: between two of them the rest is not there yet.
 */
public final class Consistency {
  /** Kinds whose objects name others. */
  private static final List<Kind> NAMING =
      List.of(Kind.TENANT, Kind.ROLE, Kind.ROUTE, Kind.BINDING, Kind.PLUGIN);

  private final PluginCatalog plugins;
  private final Hosts hosts;
  private final OwnAddresses own;

  /**
   * @param plugins checks what plugins are told
   * @param hosts decides whose a host is
   * @param own addresses that no upstream may have
   */
  public Consistency(PluginCatalog plugins, Hosts hosts, OwnAddresses own) {
    this.plugins = plugins;
    this.hosts = hosts;
    this.own = own;
  }

  /**
   * What would be wrong after the changes that is not wrong now; each field begins with the key of
   * the object.
   *
   * @param around whether others than those that change may be left with a name for nothing: not
   *     when all goes back to a state that was whole
   */
  List<Violation> check(Fold now, List<Step> steps, boolean around) {
    Fold then = now.copy();
    for (Step step : steps) {
      then.apply(
          then.revision() + 1, new Change(step.key(), step.after(), Change.ANY, "", Instant.EPOCH));
    }
    List<Violation> violations = new ArrayList<>();
    Map<ObjectKey, Entry> others = around ? around(then, steps) : new LinkedHashMap<>();
    // Operators do not go back with the rest: none may be left held to a tenant that is not there.
    then.list(Kind.OPERATOR, null).forEach(entry -> others.put(entry.key(), entry));
    for (Step step : steps) {
      others.remove(step.key());
      ObjectNode after = step.after();
      if (after != null) {
        violations.addAll(under(step.key(), alone(step.key(), after)));
        violations.addAll(under(step.key(), named(then, step.key(), after)));
        violations.addAll(under(step.key(), taken(then, step, after)));
        if (step.key().kind() == Kind.PLUGIN) { // what others require may go, and is found then
          violations.addAll(under(step.key(), plugins.placed(then, step.key(), after)));
        }
      }
    }
    others.forEach(
        (key, entry) -> {
          List<Violation> wrong = named(then, key, entry.body());
          if (!wrong.isEmpty()) {
            wrong.removeAll(named(now, key, entry.body()));
          }
          violations.addAll(under(key, wrong));
        });
    return violations;
  }

  /** What names other objects, in the tenants that change and in those below them. */
  private static Map<ObjectKey, Entry> around(Fold then, List<Step> steps) {
    Set<String> tenants = new TreeSet<>();
    Deque<String> next = new ArrayDeque<>();
    for (Step step : steps) {
      String tenant = step.key().tenant();
      if (tenant != null) {
        next.add(tenant);
      }
    }
    while (!next.isEmpty()) {
      String tenant = next.pop();
      if (tenants.add(tenant)) {
        next.addAll(then.children(tenant));
      }
    }
    Map<ObjectKey, Entry> naming = new LinkedHashMap<>();
    for (String tenant : tenants) {
      for (Kind kind : NAMING) {
        then.list(kind, tenant).forEach(entry -> naming.put(entry.key(), entry));
      }
    }
    return naming;
  }

  /** What is wrong with a document whatever stands beside it. */
  private List<Violation> alone(ObjectKey key, ObjectNode document) {
    List<Violation> violations = new ArrayList<>();
    try {
      Definition.read(key.kind(), document);
    } catch (InvalidDefinition e) {
      violations.addAll(e.violations());
    }
    if (key.kind() == Kind.PLUGIN) {
      violations.addAll(plugins.check(key, document));
    }
    if (key.kind() == Kind.UPSTREAM) {
      violations.addAll(own.check(document));
    }
    return violations;
  }

  /** What is wrong between a document and what stands beside it. */
  private List<Violation> named(Fold fold, ObjectKey key, ObjectNode document) {
    List<Violation> violations = new ArrayList<>(References.check(fold, key, document));
    if (key.kind() == Kind.TENANT && fold.find(key) != null) {
      String fault = Lineage.of(fold, key.id()).fault();
      if (fault != null) {
        violations.add(new Violation("/parent", fault));
      }
    }
    return violations;
  }

  /** Hosts that a tenant would take from another; to look for them takes long. */
  private List<Violation> taken(Fold fold, Step step, ObjectNode after) {
    Entry before = step.before();
    if (step.key().kind() != Kind.TENANT
        || before != null && before.body().path("hosts").equals(after.path("hosts"))) {
      return List.of();
    }
    String conflict = hosts.conflict(fold, step.key().id(), before, after);
    return conflict == null ? List.of() : List.of(new Violation("/hosts", conflict));
  }

  private static List<Violation> under(ObjectKey key, Collection<Violation> violations) {
    return violations.stream()
        .map(each -> new Violation(key + "#" + each.field(), each.message()))
        .toList();
  }
}
