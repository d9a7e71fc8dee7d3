package dev.aegis.admin.api;

import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells an object from another that had its name before: by when it was made.
 *
 * @param reader the configuration in force
 */
record Lives(JournalReader reader) {
  private static final String NONE = "-";

  /**
   * When the operator of a call, the tenant it is held to, and the tenant and the object that the
   * path names were made.
   */
  List<String> of(Call call) {
    return reader.read(
        fold ->
            List.of(
                operator(fold, call.operator().name()),
                tenant(fold, call.operator().tenant()),
                tenant(fold, call.segments().get("tenant")),
                object(fold, call)));
  }

  private static String operator(Fold fold, String name) {
    return Ids.isObject(name) ? life(fold, new ObjectKey(Kind.OPERATOR, null, name)) : NONE;
  }

  private static String tenant(Fold fold, @Nullable String id) {
    return id != null && Ids.isTenant(id) ? life(fold, ObjectKey.tenant(id)) : NONE;
  }

  private static String object(Fold fold, Call call) {
    String tenant = call.segments().get("tenant");
    String id = call.segments().get("id");
    String[] path = call.path().split("/");
    int at = tenant == null ? 2 : 4; // behind "", "admin", and perhaps "tenants" and its id
    Kind kind = path.length > at ? Kind.ofCollection(path[at]) : null;
    if (id == null || kind == null || !Ids.isObject(id)) {
      return NONE;
    }
    if (tenant != null && !Ids.isTenant(tenant)) {
      return NONE;
    }
    return switch (kind) {
      case TENANT -> NONE;
      case OPERATOR, PLUGIN ->
          life(fold, new ObjectKey(kind, kind == Kind.OPERATOR ? null : tenant, id));
      case UPSTREAM, ROUTE, ISSUER, ROLE, BINDING, WEBHOOK, CERTIFICATE, API_KEY, REVOCATION ->
          tenant == null ? NONE : life(fold, new ObjectKey(kind, tenant, id));
    };
  }

  private static String life(Fold fold, ObjectKey key) {
    Entry entry = fold.find(key);
    return entry == null ? NONE : entry.createdAt().toString();
  }
}
