package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.audit.AuditTrail;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What operators did and were refused. */
final class AuditOperations {
  private static final String TENANT = "tenant";
  private static final String ACTOR = "actor";
  private static final String ADDRESS = "address";
  private static final String FROM = "from";
  private static final String TO = "to";
  private static final List<String> FILTERS = List.of(TENANT, ACTOR, "action", "outcome");

  /** Each entry of a change is read again with what it replaced. */
  private static final int MOST = 100;

  private final JournalReader reader;
  private final AuditTrail trail;

  AuditOperations(JournalReader reader, AuditTrail trail) {
    this.reader = reader;
    this.trail = trail;
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "GET",
            "/admin/audit",
            Set.of(TENANT, ACTOR, "action", "outcome", FROM, TO, Paging.LIMIT, Paging.CURSOR),
            Needs.REACH_READ,
            this::list));
  }

  private Reply list(Call call) {
    int limit = Math.min(Paging.limit(call), MOST);
    String cursor = Paging.cursor(call);
    AuditTrail.Place before = cursor == null ? null : AuditTrail.Place.parse(cursor);
    if (cursor != null && before == null) {
      throw RefusedCall.parameter(Paging.CURSOR, "must be a next_cursor of this list");
    }
    Instant from = time(call, FROM);
    Instant to = time(call, TO);
    try {
      AuditTrail.Page page = trail.page(before, limit, from, entry -> passes(entry, to, call));
      page.items().forEach(entry -> withhold(entry, call.operator()));
      AuditTrail.Place next = page.next();
      return Paging.reply(page.items(), next == null ? null : next.text());
    } catch (BusUnavailable e) {
      throw new RefusedCall(
          Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, "The audit cannot be read now"));
    }
  }

  private boolean passes(ObjectNode entry, @Nullable Instant to, Call call) {
    for (String filter : FILTERS) {
      String wanted = call.query().get(filter);
      if (wanted != null && !wanted.equals(entry.path(filter).textValue())) {
        return false;
      }
    }
    return (to == null || Instant.parse(entry.path("time").asText()).isBefore(to))
        && reader.read(fold -> call.operator().reaches(fold, entry.path(TENANT).textValue()));
  }

  /** From where somebody beyond its reach called is not for an operator to know. */
  private void withhold(ObjectNode entry, Operator operator) {
    if (operator.bound()
        && !reader.read(fold -> reaches(fold, operator, entry.path(ACTOR).asText()))) {
      entry.putNull(ADDRESS);
    }
  }

  private static boolean reaches(Fold fold, Operator operator, String actor) {
    Entry entry = Ids.isObject(actor) ? fold.find(new ObjectKey(Kind.OPERATOR, null, actor)) : null;
    return entry != null && operator.reaches(fold, entry.body().path(TENANT).textValue());
  }

  private static @Nullable Instant time(Call call, String name) {
    String value = call.query().get(name);
    if (value == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(value).toInstant();
    } catch (DateTimeParseException e) {
      throw RefusedCall.parameter(name, "must be a time such as 2030-01-01T00:00:00Z");
    }
  }
}
