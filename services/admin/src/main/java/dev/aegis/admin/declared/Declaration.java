package dev.aegis.admin.declared;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Desired;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A document that says what shall hold, taken apart into its objects.
 *
 * <p>It covers the collections that it names: a tenant with {@code "routes": []} says that it has
 * none, one without the member says nothing of its routes.
 */
public final class Declaration {
  private static final Set<String> MEMBERS =
      Set.of(
          Exporting.VERSION_MEMBER,
          Kind.TENANT.collection(),
          Kind.PLUGIN.collection(),
          Kind.OPERATOR.collection(),
          PolicyTests.MEMBER);

  private final List<Desired> objects = new ArrayList<>();
  private final Set<ObjectKey> named = new HashSet<>();
  private final Map<String, EnumSet<Kind>> covered = new HashMap<>();
  private final List<Violation> violations = new ArrayList<>();
  private boolean tenants;
  private PolicyTests tests = new PolicyTests(List.of());
  private final EnumSet<Kind> installation = EnumSet.noneOf(Kind.class);

  private Declaration() {}

  /**
   * Takes a document apart.
   *
   * @throws InvalidDefinition with everything that is wrong with its shape; what is wrong with the
   *     objects is found when they are drafted
   */
  public static Declaration read(ObjectNode document) {
    Declaration read = new Declaration();
    read.whole(document);
    if (!read.violations.isEmpty()) {
      throw new InvalidDefinition(read.violations);
    }
    return read;
  }

  /** The objects that it names. */
  public List<Desired> objects() {
    return List.copyOf(objects);
  }

  /** What it expects to become of requests. */
  public PolicyTests tests() {
    return tests;
  }

  /** What is in the scope of the document and covered by it, and not named: it shall not be. */
  public List<Desired> surplus(Fold fold, Scope scope) {
    List<Desired> surplus = new ArrayList<>();
    for (String tenant : scope.tenants(fold)) {
      ObjectKey key = ObjectKey.tenant(tenant);
      if (!named.contains(key)) {
        if (tenants) {
          surplus.add(new Desired(key, null));
        }
        continue;
      }
      for (Kind kind : covered.getOrDefault(tenant, EnumSet.noneOf(Kind.class))) {
        surplus(fold, kind, tenant, surplus);
      }
    }
    if (scope.tenant() == null) {
      for (Kind kind : installation) {
        surplus(fold, kind, null, surplus);
      }
    }
    return surplus;
  }

  private void surplus(Fold fold, Kind kind, @Nullable String tenant, List<Desired> surplus) {
    for (Entry entry : fold.list(kind, tenant)) {
      if (!named.contains(entry.key())) {
        surplus.add(new Desired(entry.key(), null));
      }
    }
  }

  /** What it names beyond {@code scope}, as violations. */
  public List<Violation> beyond(Fold fold, Scope scope) {
    List<Violation> beyond = new ArrayList<>();
    String top = scope.tenant();
    if (top == null) {
      return beyond;
    }
    Set<String> within = scope.tenants(fold);
    Map<String, @Nullable String> parents = new LinkedHashMap<>();
    for (Desired one : objects) {
      ObjectNode body = one.body();
      if (one.key().kind() == Kind.TENANT && body != null) {
        parents.put(one.key().id(), body.path("parent").textValue());
      } else if (one.key().tenant() == null) {
        beyond.add(new Violation(one.key() + "#", "is of the whole installation"));
      }
    }
    for (String tenant : parents.keySet()) {
      if (!below(tenant, top, parents)
          || fold.tenants().contains(tenant) && !within.contains(tenant)) {
        beyond.add(
            new Violation(
                ObjectKey.tenant(tenant) + "#", "is not tenant \"" + top + "\" or below it"));
      }
    }
    return beyond;
  }

  /** Whether the document itself puts {@code tenant} below {@code top}, or it is that one. */
  private static boolean below(String tenant, String top, Map<String, @Nullable String> parents) {
    Set<String> way = new HashSet<>();
    for (String at = tenant; at != null && way.add(at); at = parents.get(at)) {
      if (at.equals(top)) {
        return true;
      }
    }
    return false;
  }

