package dev.aegis.journal;

import org.jspecify.annotations.Nullable;

/** The kinds of object that configuration is made of. */
public enum Kind {
  TENANT("tenants", null),
  UPSTREAM("upstreams", "tls/private_key"),
  ROUTE("routes", null),
  ISSUER("issuers", "secret"),
  ROLE("roles", null),
  BINDING("bindings", null),
  PLUGIN("plugins", null),
  WEBHOOK("webhooks", "secret"),
  CERTIFICATE("certificates", "private_key"),
  API_KEY("api-keys", "hashes"),
  REVOCATION("revocations", null);

  private final String collection;
  private final @Nullable String secret;

  Kind(String collection, @Nullable String secret) {
    this.collection = collection;
    this.secret = secret;
  }

  /** Name of the collection in URLs and keys, such as {@code routes}. */
  public String collection() {
    return collection;
  }

  /**
   * The member that holds a secret, encrypted or hashed in the journal and never in a reply, or
   * null. One within another is named as a JSON Pointer names it, without the first {@code /}.
   */
  public @Nullable String secret() {
    return secret;
  }

  /** Whether objects of this kind live inside a tenant. Plugins may also stand outside. */
  public boolean belongsToTenant() {
    return this != TENANT;
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
