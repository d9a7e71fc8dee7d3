package dev.aegis.admin.changes;

import dev.aegis.admin.access.Operator;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Origin;
import org.jspecify.annotations.Nullable;

/**
 * A wish with its address and its conditions.
 *
 * @param kind of the object
 * @param tenant it belongs to, null for a tenant itself and for an object of the installation
 * @param id from the path, null when the document names it
 * @param wish what shall be done
 * @param guard what must hold for it
 * @param operator who asks
 * @param origin the call by which, null when it was none
 * @param rehearsal whether to say what would happen and change nothing
 */
public record Order(
    Kind kind,
    @Nullable String tenant,
    @Nullable String id,
    Wish wish,
    Guard guard,
    Operator operator,
    @Nullable Origin origin,
    boolean rehearsal) {
  /** How the journal names who asks. */
  String actor() {
    return operator.name();
  }
}
