package dev.aegis.journal;

import dev.aegis.model.Ids;
import org.jspecify.annotations.Nullable;

/**
 * Names one configuration object; as text it is the Kafka key and the subject of findings.
 *
 * @param kind what it is
 * @param tenant the tenant it belongs to; the tenant itself for {@link Kind#TENANT}; null for an
 *     object of the whole installation
 * @param id its id, unique within kind and tenant
 */
public record ObjectKey(Kind kind, @Nullable String tenant, String id) {
  public ObjectKey {
    if (!placed(kind, tenant, id)) {
      throw new IllegalArgumentException("No such place: " + kind + " " + id + " in " + tenant);
    }
    if (tenant != null && !Ids.isTenant(tenant)) {
      throw new IllegalArgumentException("A tenant's id is " + Ids.TENANT_RULE);
    }
    if (!Ids.isObject(id)) {
      throw new IllegalArgumentException("An id is " + Ids.OBJECT_RULE);
    }
  }

  private static boolean placed(Kind kind, @Nullable String tenant, String id) {
    return switch (kind) {
      case TENANT -> id.equals(tenant);
      case OPERATOR -> tenant == null;
      case PLUGIN -> true;
      case UPSTREAM, ROUTE, ISSUER, ROLE, BINDING, WEBHOOK, CERTIFICATE, API_KEY, REVOCATION ->
          tenant != null;
    };
  }

  /** The key of a tenant. */
  public static ObjectKey tenant(String id) {
    return new ObjectKey(Kind.TENANT, id, id);
  }

  /**
   * Reads {@code tenants/acme}, {@code tenants/acme/routes/orders} or {@code plugins/limit-all}.
   *
   * @throws IllegalArgumentException when the text names no object
   */
  public static ObjectKey parse(String text) {
    String[] parts = text.split("/", -1);
    boolean inTenant = parts[0].equals(Kind.TENANT.collection());
    if (inTenant && parts.length == 2) {
      return tenant(parts[1]);
    }
    int at = inTenant ? 2 : 0;
    Kind kind = parts.length == at + 2 ? Kind.ofCollection(parts[at]) : null;
    if (kind == null || kind == Kind.TENANT) {
      throw new IllegalArgumentException("Not the key of an object: " + text);
    }
    return new ObjectKey(kind, inTenant ? parts[1] : null, parts[at + 1]);
  }

  /** The key that {@link #parse} reads, null when it reads none. */
  static @Nullable ObjectKey known(String text) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public String toString() {
    if (kind == Kind.TENANT) {
      return kind.collection() + "/" + id;
    }
    String own = kind.collection() + "/" + id;
    return tenant == null ? own : Kind.TENANT.collection() + "/" + tenant + "/" + own;
  }
}
