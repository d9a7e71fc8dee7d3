package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.store.LastUses;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Objects as replies show them: what the journal has of them, and of API keys when they were last
 * used, which is in no journal.
 */
final class Shown {
  private final LastUses uses;

  Shown(LastUses uses) {
    this.uses = uses;
  }

  /** Whether what is shown of an object changes although its revision does not. */
  static boolean changes(Kind kind) {
    return kind == Kind.API_KEY;
  }

  ObjectNode of(Entry entry) {
    return of(List.of(entry)).getFirst();
  }

  /** Objects of one kind and one tenant, in their order. */
  List<ObjectNode> of(List<Entry> entries) {
    List<ObjectNode> shown = new ArrayList<>();
    String tenant = entries.isEmpty() ? null : entries.getFirst().key().tenant();
    if (tenant == null || entries.getFirst().key().kind() != Kind.API_KEY) {
      entries.forEach(entry -> shown.add(Documents.shown(entry)));
      return shown;
    }
    List<String> ids = entries.stream().map(entry -> entry.key().id()).toList();
    Map<String, Instant> used = uses.of(tenant, ids);
    for (Entry entry : entries) {
      Instant at = used.get(entry.key().id());
      ObjectNode object = Documents.shown(entry);
      // What is earlier was of another key, which had the same id.
      if (at == null || at.isBefore(entry.createdAt().truncatedTo(ChronoUnit.SECONDS))) {
        shown.add(object.putNull("last_used_at"));
      } else {
        shown.add(object.put("last_used_at", at.toString()));
      }
    }
    return shown;
  }
}
