package dev.aegis.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kinds of object that configuration is made of. */
public enum Kind {
  TENANT("tenants"),
  UPSTREAM("upstreams"),
  ROUTE("routes"),
  ISSUER("issuers"),
  ROLE("roles"),
  BINDING("bindings"),
  PLUGIN("plugins"),
  WEBHOOK("webhooks"),
  CERTIFICATE("certificates"),
  API_KEY("api-keys"),
  OPERATOR("operators"),
  REVOCATION("revocations");

  private final String collection;

  Kind(String collection) {
    this.collection = collection;
  }

  /** Name of the collection in URLs and keys, such as {@code routes}. */
  public String collection() {
    return collection;
  }

  /**
   * The members that hold a secret, encrypted or hashed in the journal and never in a reply. One
   * within another is named as a JSON Pointer names it, without the first {@code /}.
   */
  public List<String> secrets() {
    return switch (this) {
      case UPSTREAM -> List.of("tls/private_key");
      case ISSUER -> List.of("secret", "introspection/client_secret");
      case WEBHOOK -> List.of("secret");
      case CERTIFICATE -> List.of("private_key");
      case API_KEY, OPERATOR -> List.of("hashes");
      case TENANT, ROUTE, ROLE, BINDING, PLUGIN, REVOCATION -> List.of();
    };
  }

  /** Whether objects of this kind live inside a tenant. Plugins may also stand outside. */
  public boolean belongsToTenant() {
    return this != TENANT && this != OPERATOR;
  }

  /** The kind with this collection name, or null. */
  public static @Nullable Kind ofCollection(String collection) {
    for (Kind kind : values()) {
      if (kind.collection.equals(collection)) {
        return kind;
      }
    }
    return null;
  }
}
