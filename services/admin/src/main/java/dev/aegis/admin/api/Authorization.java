package dev.aegis.admin.api;

import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides, before anything of a request is read but its head, whether an operator may do what the
 * operation is for.
 *
 * <p>A tenant beyond an operator's reach is told apart in no way from one that does not exist.
 */
final class Authorization {
  private final JournalReader reader;

  Authorization(JournalReader reader) {
    this.reader = reader;
  }

  /**
   * Refuses the operator, or returns.
   *
   * @param segments values of the template's parameters
   * @param rawQuery as it was sent, null when there is none
   */
  void check(
      Operator operator, Needs needs, Map<String, String> segments, @Nullable String rawQuery) {
    if (needs.open()) {
      return;
    }
    if (operator.bound()) {
      switch (needs.whose()) {
        case PLATFORM -> throw forbidden("This is for operators of the whole installation");
        case PATH -> reached(operator, segments.get(ObjectOperations.TENANT));
        case QUERY -> reached(operator, asked(rawQuery));
        case REACH -> {
          // The handler looks at nothing else.
        }
      }
    }
    if (needs.right() == Needs.Right.WRITE) {
      if (!operator.writes()) {
        throw forbidden("An auditor changes nothing");
      }
      if (operator.bound() && reader.read(fold -> suspended(fold, operator))) {
        throw forbidden("Tenant \"" + operator.tenant() + "\" is suspended");
      }
    }
  }

  static RefusedCall forbidden(String detail) {
    return new RefusedCall(Refusal.of(Refusal.Reason.FORBIDDEN, detail));
  }

  private void reached(Operator operator, @Nullable String tenant) {
    if (tenant == null || !reader.read(fold -> operator.reaches(fold, tenant))) {
      throw ObjectOperations.notFound("There is no tenant \"" + tenant + "\"");
    }
  }

  /** The one tenant that the query names; two, and nobody could say which one counts. */
  private static String asked(@Nullable String rawQuery) {
    List<String> named = new ArrayList<>();
    for (String pair : rawQuery == null ? new String[0] : rawQuery.split("&")) {
      String[] parts = pair.split("=", 2);
      if (decoded(parts[0]).equals(ObjectOperations.TENANT)) {
        named.add(parts.length == 1 ? "" : decoded(parts[1]));
      }
    }
    if (named.isEmpty()) {
      throw forbidden("Name one of your tenants by ?tenant=");
    }
    if (named.size() > 1) {
      throw RefusedCall.parameter(ObjectOperations.TENANT, "must be given once");
    }
    return named.getFirst();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw RefusedCall.malformed("The query has a broken percent-encoding");
    }
  }

  private static boolean suspended(Fold fold, Operator operator) {
    String tenant = operator.tenant();
    var entry = tenant == null ? null : fold.find(ObjectKey.tenant(tenant));
    return entry != null && entry.body().path("status").asText().equals("suspended");
  }
}
