package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.Set;
import java.util.TreeSet;
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

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    add(operations, Kind.TENANT, "/admin/tenants", "/admin/tenants/{tenant}");
    for (Kind kind : Kind.values()) {
      if (kind.belongsToTenant()) {
        String collection = "/admin/tenants/{tenant}/" + kind.collection();
        add(operations, kind, collection, collection + "/{id}");
      }
    }
    add(operations, Kind.PLUGIN, "/admin/plugins", "/admin/plugins/{id}");
    return operations;
  }

  private void add(List<Operation> operations, Kind kind, String collection, String one) {
    Set<String> listing = new TreeSet<>(filters(kind));
    listing.add(Paging.LIMIT);
    listing.add(Paging.CURSOR);
    operations.add(new Operation("GET", collection, listing, call -> list(kind, call)));
    operations.add(
        new Operation("POST", collection, Writes.PARAMETERS, call -> create(kind, call)));
    operations.add(new Operation("GET", one, Set.of(), call -> show(kind, call)));
    operations.add(
        new Operation(
            "PUT",
            one,
            Writes.PARAMETERS,
            call -> change(kind, call, new Wish.Replace(call.document(Call.JSON)))));
    operations.add(
        new Operation(
            "PATCH",
            one,
            Writes.PARAMETERS,
            call -> change(kind, call, new Wish.Merge(call.document(Call.MERGE_PATCH)))));
    operations.add(
        new Operation(
            "DELETE",
            one,
            Writes.PARAMETERS,
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
            fold -> {
              List<Entry> passing = new ArrayList<>();
              for (Entry entry : entries(fold, kind, tenant)) {
                if ((after == null || entry.key().id().compareTo(after) > 0)
                    && passes(entry, filters, call.query())) {
                  passing.add(entry);
                  if (passing.size() > limit) {
                    break;
                  }
                }
              }
              return passing;
            });
    if (page.size() <= limit) {
      return Paging.reply(shown.of(page), null);
    }
    page.removeLast();
    return Paging.reply(shown.of(page), page.getLast().key().id());
  }

  private static List<Entry> entries(Fold fold, Kind kind, @Nullable String tenant) {
    if (kind == Kind.TENANT) {
      List<Entry> entries = new ArrayList<>();
      for (String id : fold.tenants()) {
        Entry entry = fold.find(ObjectKey.tenant(id));
        if (entry != null) {
          entries.add(entry);
        }
      }
      return entries;
    }
    if (tenant != null && !fold.tenants().contains(tenant)) {
      throw notFound("There is no tenant \"" + tenant + "\"");
    }
    return List.copyOf(fold.list(kind, tenant));
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
          if (entry == null) {
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
        call.operator().name(),
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
