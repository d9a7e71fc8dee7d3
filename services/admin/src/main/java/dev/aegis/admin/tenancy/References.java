package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Arbitration;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.TenantDefinition;
import dev.aegis.journal.TenantDefinition.TenantKind;
import dev.aegis.model.Ids;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which object names which: what a document may refer to, and who would be left with a name for
 * nothing when an object goes.
 *
 * <p>Reads documents as they stand, valid or not, so that one answer lists the dangling references
 * beside everything else that is wrong.
 */
public final class References {
  private References() {}

  /** References of {@code document} that lead nowhere or in a circle. */
  public static List<Violation> check(Fold fold, ObjectKey key, ObjectNode document) {
    return check(fold, fold.find(key), key, document);
  }

  /**
   * References of {@code document} that lead nowhere or in a circle.
   *
   * @param fold may hold the document already
   * @param current the object before it, or null
   */
  public static List<Violation> check(
      Fold fold, @Nullable Entry current, ObjectKey key, ObjectNode document) {
    List<Violation> violations = new ArrayList<>();
    switch (key.kind()) {
      case TENANT -> {
        parent(fold, current, key, document, violations);
        // A new tenant has no upstreams yet, and one that lost its can still be suspended.
        if (current != null && !asked(current.body()).equals(asked(document))) {
          upstreams(fold, key, asked(document), violations);
        }
      }
      case ROUTE -> upstreams(fold, key, upstreams(document), violations);
      case ROLE -> inherits(fold, key, document, violations);
      case BINDING -> roles(fold, key, document, violations);
      case PLUGIN -> place(fold, key, document, violations);
      case OPERATOR -> heldTo(fold, document, violations);
      case UPSTREAM, ISSUER, WEBHOOK, CERTIFICATE, API_KEY, REVOCATION -> {
        // These name no other object.
      }
    }
    return violations;
  }

  /** Objects that name {@code key}, as keys in a sentence's order; empty when it may go. */
  public static List<String> users(Fold fold, ObjectKey key) {
    List<String> users = new ArrayList<>();
    String tenant = key.tenant();
    String id = key.id();
    switch (key.kind()) {
      case TENANT -> {
        for (String child : fold.children(id)) {
          users.add(ObjectKey.tenant(child).toString());
        }
        users.addAll(naming(fold.list(Kind.OPERATOR, null), "tenant", id));
      }
      case UPSTREAM, ROLE -> {
        users.addAll(usersIn(fold, key.kind(), tenant, id));
        users.addAll(usersBelow(fold, key));
      }
      case ROUTE -> users.addAll(naming(fold.list(Kind.PLUGIN, tenant), "route", id));
      case BINDING, PLUGIN, ISSUER, WEBHOOK, CERTIFICATE, API_KEY, OPERATOR, REVOCATION -> {
        // Nothing names these.
      }
    }
    return users;
  }

  /** Objects of one tenant that name its upstream or role {@code id}. */
  private static List<String> usersIn(Fold fold, Kind kind, @Nullable String tenant, String id) {
    List<String> users = new ArrayList<>();
    if (kind == Kind.ROLE) {
      for (Entry role : fold.list(Kind.ROLE, tenant)) {
        if (texts(role.body(), "inherits").contains(id)) {
          users.add(role.key().toString());
        }
      }
      for (Entry binding : fold.list(Kind.BINDING, tenant)) {
        if (texts(binding.body(), "roles").contains(id)) {
          users.add(binding.key().toString());
        }
      }
      return users;
    }
    if (!id.equals(implicitUpstream(tenant))) {
      users.addAll(leadingTo(fold.list(Kind.ROUTE, tenant), id));
      Entry own = tenant == null ? null : fold.find(ObjectKey.tenant(tenant));
      if (own != null && asked(own.body()).containsValue(id)) {
        users.add(own.key().toString());
      }
    }
    users.addAll(naming(fold.list(Kind.PLUGIN, tenant), "upstream", id));
    return users;
  }

  /** The upstream that each tenant has without publishing it: its own service in Consul. */
  static String implicitUpstream(@Nullable String tenant) {
    return "api-service-" + tenant;
  }

  private static List<String> naming(Collection<Entry> entries, String member, String id) {
    return entries.stream()
        .filter(entry -> id.equals(text(entry.body(), member)))
        .map(entry -> entry.key().toString())
        .toList();
  }

  private static void heldTo(Fold fold, ObjectNode document, List<Violation> violations) {
    String tenant = text(document, "tenant");
    if (tenant != null && !fold.tenants().contains(tenant)) {
      violations.add(new Violation("/tenant", nothing("tenant", tenant, fold.tenants())));
    }
  }

