package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.changes.Underway;
import dev.aegis.journal.Json;
import dev.aegis.journal.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How far the operator's own batches have come: documents that are applied, and ways back. */
final class UnderwayOperations {
  private final Publishing publishing;

  UnderwayOperations(Publishing publishing) {
    this.publishing = publishing;
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "GET",
            ConfigOperations.CONFIG + "/underway",
            Set.of(),
            Needs.REACH_READ,
            this::underway));
  }

  private Reply underway(Call call) {
    List<ObjectNode> items = new ArrayList<>();
    for (Underway.Batch batch : publishing.underway().batches()) {
      Origin origin = batch.origin();
      if (origin != null && batch.actor().equals(call.operator().name())) {
        items.add(
            Json.object()
                .put("method", origin.method())
                .put("path", origin.path())
                .put("request_id", origin.requestId())
                .put("since", batch.since().toString())
                .put("written", batch.written())
                .put("total", batch.total()));
      }
    }
    return Paging.reply(items, null);
  }
}
