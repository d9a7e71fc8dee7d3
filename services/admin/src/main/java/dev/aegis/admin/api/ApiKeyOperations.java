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
    List<Violation> violations = new ArrayList<>();
    Fields fields =
        new Fields(
            call.body().bytes().length == 0 ? Json.object() : call.document(Call.JSON),
            "",
            violations);
    long overlap = fields.number("overlap_seconds", USUAL_OVERLAP, 0, MOST_OVERLAP);
    fields.done();
    if (!violations.isEmpty()) {
      throw new RefusedCall(Refusal.invalid(violations));
    }
    Wish wish = new Wish.RotateKey(Duration.ofSeconds(overlap));
    return writes.keyed(call, () -> objects.change(Kind.API_KEY, call, wish));
  }
}