  private static void parent(
      Fold fold,
      @Nullable Entry current,
      ObjectKey key,
      ObjectNode document,
      List<Violation> violations) {
    if (current != null
        && current.body().path("parent").equals(document.path("parent"))
        && current.body().path("kind").equals(document.path("kind"))) {
      return; // whoever stands where it does not fit can still be suspended
    }
    TenantKind kind = kind(document);
    for (String child : fold.children(key.id())) {
      TenantKind below = kind(fold, child);
      if (kind != null && below != null && !below.mayBeBelow(kind)) {
        violations.add(
            new Violation(
                "/kind",
                TenantDefinition.misplaced(below, kind) + ", and tenant \"" + child + "\" is"));
      }
    }
    String parent = text(document, "parent");
    if (parent == null || parent.equals(key.id())) {
      return;
    }
    if (!fold.tenants().contains(parent)) {
      violations.add(new Violation("/parent", nothing("tenant", parent, fold.tenants())));
      return;
    }
    List<String> cycle =
        cycle(key.id(), id -> id.equals(key.id()) ? List.of() : above(fold, id), parent);
    if (!cycle.isEmpty()) {
      violations.add(
          new Violation("/parent", "makes a cycle of tenants: " + String.join(" → ", cycle)));
      return;
    }
    TenantKind above = kind(fold, parent);
    if (kind != null && above != null && !kind.mayBeBelow(above)) {
      violations.add(new Violation("/parent", TenantDefinition.misplaced(kind, above)));
    }
    int levels = levels(List.of(parent), id -> above(fold, id)) + levels(fold, key.id());
    if (levels > Lineage.MOST) {
      violations.add(
          new Violation(
              "/parent",
              "makes a tree of " + levels + " levels; there may be at most " + Lineage.MOST));
    }
  }

  /** How many tenants are above one; not much more than there may be. */
  public static int depth(Fold fold, String tenant) {
    return levels(above(fold, tenant), id -> above(fold, id));
  }

  private static List<String> above(Fold fold, String tenant) {
    Entry entry = fold.find(ObjectKey.tenant(tenant));
    String above = entry == null ? null : text(entry.body(), "parent");
    return above == null || !Ids.isTenant(above) ? List.of() : List.of(above);
  }

  /** Levels of the tree from {@code tenant} downwards, itself included. */
  private static int levels(Fold fold, String tenant) {
    return levels(List.of(tenant), id -> List.copyOf(fold.children(id)));
  }

  /** How often it goes on from here; not much further than there may be levels. */
  private static int levels(List<String> from, Function<String, List<String>> next) {
    int levels = 0;
    List<String> at = from;
    for (; !at.isEmpty() && levels <= Lineage.MOST; levels++) {
      at = at.stream().map(next).flatMap(List::stream).toList();
    }
    return levels;
  }

