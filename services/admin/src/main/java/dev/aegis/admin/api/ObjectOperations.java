package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.changes.Guard;
import dev.aegis.admin.changes.Order;
import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.References;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** List, create, show, replace, change and delete for every kind of object. */
final class ObjectOperations {
  static final String TENANT = "tenant";
  static final String ID = "id";

  private final JournalReader reader;
  private final Writes writes;
  private final Shown shown;

  ObjectOperations(JournalReader reader, Writes writes, Shown shown) {
    this.reader = reader;
    this.writes = writes;
    this.shown = shown;
  }

  /** What the operations of one collection need. */
  private record Among(Needs list, Needs create, Needs read, Needs write) {
    static final Among TENANTS =
        new Among(Needs.REACH_READ, Needs.REACH_WRITE, Needs.TENANT_READ, Needs.TENANT_WRITE);
    static final Among IN_TENANT =
        new Among(Needs.TENANT_READ, Needs.TENANT_WRITE, Needs.TENANT_READ, Needs.TENANT_WRITE);
    static final Among OPERATORS =
        new Among(Needs.REACH_READ, Needs.REACH_WRITE, Needs.REACH_READ, Needs.REACH_WRITE);
    static final Among IN_PLATFORM =
        new Among(
            Needs.PLATFORM_READ, Needs.PLATFORM_WRITE, Needs.PLATFORM_READ, Needs.PLATFORM_WRITE);
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    add(operations, Kind.TENANT, "/admin/tenants", "/admin/tenants/{tenant}", Among.TENANTS);
    for (Kind kind : Kind.values()) {
      if (kind.belongsToTenant()) {
        String collection = "/admin/tenants/{tenant}/" + kind.collection();
        add(operations, kind, collection, collection + "/{id}", Among.IN_TENANT);
      }
    }
    add(operations, Kind.PLUGIN, "/admin/plugins", "/admin/plugins/{id}", Among.IN_PLATFORM);
    add(operations, Kind.OPERATOR, "/admin/operators", "/admin/operators/{id}", Among.OPERATORS);
    return operations;
  }

  /**
   * @param among what the collection needs, and what its objects need
   */
  private void add(
      List<Operation> operations, Kind kind, String collection, String one, Among among) {
    Set<String> listing = new TreeSet<>(filters(kind));
    listing.add(Paging.LIMIT);
    listing.add(Paging.CURSOR);
    operations.add(
        new Operation("GET", collection, listing, among.list(), call -> list(kind, call)));
    operations.add(
        new Operation(
            "POST", collection, Writes.PARAMETERS, among.create(), call -> create(kind, call)));
    operations.add(new Operation("GET", one, Set.of(), among.read(), call -> show(kind, call)));
    operations.add(
        new Operation(
            "PUT",
            one,
            Writes.PARAMETERS,
            among.write(),
            call -> change(kind, call, new Wish.Replace(call.document(Call.JSON)))));
    operations.add(
        new Operation(
            "PATCH",
            one,
            Writes.PARAMETERS,
            among.write(),
            call -> change(kind, call, new Wish.Merge(call.document(Call.MERGE_PATCH)))));
    operations.add(
        new Operation(
            "DELETE",
            one,
            Writes.PARAMETERS,
            among.write(),
            call -> {
              call.nobody();
              return change(kind, call, new Wish.Remove());
            }));
  }

  /** Members by whose value a list can be narrowed; a route's upstreams are one. */
  static Set<String> filters(Kind kind) {
    return switch (kind) {
      case TENANT -> Set.of("kind", "parent", "status", "tier", "isolation");
      case UPSTREAM -> Set.of("service");
      case ROUTE -> Set.of("upstream", "auth");
      case ISSUER -> Set.of("issuer");
      case ROLE, CERTIFICATE -> Set.of();
      case BINDING -> Set.of("subject", "group");
      case PLUGIN -> Set.of("plugin", "enabled", "route", "upstream");
      case WEBHOOK -> Set.of("enabled", "url");
      case API_KEY -> Set.of("name", "subject");
      case OPERATOR -> Set.of("name", "role", "tenant", "enabled");
      case REVOCATION -> Set.of("jti", "subject");
    };
  }

