package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Arbiter;
import dev.aegis.journal.Arbitration;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can be done with a tenant as a whole beside publishing it. */
final class TenantOperations {
  private static final String ONE = "/admin/tenants/{tenant}";

  private final JournalReader reader;
  private final ObjectOperations objects;
  private final Writes writes;

  TenantOperations(JournalReader reader, ObjectOperations objects, Writes writes) {
    this.reader = reader;
    this.objects = objects;
    this.writes = writes;
  }

  List<Operation> operations() {
    return List.of(
        new Operation("GET", ONE + "/effective", Set.of(), Needs.TENANT_READ, this::effective),
        new Operation("GET", ONE + "/export", Set.of(), Needs.TENANT_READ, this::export),
        new Operation(
            "POST",
            ONE + "/suspend",
            Writes.PARAMETERS,
            Needs.TENANT_WRITE,
            call -> status(call, "suspended")),
        new Operation(
            "POST",
            ONE + "/resume",
            Writes.PARAMETERS,
            Needs.TENANT_WRITE,
            call -> status(call, "active")));
  }

  private Reply status(Call call, String status) {
    call.nobody();
    Wish wish = new Wish.Merge(Json.object().put("status", status));
    return writes.keyed(call, () -> objects.change(Kind.TENANT, call, wish));
  }

  /**
   * All that is kept of a tenant, as the journal keeps it: secrets are sealed. Whoever may not put
   * it back elsewhere, which needs the master key too, gets it without them.
   */
  private Reply export(Call call) {
    String tenant = objects.entry(Kind.TENANT, call).key().id();
    boolean sealed = call.operator().role() == OperatorDefinition.Role.PLATFORM_ADMIN;
    ObjectNode document = Json.object();
    reader.read(
        fold -> {
          document.put("revision", fold.revision());
          document.set("tenant", kept(fold.find(ObjectKey.tenant(tenant)), sealed));
          for (Kind kind : Kind.values()) {
            if (kind.belongsToTenant()) {
              ArrayNode all = document.putArray(kind.collection());
              fold.list(kind, tenant).forEach(entry -> all.add(kept(entry, sealed)));
            }
          }
          return document;
        });
    return Reply.json(200, document).with("Cache-Control", "no-store");
  }

  private static @Nullable ObjectNode kept(@Nullable Entry entry, boolean sealed) {
    if (entry == null) {
      return null;
    }
    return sealed ? Documents.dated(entry, entry.body().deepCopy()) : Documents.shown(entry);
  }

  /** What holds in a tenant, and where it comes from. */
  private Reply effective(Call call) {
    String tenant = objects.entry(Kind.TENANT, call).key().id();
    return Reply.json(200, reader.read(fold -> effective(fold, tenant, call.operator())));
  }

  private static ObjectNode effective(Fold fold, String tenant, Operator operator) {
    Lineage lineage = Lineage.of(fold, tenant);
    ObjectNode shown = Json.object().put("tenant", tenant).put("revision", fold.revision());
    shown.put("fault", lineage.fault());
    ArrayNode ancestors = shown.putArray("ancestors");
    for (Lineage.Ancestor ancestor : lineage.ancestors()) {
      ancestors
          .addObject()
          .put("id", ancestor.id())
          .put("kind", word(ancestor.kind()))
          .put("isolation", word(ancestor.closed()))
          .put("tokens", tokens(ancestor));
    }
    shown.set("external_authorization", asked(fold, lineage, operator));
    for (Kind kind : Kind.values()) {
      if (Lineage.inherited(kind)) {
        ArrayNode all = shown.putArray(kind.collection());
        if (kind == Kind.PLUGIN) {
          fold.list(kind, null)
              .forEach(entry -> all.add(shown(fold, operator, entry, Lineage.Use.ALL)));
        }
        lineage
            .holdings(kind)
            .forEach(holding -> all.add(shown(fold, operator, holding.entry(), holding.use())));
      }
    }
    return shown;
  }

  /**
   * Who is asked about requests of routes that do not say, and where it comes from. What a tenant
   * beyond the operator's reach says of it is not told.
   */
  private static @Nullable ObjectNode asked(Fold fold, Lineage lineage, Operator operator) {
    return switch (lineage.asked()) {
      case Lineage.Asked.Nobody nobody -> null;
      case Lineage.Asked.Unknown unknown -> Json.object().putNull("from").putNull("object");
      case Lineage.Asked.Of(String tenant, Arbiter arbiter) -> {
        Entry says = operator.reaches(fold, tenant) ? fold.find(ObjectKey.tenant(tenant)) : null;
        ObjectNode shown = Json.object().put("from", tenant);
        yield shown.set(
            "object", says == null ? null : says.body().path(Arbitration.MEMBER).deepCopy());
      }
    };
  }

  /** Which tokens of an ancestor are let in. */
  private static String tokens(Lineage.Ancestor ancestor) {
    if (ancestor.suspended()) {
      return "none";
    }
    return switch (ancestor.closed()) {
      case STRICT -> "none";
      case SHARED -> "all";
      case HYBRID -> "declared";
    };
  }

  /** What is beyond the operator's reach holds, and is named; what it says is not told. */
  private static ObjectNode shown(Fold fold, Operator operator, Entry entry, Lineage.Use use) {
    ObjectNode shown = Json.object().put("id", entry.key().id());
    shown.put("from", entry.key().tenant());
    shown.put("use", word(use));
    return operator.reaches(fold, entry.key().tenant())
        ? shown.set("object", Documents.shown(entry))
        : shown.putNull("object");
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
