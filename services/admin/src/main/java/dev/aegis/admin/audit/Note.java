package dev.aegis.admin.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.Origin;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call that is to be remembered.
 *
 * @param at when
 * @param actor who, {@link #UNKNOWN} for whoever showed a wrong token
 * @param origin the call
 * @param tenant that it was about, null for the installation
 * @param action what was to be done, such as {@code update}
 * @param status HTTP status of the reply
 * @param code of the problem, null when there was none
 */
public record Note(
    Instant at,
    String actor,
    Origin origin,
    @Nullable String tenant,
    String action,
    int status,
    @Nullable String code) {
  /** The actor of a call whose operator is not known. */
  public static final String UNKNOWN = "unknown";

  private static final int FIRST_REFUSAL = 400;
  private static final int FIRST_FAILURE = 500;

  ObjectNode shown() {
    ObjectNode shown = Json.object();
    shown.put("time", at.toString());
    shown.put("actor", actor);
    shown.put("address", origin.address());
    shown.put("method", origin.method());
    shown.put("path", origin.path());
    shown.put("request_id", origin.requestId());
    shown.put("tenant", tenant);
    shown.put("action", action);
    shown.put(
        "outcome",
        status < FIRST_REFUSAL ? "applied" : status < FIRST_FAILURE ? "refused" : "failed");
    shown.put("status", status);
    shown.put("code", code);
    return shown;
  }
}
