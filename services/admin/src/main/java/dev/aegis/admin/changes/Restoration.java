package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What lies between the configuration as it is and as it was.
 *
 * @param steps changes that lead back, in the order in which they can be made
 * @param withheld what stays as it is nevertheless
 */
public record Restoration(List<Step> steps, List<Withheld> withheld) {
  public Restoration {
    steps = List.copyOf(steps);
    withheld = List.copyOf(withheld);
  }

  /**
   * What shall be again.
   *
   * @param objects all that there was, as the journal has it
   * @param credentials the last of each API key and revocation that was there then or came since,
   *     without those that somebody took away
   */
  public record Target(
      Map<ObjectKey, ObjectNode> objects, Map<ObjectKey, ObjectNode> credentials) {}

  /**
   * One change.
   *
   * @param key the object
   * @param before as it is, null when it does not exist
   * @param after as it shall be, null to delete it
   */
  public record Step(ObjectKey key, @Nullable Entry before, @Nullable ObjectNode after)
      implements Writable {
    /** Whether it changes nothing, not even the order of members. */
    boolean isNone() {
      return before == null
          ? after == null
          : after != null
              && before.body().equals(after)
              && Arrays.equals(Json.write(before.body()), Json.write(after));
    }
  }

  /**
   * An object that does not become what it was.
   *
   * @param key which
   * @param why in a sentence
   */
  public record Withheld(ObjectKey key, String why) {}
}
