package dev.aegis.admin.declared;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.util.List;

/**
 * What holds, written as one document. It names every collection, empty ones too, so that applying
 * it again can tell what is not to be there from what it does not speak of.
 */
public final class Exporting {
  /** The version of the documents that this version writes and reads. */
  static final int VERSION = 1;

  static final String VERSION_MEMBER = "version";

  /** Kinds of object that belong to the whole installation. */
  static final List<Kind> INSTALLATION = List.of(Kind.PLUGIN, Kind.OPERATOR);

  private Exporting() {}

  /**
   * The document of {@code scope}.
   *
   * @param fold its bodies become part of the document, which is not to be changed therefore
   * @param secrets whether to show them, sealed or hashed as they are kept
   */
  public static ObjectNode document(Fold fold, Scope scope, boolean secrets) {
    ObjectNode document = Json.object().put(VERSION_MEMBER, VERSION);
    ArrayNode tenants = document.putArray(Kind.TENANT.collection());
    for (String id : scope.tenants(fold)) {
      Entry tenant = fold.find(ObjectKey.tenant(id));
      if (tenant == null) {
        continue;
      }
      ObjectNode shown = tenants.addObject();
      shown.setAll(tenant.body());
      for (Kind kind : Kind.values()) {
        if (kind.belongsToTenant()) {
          ArrayNode all = shown.putArray(kind.collection());
          fold.list(kind, id).forEach(entry -> all.add(body(entry, secrets)));
        }
      }
    }
    if (scope.tenant() == null) {
      for (Kind kind : INSTALLATION) {
        ArrayNode all = document.putArray(kind.collection());
        fold.list(kind, null).forEach(entry -> all.add(body(entry, secrets)));
      }
    }
    return document;
  }

  private static ObjectNode body(Entry entry, boolean secrets) {
    Kind kind = entry.key().kind();
    return secrets || kind.secrets().isEmpty() && kind != Kind.PLUGIN
        ? entry.body()
        : Documents.shown(kind, entry.body());
  }
}
