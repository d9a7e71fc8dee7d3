package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.SealedMember;
import dev.aegis.journal.SealedSecret;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Secrets that a document carries as the journal keeps them: sealed, or hashed. A seal opens for
 * its own object alone, so none can be carried to another.
 */
final class CarriedSecrets {
  private static final String PRIVATE_KEY = "private_key";
  private static final String INTROSPECTION = "introspection";

  private final MasterKey masterKey;

  CarriedSecrets(MasterKey masterKey) {
    this.masterKey = masterKey;
  }

  /**
   * Takes them out of {@code document}.
   *
   * @return {@code current} with them in the place of its own, as if they had been there before, so
   *     that the document keeps them; {@code current} itself when it carries none
   */
  @Nullable Entry take(
      ObjectKey key, ObjectNode document, @Nullable Entry current, List<Violation> violations) {
    ObjectNode kept = current == null ? Json.object() : current.body().deepCopy();
    boolean any = false;
    for (String secret : key.kind().secrets()) {
      int at = secret.lastIndexOf('/');
      String owner = at < 0 ? "" : secret.substring(0, at);
      String name = secret.substring(at + 1);
      if (!((at < 0 ? document : document.path(owner)) instanceof ObjectNode holder)) {
        continue;
      }
      JsonNode given = holder.path(name);
      if (!given.isContainerNode()) {
        continue;
      }
      any = true;
      check(key, secret, name, given, violations);
      if (owner.equals(INTROSPECTION)) {
        moved(holder, given, current, violations);
      }
      kept.set(at < 0 ? name : owner, at < 0 ? given : holder.deepCopy());
      holder.remove(name);
    }
    if (!any) {
      return current;
    }
    if (key.kind() == Kind.API_KEY || key.kind() == Kind.OPERATOR) {
      for (String beside : List.of("secrets", "signing")) {
        JsonNode shown = document.get(beside);
        if (shown != null) {
          kept.set(beside, shown.deepCopy());
        } else {
          kept.remove(beside);
        }
      }
    }
    Instant at = current == null ? Instant.EPOCH : current.createdAt();
    return new Entry(key, current == null ? 0 : current.revision(), at, at, kept);
  }

  /** Notes secrets in a plugin's configuration that whoever sent it was never shown. */
  static void refuse(ObjectKey key, ObjectNode document, List<Violation> violations) {
    if (key.kind() == Kind.PLUGIN && SealedMember.in(document)) {
      violations.add(
          new Violation("/config", "has a sealed secret; send it in clear, or leave it out"));
    }
  }

  private void check(
      ObjectKey key, String secret, String name, JsonNode given, List<Violation> violations) {
    if (name.equals(PRIVATE_KEY)) {
      return; // it is opened anyway, to be held against its certificate
    }
    boolean opens = true;
    if (given.isObject()) {
      opens = opens(key, given);
    } else {
      for (JsonNode hash : given) {
        opens &= !hash.isObject() || opens(key, hash.path("sealed"));
      }
    }
    if (!opens) {
      violations.add(
          new Violation(
              "/" + secret,
              "cannot be opened with this master key as a secret of "
                  + key
                  + "; send it in clear, or leave it out"));
    }
  }

  private boolean opens(ObjectKey key, JsonNode sealed) {
    try {
      masterKey.open(
          key,
          new SealedSecret(sealed.path("key_id").asText(), sealed.path("ciphertext").asText()));
      return true;
    } catch (IllegalArgumentException e) {
      return false; // said by the caller
    }
  }

  /** The secret of an issuer that is asked about tokens is not sent to another place. */
  private static void moved(
      ObjectNode now, JsonNode given, @Nullable Entry current, List<Violation> violations) {
    JsonNode before = current == null ? null : current.body().path(INTROSPECTION);
    if (before != null
        && before.path("client_secret").equals(given)
        && !(before.path("url").equals(now.path("url"))
            && before.path("client_id").equals(now.path("client_id")))) {
      violations.add(
          new Violation(
              "/introspection/client_secret", "must be sent again with another url or client_id"));
    }
  }
}