  /** The kind that a document names, null when it is none. */
  private static @Nullable TenantKind kind(ObjectNode document) {
    String kind = text(document, "kind");
    for (TenantKind each : TenantKind.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(kind)) {
        return each;
      }
    }
    return null;
  }

  private static @Nullable TenantKind kind(Fold fold, String tenant) {
    Entry entry = fold.find(ObjectKey.tenant(tenant));
    return entry == null ? null : kind(entry.body());
  }

  private static void upstreams(
      Fold fold, ObjectKey key, Map<String, String> named, List<Violation> violations) {
    named.forEach(
        (field, upstream) -> {
          if (!upstream.isEmpty() && !upstream.equals(implicitUpstream(key.tenant()))) {
            exists(fold, Kind.UPSTREAM, key.tenant(), field, upstream, violations);
          }
        });
  }

  /** The upstreams that a route names, by the place where it does. */
  private static Map<String, String> upstreams(ObjectNode route) {
    Map<String, String> upstreams = new LinkedHashMap<>();
    name(upstreams, "/upstream", route.path("upstream"));
    int index = 0;
    for (JsonNode share : route.path("split")) {
      name(upstreams, "/split/" + index++ + "/upstream", share.path("upstream"));
    }
    name(upstreams, "/mirror/upstream", route.path("mirror").path("upstream"));
    upstreams.putAll(asked(route));
    return upstreams;
  }

  /** The upstream of the service that a route, or a tenant, has asked about requests. */
  private static Map<String, String> asked(ObjectNode document) {
    Map<String, String> upstreams = new LinkedHashMap<>();
    name(
        upstreams,
        "/external_authorization/upstream",
        document.path(Arbitration.MEMBER).path("upstream"));
    return upstreams;
  }

  private static void name(Map<String, String> upstreams, String field, JsonNode value) {
    if (value.isTextual()) {
      upstreams.put(field, value.textValue());
    }
  }

  /** Whether a route may send requests, copies of them, or questions about them to an upstream. */
  public static boolean leadsTo(ObjectNode route, String upstream) {
    return upstreams(route).containsValue(upstream);
  }

  private static List<String> leadingTo(Collection<Entry> routes, String upstream) {
    return routes.stream()
        .filter(route -> leadsTo(route.body(), upstream))
        .map(route -> route.key().toString())
        .toList();
  }

  private static void inherits(
      Fold fold, ObjectKey key, ObjectNode document, List<Violation> violations) {
    int index = 0;
    for (JsonNode item : document.path("inherits")) {
      String field = "/inherits/" + index++;
      String inherited = item.textValue();
      if (inherited == null || inherited.isEmpty() || inherited.equals(key.id())) {
        continue;
      }
      if (!exists(fold, Kind.ROLE, key.tenant(), field, inherited, violations)) {
        continue;
      }
      List<String> cycle =
          cycle(
              key.id(),
              id -> {
                Entry role = find(fold, Kind.ROLE, key.tenant(), id);
                return role == null ? List.of() : texts(role.body(), "inherits");
              },
              inherited);
      if (!cycle.isEmpty()) {
        violations.add(
            new Violation(field, "makes a cycle of roles: " + String.join(" → ", cycle)));
      }
    }
  }

  private static void roles(
      Fold fold, ObjectKey key, ObjectNode document, List<Violation> violations) {
    int index = 0;
    for (JsonNode item : document.path("roles")) {
      String field = "/roles/" + index++;
      String role = item.textValue();
      if (role != null && !role.isEmpty()) {
        exists(fold, Kind.ROLE, key.tenant(), field, role, violations);
      }
    }
  }

  private static void place(
      Fold fold, ObjectKey key, ObjectNode document, List<Violation> violations) {
    for (Kind kind : List.of(Kind.ROUTE, Kind.UPSTREAM)) {
      String member = Documents.noun(kind);
      String id = text(document, member);
      if (id == null) {
        continue;
      }
      if (key.tenant() == null) {
        violations.add(
            new Violation(
                "/" + member,
                "must be null: a plugin of the whole installation is not bound to one " + member));
      } else {
        exists(fold, kind, key.tenant(), "/" + member, id, violations);
      }
    }
  }

  private static boolean exists(
      Fold fold,
      Kind kind,
      @Nullable String tenant,
      String field,
      String id,
      List<Violation> violations) {
    if (find(fold, kind, tenant, id) != null) {
      return true;
    }
    Set<String> known = new LinkedHashSet<>();
    held(fold, kind, tenant).forEach(entry -> known.add(entry.key().id()));
    violations.add(new Violation(field, nothing(Documents.noun(kind), id, known)));
    return false;
  }

  private static @Nullable Entry find(Fold fold, Kind kind, @Nullable String tenant, String id) {
    Entry own = Ids.isObject(id) ? fold.find(new ObjectKey(kind, tenant, id)) : null;
    if (own != null || tenant == null) {
      return own; // the nearest
    }
    Lineage.Holding holding = Lineage.of(fold, tenant).find(kind, id);
    return holding == null ? null : holding.entry();
  }

  /** Objects that hold in a tenant, those that it inherits included. */
  private static List<Entry> held(Fold fold, Kind kind, @Nullable String tenant) {
    return tenant == null
        ? List.copyOf(fold.list(kind, null))
        : Lineage.of(fold, tenant).holdings(kind).stream().map(Lineage.Holding::entry).toList();
  }

  /** Objects below a tenant that name what they inherit from it. */
  private static List<String> usersBelow(Fold fold, ObjectKey key) {
    List<String> users = new ArrayList<>();
    Set<String> below = new LinkedHashSet<>();
    for (List<String> at = List.of(String.valueOf(key.tenant())); !at.isEmpty(); ) {
      at =
          at.stream()
              .map(fold::children)
              .flatMap(Set::stream)
              .filter(below::add) // a broken tree may go in circles
              .toList();
    }
    for (String tenant : below) {
      Lineage.Holding holding = Lineage.of(fold, tenant).find(key.kind(), key.id());
      if (holding != null && holding.entry().key().equals(key)) {
        users.addAll(usersIn(fold, key.kind(), tenant, key.id()));
      }
    }
    return users;
  }

  private static String nothing(String noun, String id, Collection<String> known) {
    String near = NearName.of(id, known);
    return "there is no "
        + noun
        + " \""
        + id
        + "\""
        + (near == null ? "" : "; did you mean \"" + near + "\"?");
  }

  /**
   * The way from {@code from} over {@code first} back to {@code from}, empty when there is none.
   */
  private static List<String> cycle(
      String from, Function<String, List<String>> next, String first) {
    List<String> way = new ArrayList<>(List.of(from));
    return leads(from, first, next, way, new LinkedHashSet<>()) ? way : List.of();
  }

  private static boolean leads(
      String to,
      String from,
      Function<String, List<String>> next,
      List<String> way,
      Set<String> seen) {
    way.add(from);
    if (from.equals(to)) {
      return true;
    }
    if (seen.add(from)) {
      for (String step : next.apply(from)) {
        if (leads(to, step, next, way, seen)) {
          return true;
        }
      }
    }
    way.removeLast();
    return false;
  }

  private static @Nullable String text(ObjectNode document, String name) {
    return document.path(name).textValue();
  }

  private static List<String> texts(ObjectNode document, String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : document.path(name)) {
      if (item.isTextual()) {
        texts.add(item.textValue());
      }
    }
    return texts;
  }
}
