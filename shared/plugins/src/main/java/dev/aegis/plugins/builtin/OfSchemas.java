package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import org.jspecify.annotations.Nullable;

/** The form that a schema of each part gives, for all requests the same. */
record OfSchemas(
    @Nullable RequestSchema body,
    @Nullable RequestSchema query,
    @Nullable RequestSchema header,
    boolean bodyRequired)
    implements Form {
  @Override
  public Verdict head(Request request, Faults faults) {
    if (query != null) {
      ObjectNode found = Parameters.query(request.query(), query);
      if (found == null) {
        return faults.refused("The query cannot be decoded");
      }
      Verdict verdict = faults.of("query", query.faults(found, request.query().length()));
      if (verdict instanceof Verdict.Refuse) {
        return verdict;
      }
    }
    return header == null
        ? Verdict.PASS
        : faults.of("header", header.faults(Parameters.header(request, header), 0));
  }

  @Override
  public Wanted body(Request request) {
    return body == null ? new Anything() : new Json(bodyRequired, body);
  }
}
