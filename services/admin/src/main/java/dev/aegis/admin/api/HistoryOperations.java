package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Restoration;
import dev.aegis.admin.changes.Restored;
import dev.aegis.admin.changes.Restoring;
import dev.aegis.admin.changes.Scope;
import dev.aegis.admin.history.Past;
import dev.aegis.admin.tenancy.Difference;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Fields;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What lies between two revisions, and the way back to one. */
final class HistoryOperations {
  private static final String ONE = "/admin/revisions/{revision}";
  private static final String TENANT = "tenant";
  private static final String TO = "to";

  /** Most changes that the reply to a restore names; all are counted, and all are revisions. */
  private static final int MOST_SHOWN = 500;

  private final JournalReader reader;
  private final Past past;
  private final Restoring restoring;
  private final Writes writes;

  HistoryOperations(JournalReader reader, Past past, Restoring restoring, Writes writes) {
    this.reader = reader;
    this.past = past;
    this.restoring = restoring;
    this.writes = writes;
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "GET",
            ONE + "/diff",
            Set.of(TO, TENANT, Paging.LIMIT, Paging.CURSOR),
            Needs.PLATFORM_READ,
            this::difference),
        new Operation(
            "POST", ONE + "/restore", Writes.PARAMETERS, Needs.PLATFORM_WRITE, this::restore));
  }

  private Reply difference(Call call) {
    long now = last();
    long from = revision(call, now);
    String asked = call.query().get(TO);
    long to = asked == null ? now : number(asked);
    if (to < 0 || to > now) {
      throw RefusedCall.parameter(TO, "must be a revision from 0 to " + now);
    }
    String tenant = call.query().get(TENANT);
    int limit = Paging.limit(call);
    String after = Paging.cursor(call);
    Predicate<ObjectKey> only = key -> tenant == null || tenant.equals(key.tenant());
    List<ObjectNode> items = new ArrayList<>();
    String last = null;
    try {
      for (Past.Differing each : past.between(from, to, only)) {
        String key = each.key().toString();
        if (after != null && key.compareTo(after) <= 0) {
          continue;
        }
        if (items.size() == limit) {
          return Paging.reply(items, last);
        }
        items.add(shown(each));
        last = key;
      }
    } catch (BusUnavailable e) {
      throw unreadable();
    }
    return Paging.reply(items, null);
  }

  private static ObjectNode shown(Past.Differing each) {
    ObjectNode before = each.before() == null ? null : each.before().body();
    ObjectNode after = each.after() == null ? null : each.after().body();
    ObjectNode shown = shown(each.key(), before, after);
    shown.put("from_revision", each.before() == null ? null : each.before().revision());
    shown.put("to_revision", each.after() == null ? null : each.after().revision());
    return shown;
  }

  private static ObjectNode shown(
      ObjectKey key, @Nullable ObjectNode before, @Nullable ObjectNode after) {
    ObjectNode shown = Json.object();
    shown.put("key", key.toString());
    shown.put("kind", Documents.noun(key.kind()));
    shown.put(TENANT, key.tenant());
    shown.put("id", key.id());
    shown.put("operation", after == null ? "delete" : before == null ? "create" : "update");
    shown.set("diff", Difference.between(key.kind(), before, after));
    return shown;
  }

  private Reply restore(Call call) {
    boolean rehearsal = call.flag(Writes.DRY_RUN);
    boolean wait = Writes.waits(call);
    long revision = revision(call, last());
    Scope scope = scope(call);
    return rehearsal
        ? restore(call, revision, scope, true, false)
        : writes.keyed(call, () -> restore(call, revision, scope, false, wait));
  }

  private Reply restore(Call call, long revision, Scope scope, boolean rehearsal, boolean wait) {
    Past.Then then;
    try {
      then = past.at(revision);
    } catch (BusUnavailable e) {
      throw unreadable();
    }
    ObjectKey named =
        switch (scope) {
          case Scope.Everything everything -> null;
          case Scope.OfTenant(String tenant) -> ObjectKey.tenant(tenant);
          case Scope.OfObject(ObjectKey key) -> key;
        };
    if (named != null && !then.objects().containsKey(named)) {
      throw ObjectOperations.notFound("There was no " + named + " at revision " + revision);
    }
    Restored restored =
        restoring.restore(then, scope, call.operator().name(), call.origin(), rehearsal);
    return switch (restored) {
      case Restored.Refused(Refusal why) -> throw new RefusedCall(why);
      case Restored.Rehearsed(Restoration restoration) ->
          Reply.json(
              200,
              shown(
                      revision,
                      restoration.steps().stream().map(HistoryOperations::shown).toList(),
                      restoration.withheld())
                  .put(Writes.DRY_RUN, true));
      case Restored.Done done -> {
        List<ObjectNode> changes =
            done.made().stream()
                .map(made -> shown(made.step()).put("revision", made.revision()))
                .toList();
        ObjectNode shown = shown(revision, changes, done.withheld());
        yield done.made().isEmpty()
            ? Reply.json(200, shown)
            : writes.awaited(shown, done.made().getLast().revision(), wait);
      }
    };
  }

  private static ObjectNode shown(Restoration.Step step) {
    return shown(step.key(), step.before() == null ? null : step.before().body(), step.after());
  }

  private static ObjectNode shown(
      long revision, List<ObjectNode> changes, List<Restoration.Withheld> withheld) {
    ObjectNode shown = Json.object().put("restored", revision).put("total", changes.size());
    ArrayNode items = shown.putArray("changes");
    changes.stream().limit(MOST_SHOWN).forEach(items::add);
    ArrayNode kept = shown.putArray("withheld");
    withheld.stream()
        .limit(MOST_SHOWN)
        .forEach(each -> kept.addObject().put("key", each.key().toString()).put("why", each.why()));
    return shown;
  }

  private static Scope scope(Call call) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(call.document(Call.JSON), "", violations);
    String tenant = fields.optionalText(TENANT);
    ObjectKey tenantKey = tenant == null ? null : key(Kind.TENANT, tenant, tenant);
    if (tenant != null && tenantKey == null) {
      fields.reject(TENANT, "is no tenant's id");
    }
    boolean one = !fields.absent("object");
    ObjectKey object = one ? fields.object("object", HistoryOperations::object) : null;
    if (!one) {
      fields.tree("object"); // null counts as not said
    }
    if (tenant != null && one) {
      fields.reject("object", "cannot be said beside a tenant");
    }
    fields.done();
    if (!violations.isEmpty()) {
      throw new RefusedCall(Refusal.invalid(violations));
    }
    return object != null
        ? new Scope.OfObject(object)
        : tenant != null ? new Scope.OfTenant(tenant) : new Scope.Everything();
  }

  private static @Nullable ObjectKey object(Fields fields) {
    String noun = fields.text("kind");
    String tenant = fields.optionalText(TENANT);
    String id = fields.text("id");
    for (Kind kind : Kind.values()) {
      if (Documents.noun(kind).equals(noun)) {
        ObjectKey key = key(kind, kind == Kind.TENANT ? id : tenant, id);
        if (key == null) {
          fields.reject("id", "names no object together with the kind and the tenant");
        }
        return key;
      }
    }
    if (!noun.isEmpty()) {
      fields.reject("kind", "is no kind of object");
    }
    return null;
  }

  private static @Nullable ObjectKey key(Kind kind, @Nullable String tenant, String id) {
    try {
      return new ObjectKey(kind, tenant, id);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The last revision, of the journal that Kafka has. */
  private long last() {
    if (!reader.current()) {
      throw unreadable(); // a journal that was made anew has not the past of what is in force
    }
    return reader.revision();
  }

  private static long revision(Call call, long now) {
    long revision = number(call.segment("revision"));
    if (revision < 0 || revision > now) {
      throw ObjectOperations.notFound("There is no revision " + call.segment("revision"));
    }
    return revision;
  }

  /** The number that a text is, -1 when it is none. */
  private static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
  }

  private static RefusedCall unreadable() {
    return new RefusedCall(
        Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, "The journal's past cannot be read now"));
  }
}
