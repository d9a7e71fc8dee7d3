package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Order;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.changes.Result;
import dev.aegis.admin.nodes.Applied;
import dev.aegis.admin.nodes.Nodes;
import dev.aegis.admin.tenancy.Difference;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Json;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out orders and makes the manners of every write: tags, revisions, waiting, rehearsals.
 */
final class Writes {
  static final String DRY_RUN = "dry_run";
  static final String WAIT = "wait";
  static final Set<String> PARAMETERS = Set.of(DRY_RUN, WAIT);
  static final String REVISION = "Aegis-Revision";
  static final String APPLIED = "Aegis-Applied";

  private static final String SECRET = "secret";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Publishing publishing;
  private final Nodes nodes;
  private final IdempotencyKeys keys;
  private final Shown objects;

  Writes(Publishing publishing, Nodes nodes, IdempotencyKeys keys, Shown objects) {
    this.publishing = publishing;
    this.nodes = nodes;
    this.keys = keys;
    this.objects = objects;
  }

  /** Makes a reply once per {@code Idempotency-Key}. */
  Reply keyed(Call call, Supplier<Reply> make) {
    return keys.once(call, make);
  }

  /**
   * Carries out an order.
   *
   * @param collection path under which a created object is found by its id; null when the call's
   *     own path is the object's
   */
  Reply write(Call call, Order order, @Nullable String collection) {
    boolean wait = waits(call);
    return switch (publishing.publish(order)) {
      case Result.Refused(Refusal why) -> throw new RefusedCall(why);
      case Result.Rehearsed rehearsed -> Reply.json(200, shown(rehearsed));
      case Result.Removed removed -> {
        Applied applied = wait ? await(removed.revision()) : null;
        Reply reply =
            applied == null
                ? Reply.empty(204)
                : Reply.json(200, Json.object().set("applied", applied.shown()));
        yield revised(reply, removed.revision(), applied);
      }
      case Result.Published published -> {
        Entry entry = published.entry();
        Applied applied = wait ? await(entry.revision()) : null;
        ObjectNode shown = objects.of(entry);
        if (published.revealed() != null) {
          shown.put(SECRET, published.revealed());
        }
        if (applied != null) {
          shown.set("applied", applied.shown());
        }
        Reply reply =
            revised(Reply.json(published.created() ? 201 : 200, shown), entry.revision(), applied)
                .with("ETag", Preconditions.tag(entry.revision()));
        if (published.revealed() != null) {
          reply = reply.with("Cache-Control", "no-store");
        }
        yield published.created()
            ? reply.with(
                "Location", collection == null ? call.path() : collection + "/" + entry.key().id())
            : reply;
      }
    };
  }

  /**
   * A reply that shows what changed.
   *
   * @param revision of the last change
   * @param wait whether it is given when that is in force everywhere
   */
  Reply awaited(ObjectNode shown, long revision, boolean wait) {
    Applied applied = wait ? await(revision) : null;
    if (applied != null) {
      shown.set("applied", applied.shown());
    }
    return revised(Reply.json(200, shown), revision, applied);
  }

  static Reply revised(Reply reply, long revision, @Nullable Applied applied) {
    Reply revised = reply.with(REVISION, Long.toString(revision));
    return applied == null
        ? revised
        : revised.with(APPLIED, applied.complete() ? "complete" : "incomplete");
  }

  Applied await(long revision) {
    try {
      return nodes.awaitApplied(revision, PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return nodes.applied(revision);
    }
  }

  /** Whether a call waits until its change is in force everywhere. */
  static boolean waits(Call call) {
    String value = call.query().get(WAIT);
    if (value == null) {
      return false;
    }
    if (!value.equals("applied")) {
      throw RefusedCall.parameter(WAIT, "must be applied");
    }
    return true;
  }

  private static ObjectNode shown(Result.Rehearsed rehearsed) {
    Entry before = rehearsed.before();
    ObjectNode after = rehearsed.after();
    ObjectNode shown = Json.object().put(DRY_RUN, true);
    shown.put("operation", after == null ? "delete" : before == null ? "create" : "update");
    shown.set("object", after == null ? null : Documents.shown(rehearsed.kind(), after));
    shown.set(
        "diff", Difference.between(rehearsed.kind(), before == null ? null : before.body(), after));
    ArrayNode findings = shown.putArray("findings");
    rehearsed.findings().forEach(finding -> findings.add(Nodes.shown(finding)));
    return shown;
  }
}
