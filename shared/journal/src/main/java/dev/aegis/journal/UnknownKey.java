package dev.aegis.journal;

import dev.aegis.model.Ids;
import org.jspecify.annotations.Nullable;

/**
 * Names an object of a kind that this version does not know: one that a later version wrote.
 *
 * @param tenant the tenant it belongs to, null for an object of the whole installation
 * @param collection what its kind is called in keys, such as {@code routes}
 * @param id its id, unique within collection and tenant
 */
public record UnknownKey(@Nullable String tenant, String collection, String id) {
  public UnknownKey {
    if (tenant != null && !Ids.isTenant(tenant)
        || !Ids.isTenant(collection) // the syntax of the one is good for the other
        || collection.equals(Kind.TENANT.collection())
        || !Ids.isObject(id)) {
      throw new IllegalArgumentException("Not the key of an object");
    }
  }

  /**
   * Reads a text of the form that keys have, whatever kind it names.
   *
   * @throws IllegalArgumentException when it has not that form
   */
  static UnknownKey parse(String text) {
    String[] parts = text.split("/", -1);
    boolean inTenant = parts[0].equals(Kind.TENANT.collection());
    int at = inTenant ? 2 : 0;
    if (parts.length != at + 2) {
      throw new IllegalArgumentException("Not the key of an object: " + text);
    }
    return new UnknownKey(inTenant ? parts[1] : null, parts[at], parts[at + 1]);
  }

  @Override
  public String toString() {
    String own = collection + "/" + id;
    return tenant == null ? own : Kind.TENANT.collection() + "/" + tenant + "/" + own;
  }
}
