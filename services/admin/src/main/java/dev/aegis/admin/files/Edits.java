package dev.aegis.admin.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.changes.Guard;
import dev.aegis.admin.changes.Order;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.changes.Result;
import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition.Role;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Carries out what a person wrote into the file, by the same checks as an order to the API and
 * under the actor {@code file}. Everything is rehearsed before anything is written.
 */
final class Edits {
  private static final Operator FILE = new Operator("file", Role.PLATFORM_ADMIN, null);

  private final Publishing publishing;

  Edits(Publishing publishing) {
    this.publishing = publishing;
  }

  /** What became of an edit. */
  sealed interface Outcome {
    /** It is in force; so many objects were changed. */
    record Done(int count) implements Outcome {}

    /** It cannot stand, and nothing of it was done. */
    record Refused(List<String> faults) implements Outcome {
      public Refused {
        faults = List.copyOf(faults);
      }
    }

    /** The configuration moved while it was carried out: it is to be judged once more. */
    record Again() implements Outcome {}

    /** Nothing can be written at the moment. */
    record Waits(String why) implements Outcome {}
  }

  /**
   * Carries out the wishes of {@code merged}.
   *
   * @param standing what it was merged with; an object that has changed since is not written
   * @param agreed learns of each object that is done, so that it is not wished again when a later
   *     one fails
   */
  Outcome carryOut(ThreeWay merged, PluginsFile.Standing standing, Agreed agreed) {
    List<String> faults = new ArrayList<>();
    for (ObjectKey key : merged.conflicts()) {
      faults.add(
          key
              + " was changed both in the file and otherwise since they last agreed: let the file"
              + " say of it what is in force");
    }
    for (ThreeWay.Wanted wanted : merged.wishes()) {
      if (publishing.publish(order(wanted, standing, true))
          instanceof Result.Refused(Refusal why)) {
        if (why.reason() == Refusal.Reason.STALE_REVISION
            || why.reason() == Refusal.Reason.EXISTS_ALREADY) {
          return new Outcome.Again();
        }
        faults.addAll(told(wanted.key(), why));
      }
    }
    if (!faults.isEmpty()) {
      return new Outcome.Refused(faults);
    }
    SortedMap<ObjectKey, ObjectNode> done = new TreeMap<>(PluginsText.ORDER);
    done.putAll(merged.agreed());
    for (ThreeWay.Wanted wanted : merged.wishes()) {
      ObjectNode before = agreed.objects().get(wanted.key());
      if (before != null) {
        done.put(wanted.key(), before);
      }
    }
    int count = 0;
    for (ThreeWay.Wanted wanted : merged.wishes()) {
      if (publishing.publish(order(wanted, standing, false))
          instanceof Result.Refused(Refusal why)) {
        agreed.set(done);
        return why.reason() == Refusal.Reason.JOURNAL_UNAVAILABLE
            ? new Outcome.Waits(why.detail())
            : new Outcome.Again();
      }
      if (wanted.document() == null) {
        done.remove(wanted.key());
      } else {
        done.put(wanted.key(), wanted.document());
      }
      count++;
    }
    agreed.set(done);
    return new Outcome.Done(count);
  }

  private static Order order(
      ThreeWay.Wanted wanted, PluginsFile.Standing standing, boolean rehearsal) {
    ObjectKey key = wanted.key();
    Entry stands = standing.entries().get(key);
    ObjectNode document = wanted.document();
    return new Order(
        Kind.PLUGIN,
        key.tenant(),
        key.id(),
        document == null ? new Wish.Remove() : new Wish.Replace(document),
        stands == null ? new Guard.Absent() : new Guard.Matches(Set.of(stands.revision())),
        FILE,
        null,
        rehearsal);
  }

  private static List<String> told(ObjectKey key, Refusal why) {
    if (why.violations().isEmpty()) {
      return List.of(key + ": " + why.detail());
    }
    List<String> told = new ArrayList<>();
    for (Violation violation : why.violations()) {
      String field =
          violation.field().equals("/route") || violation.field().equals("/upstream")
              ? "/scope" + violation.field()
              : violation.field();
      told.add(key + ": " + field + " " + violation.message());
    }
    return told;
  }
}
