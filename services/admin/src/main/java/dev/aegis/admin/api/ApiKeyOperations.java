package dev.aegis.admin.api;

import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Fields;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What can be done with an API key beside publishing it. */
final class ApiKeyOperations {
  private static final String ONE = "/admin/tenants/{tenant}/api-keys/{id}";
  private static final long USUAL_OVERLAP = Duration.ofDays(1).toSeconds();
  private static final long MOST_OVERLAP = Duration.ofDays(30).toSeconds();

  private final ObjectOperations objects;
  private final Writes writes;

  ApiKeyOperations(ObjectOperations objects, Writes writes) {
    this.objects = objects;
    this.writes = writes;
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "POST", ONE + "/rotate", Writes.PARAMETERS, Needs.TENANT_WRITE, this::rotate));
  }

  private Reply rotate(Call call) {
    Wish wish = rotation(call, USUAL_OVERLAP);
    return writes.keyed(call, () -> objects.change(Kind.API_KEY, call, wish));
  }

  /**
   * What the body says of a rotation.
   *
   * @param usual seconds of overlap when it says nothing
   */
  static Wish rotation(Call call, long usual) {
    List<Violation> violations = new ArrayList<>();
    Fields fields =
        new Fields(
            call.body().bytes().length == 0 ? Json.object() : call.document(Call.JSON),
            "",
            violations);
    long overlap = fields.number("overlap_seconds", usual, 0, MOST_OVERLAP);
    fields.done();
    if (!violations.isEmpty()) {
      throw new RefusedCall(Refusal.invalid(violations));
    }
    return new Wish.RotateKey(Duration.ofSeconds(overlap));
  }
}