  private Reply list(Kind kind, Call call) {
    String tenant = tenant(kind, call);
    int limit = Paging.limit(call);
    String after = Paging.cursor(call);
    Set<String> filters = filters(kind);
    List<Entry> page =
        reader.read(
            fold ->
                entries(fold, kind, tenant, call.operator(), after)
                    .filter(entry -> passes(entry, filters, call.query()))
                    .limit(limit + 1L)
                    .collect(Collectors.toCollection(ArrayList::new)));
    if (page.size() <= limit) {
      return Paging.reply(shown.of(page), null);
    }
    page.removeLast();
    return Paging.reply(shown.of(page), page.getLast().key().id());
  }

  /** What the operator sees of a collection beyond an id, looked up as it is asked for. */
  private static Stream<Entry> entries(
      Fold fold, Kind kind, @Nullable String tenant, Operator operator, @Nullable String after) {
    Predicate<String> beyond = id -> after == null || id.compareTo(after) > 0;
    if (kind == Kind.TENANT) {
      return operator.reached(fold).stream()
          .filter(beyond)
          .map(id -> fold.find(ObjectKey.tenant(id)))
          .filter(Objects::nonNull);
    }
    if (tenant != null && !fold.tenants().contains(tenant)) {
      throw notFound("There is no tenant \"" + tenant + "\"");
    }
    return fold.list(kind, tenant).stream()
        .filter(entry -> beyond.test(entry.key().id()) && seen(fold, entry, operator));
  }

  /** Operators all stand in one place, and are seen by whoever reaches the tenant of one. */
  private static boolean seen(Fold fold, Entry entry, Operator operator) {
    return entry.key().kind() != Kind.OPERATOR
        || operator.reaches(fold, entry.body().path(TENANT).textValue());
  }

  private static boolean passes(Entry entry, Set<String> filters, Map<String, String> query) {
    for (String filter : filters) {
      String wanted = query.get(filter);
      if (wanted != null && !matches(entry, filter, wanted)) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(Entry entry, String filter, String wanted) {
    if (entry.key().kind() == Kind.ROUTE && filter.equals("upstream")) {
      return References.leadsTo(entry.body(), wanted);
    }
    JsonNode value = entry.body().path(filter);
    return !value.isNull() && !value.isMissingNode() && value.asText().equals(wanted);
  }

  private Reply create(Kind kind, Call call) {
    return writes.keyed(
        call,
        () ->
            writes.write(
                call,
                order(
                    kind, call, null, new Wish.Create(call.document(Call.JSON)), new Guard.None()),
                call.path()));
  }

  private Reply show(Kind kind, Call call) {
    Entry entry = entry(kind, call);
    String tag = Preconditions.tag(entry.revision());
    if (!Shown.changes(kind)
        && Preconditions.known(call.header("If-None-Match"), entry.revision())) {
      return Reply.empty(304).with("ETag", tag);
    }
    return Reply.json(200, shown.of(entry)).with("ETag", tag);
  }

  /** The object that the path names. */
  Entry entry(Kind kind, Call call) {
    String tenant = tenant(kind, call);
    String id = id(kind, call);
    return reader.read(
        fold -> {
          if (tenant != null && !fold.tenants().contains(tenant)) {
            throw notFound("There is no tenant \"" + tenant + "\"");
          }
          ObjectKey key = key(kind, tenant, id);
          Entry entry = key == null ? null : fold.find(key);
          if (entry == null || !seen(fold, entry, call.operator())) {
            throw notFound("There is no " + Documents.noun(kind) + " \"" + id + "\"");
          }
          return entry;
        });
  }

  Reply change(Kind kind, Call call, Wish wish) {
    return writes.write(
        call, order(kind, call, id(kind, call), wish, Preconditions.guard(call)), null);
  }

  private static Order order(Kind kind, Call call, @Nullable String id, Wish wish, Guard guard) {
    return new Order(
        kind,
        tenant(kind, call),
        id,
        wish,
        guard,
        call.operator(),
        call.origin(),
        call.flag(Writes.DRY_RUN));
  }

  private static @Nullable String tenant(Kind kind, Call call) {
    return kind == Kind.TENANT ? null : call.segments().get(TENANT);
  }

  private static String id(Kind kind, Call call) {
    return call.segment(kind == Kind.TENANT ? TENANT : ID);
  }

  private static @Nullable ObjectKey key(Kind kind, @Nullable String tenant, String id) {
    if (kind == Kind.TENANT) {
      return Ids.isTenant(id) ? ObjectKey.tenant(id) : null;
    }
    return Ids.isObject(id) ? new ObjectKey(kind, tenant, id) : null;
  }

  static RefusedCall notFound(String detail) {
    return new RefusedCall(Refusal.of(Refusal.Reason.NOT_FOUND, detail));
  }
}