  private void whole(ObjectNode document) {
    unknown(document, MEMBERS);
    JsonNode version = document.path(Exporting.VERSION_MEMBER);
    if (!version.isInt() || version.intValue() != Exporting.VERSION) {
      violations.add(new Violation("/" + Exporting.VERSION_MEMBER, "must be " + Exporting.VERSION));
    }
    tests = PolicyTests.read(document.path(PolicyTests.MEMBER), violations);
    tenants = document.has(Kind.TENANT.collection());
    for (Found found : objects(document, "", Kind.TENANT.collection())) {
      String id = id(found, true);
      if (id != null) {
        tenant(id, found);
      }
    }
    for (Kind kind : Exporting.INSTALLATION) {
      if (document.has(kind.collection())) {
        installation.add(kind);
      }
      for (Found found : objects(document, "", kind.collection())) {
        String id = id(found, false);
        if (id != null) {
          add(new ObjectKey(kind, null, id), found.object(), found.pointer());
        }
      }
    }
  }

  private void unknown(ObjectNode document, Set<String> known) {
    for (Map.Entry<String, JsonNode> member : document.properties()) {
      String name = member.getKey();
      if (!known.contains(name)) {
        String near = NearName.of(name, known);
        violations.add(
            new Violation(
                "/" + name.replace("~", "~0").replace("/", "~1"),
                near == null ? "is unknown" : "is unknown; did you mean \"" + near + "\"?"));
      }
    }
  }

  /** A tenant's members are its own and the collections of what belongs to it. */
  private void tenant(String id, Found found) {
    ObjectNode own = Json.object();
    EnumSet<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (Map.Entry<String, JsonNode> member : found.object().properties()) {
      Kind kind = Kind.ofCollection(member.getKey());
      if (kind == null || !kind.belongsToTenant()) {
        if (!misspelt(member, found.pointer())) {
          own.set(member.getKey(), member.getValue());
        }
        continue;
      }
      kinds.add(kind);
      for (Found inside : objects(found.object(), found.pointer(), member.getKey())) {
        String its = id(inside, false);
        if (its != null) {
          add(new ObjectKey(kind, id, its), inside.object(), inside.pointer());
        }
      }
    }
    covered.put(id, kinds);
    add(ObjectKey.tenant(id), own, found.pointer());
  }

  /**
   * A list of objects under a name that is nearly a collection's: no tenant's own member is one.
   */
  private boolean misspelt(Map.Entry<String, JsonNode> member, String pointer) {
    if (!member.getValue().path(0).isObject()) {
      return false;
    }
    Set<String> known = new HashSet<>();
    for (Kind kind : Kind.values()) {
      if (kind.belongsToTenant()) {
        known.add(kind.collection());
      }
    }
    String near = NearName.of(member.getKey(), known);
    if (near == null) {
      return false; // the tenant's definition says that it is unknown
    }
    violations.add(
        new Violation(
            pointer + "/" + member.getKey(), "is unknown; did you mean \"" + near + "\"?"));
    return true;
  }

  private void add(ObjectKey key, ObjectNode body, String pointer) {
    if (named.add(key)) {
      objects.add(new Desired(key, body));
    } else {
      violations.add(new Violation(pointer, key + " is there twice"));
    }
  }

  private record Found(ObjectNode object, String pointer) {}

  private List<Found> objects(ObjectNode owner, String pointer, String member) {
    JsonNode list = owner.path(member);
    List<Found> found = new ArrayList<>();
    if (list.isMissingNode()) {
      return found;
    }
    String at = pointer + "/" + member;
    if (!list.isArray()) {
      violations.add(new Violation(at, "must be a list"));
      return found;
    }
    int index = 0;
    for (JsonNode item : list) {
      String place = at + "/" + index++;
      if (item instanceof ObjectNode object) {
        found.add(new Found(object, place));
      } else {
        violations.add(new Violation(place, "must be an object"));
      }
    }
    return found;
  }

  private @Nullable String id(Found found, boolean tenant) {
    String id = found.object().path("id").textValue();
    if (id != null && (tenant ? Ids.isTenant(id) : Ids.isObject(id))) {
      return id;
    }
    violations.add(
        new Violation(
            found.pointer() + "/id",
            id == null
                ? "is required"
                : "must be " + (tenant ? Ids.TENANT_RULE : Ids.OBJECT_RULE)));
    return null;
  }
}
