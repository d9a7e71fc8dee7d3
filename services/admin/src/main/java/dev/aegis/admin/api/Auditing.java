package dev.aegis.admin.api;

import dev.aegis.admin.access.Operator;
import dev.aegis.admin.audit.AuditLog;
import dev.aegis.admin.audit.Note;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Origin;
import dev.aegis.model.Ids;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which calls are noted: every refusal of a token or of a right, every write that was
 * refused or failed, and every write that the journal has nothing of. Reads that were answered are
 * not, nor calls without a token, of which anybody could send any number.
 */
final class Auditing {
  private static final int UNAUTHENTICATED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PAUSED = 429;
  private static final int FIRST_REFUSAL = 400;
  private static final int BROKEN = 500;

  private final AuditLog log;
  private final InstantSource clock;

  Auditing(AuditLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  /** What is known of a call while it is answered. */
  static final class Heard {
    private final Origin origin;
    private Operator operator = Operator.NOBODY;
    private @Nullable String stranger;
    private boolean wrongToken;
    private @Nullable Operation operation;
    private Map<String, String> segments = Map.of();
    private boolean rehearsal;

    Heard(Origin origin) {
      this.origin = origin;
    }

    Origin origin() {
      return origin;
    }

    void by(Operator known) {
      operator = known;
    }

    /** By somebody who is known, and no operator. */
    void byStranger(String name) {
      stranger = name;
    }

    void showsWrongToken() {
      wrongToken = true;
    }

    void leadsTo(Operation found, Map<String, String> values) {
      operation = found;
      segments = values;
    }

    void rehearses() {
      rehearsal = true;
    }
  }

  /** Notes the call if it is one of those. */
  void answered(Heard heard, Reply reply) {
    boolean inJournal = reply.headers().containsKey(Writes.REVISION);
    if (noted(heard, reply.status(), inJournal)) {
      note(heard, reply.status(), code(reply));
    }
  }

  /** Notes a call that met a bug. */
  void broken(Heard heard) {
    if (noted(heard, BROKEN, false)) {
      note(heard, BROKEN, "internal");
    }
  }

  private static boolean noted(Heard heard, int status, boolean inJournal) {
    Operation operation = heard.operation;
    boolean writes = operation != null && operation.needs().right() == Needs.Right.WRITE;
    return switch (status) {
      case UNAUTHENTICATED -> heard.wrongToken; // the brake bounds how many
      case PAUSED -> false; // what made it so was noted
      case FORBIDDEN -> true;
      case NOT_FOUND -> writes || heard.operator.bound();
      default -> writes && (status >= FIRST_REFUSAL || !inJournal && !heard.rehearsal);
    };
  }

  private void note(Heard heard, int status, @Nullable String code) {
    Operation operation = heard.operation;
    boolean known = !heard.operator.equals(Operator.NOBODY);
    String named = heard.segments.get(ObjectOperations.TENANT);
    log.note(
        new Note(
            clock.instant(),
            actor(heard),
            heard.origin,
            named != null && Ids.isTenant(named) ? named : known ? heard.operator.tenant() : null,
            operation == null ? "none" : action(operation),
            status,
            code));
  }

  private static String actor(Heard heard) {
    String stranger = heard.stranger;
    return stranger != null
        ? stranger
        : heard.operator.equals(Operator.NOBODY) ? Note.UNKNOWN : heard.operator.name();
  }

  /** The code of the problem that the reply is. */
  private static @Nullable String code(Reply reply) {
    if (reply.status() < FIRST_REFUSAL
        || !(reply.body() instanceof Reply.Body.Bytes(Payload payload))) {
      return null;
    }
    try {
      return Json.readObject(payload.bytes()).path("code").textValue();
    } catch (IOException e) {
      return null; // no problem, but another service's own words
    }
  }

  private static String action(Operation operation) {
    List<String> pattern = operation.pattern();
    String last = pattern.getLast();
    return switch (operation.method()) {
      case "GET" -> "read";
      case "PUT", "PATCH" -> "update";
      case "DELETE" -> "delete";
      default -> Kind.ofCollection(last) == null ? last : "create";
    };
  }
}
