package dev.aegis.admin.api;

import dev.aegis.admin.changes.Wish;
import dev.aegis.journal.Kind;
import java.util.List;

/** What can be done with an operator beside publishing it. */
final class OperatorOperations {
  private static final String ONE = "/admin/operators/{id}";

  private final ObjectOperations objects;
  private final Writes writes;

  OperatorOperations(ObjectOperations objects, Writes writes) {
    this.objects = objects;
    this.writes = writes;
  }

  List<Operation> operations() {
    return List.of(
        new Operation("POST", ONE + "/rotate", Writes.PARAMETERS, Needs.REACH_WRITE, this::rotate));
  }

  /** Unlike that of a caller's key, the token before ends at once if nothing else is said. */
  private Reply rotate(Call call) {
    Wish wish = ApiKeyOperations.rotation(call, 0);
    return writes.keyed(call, () -> objects.change(Kind.OPERATOR, call, wish));
  }
}
