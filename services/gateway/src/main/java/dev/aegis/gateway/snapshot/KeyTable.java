package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.identity.KeyUse;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.journal.ApiKeyDefinition;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of one tenant, by the hash of what callers show.
 *
 * <p>What a look-up costs does not depend on how many keys there are, nor on whether the key is
 * one: a text of the wrong form is not even hashed, and nothing is remembered of those that are not
 * known, so a flood of them costs a hash each and no memory.
 */
public final class KeyTable {
  /** No keys. */
  static final KeyTable EMPTY = new KeyTable(Map.of(), Map.of(), Map.of());

  private final Map<ApiKeySecret.Hash, Known> byHash;
  private final Map<String, Signer> byPrefix;
  private final Map<String, Key> byId;

  /**
   * Whom a key names.
   *
   * @param principal holds until the key or its rotation ends
   * @param access what its roles allow
   * @param use when it was last, which outlives changes of the key
   */
  public record Known(Principal principal, Access access, KeyUse use) {}

  /**
   * Who signs.
   *
   * @param key what it signs with
   * @param known whom it names
   */
  public record Signer(VerificationKey key, Known known) {}

  /**
   * A key as it was compiled.
   *
   * @param revision of the key
   * @param signing what each of its secrets signs with, in their order; none of one that is shown
   * @param use of any of its secrets
   * @param known what each of its secrets stands for, in their order
   */
  private record Key(
      long revision,
      IdentityPlan identity,
      ApiKeyDefinition definition,
      List<VerificationKey> signing,
      KeyUse use,
      List<Known> known) {}

  private KeyTable(
      Map<ApiKeySecret.Hash, Known> byHash, Map<String, Signer> byPrefix, Map<String, Key> byId) {
    this.byHash = byHash;
    this.byPrefix = byPrefix;
    this.byId = byId;
  }

  /**
   * Who signs as {@code keyId} at {@code now}, or null.
   *
   * @param keyId the beginning of a secret, which tells it from any other of the tenant
   */
  public @Nullable Signer signer(String keyId, Instant now) {
    Signer signer = byPrefix.get(keyId);
    return signer != null && signer.known().principal().expires().isAfter(now) ? signer : null;
  }

  /** Whom {@code text} names at {@code now}, or null. */
  public @Nullable Known find(String text, Instant now) {
    if (byHash.isEmpty() || !ApiKeySecret.wellFormed(text)) {
      return null;
    }
    Known known = byHash.get(ApiKeySecret.Hash.of(text));
    return known != null && known.principal().expires().isAfter(now) ? known : null;
  }

  /** The last uses of all keys. */
  public Stream<KeyUse> uses() {
    return byId.values().stream().map(Key::use);
  }

  /** Collects the keys of a tenant; what did not change is taken from the table before. */
  static final class Builder {
    private final String tenant;
    private final IdentityPlan identity;
    private final KeyTable before;
    private final Map<String, Key> keys = new HashMap<>();

    Builder(String tenant, IdentityPlan identity, KeyTable before) {
      this.tenant = tenant;
      this.identity = identity;
      this.before = before;
    }

    /** Takes a key over as it was; false when it has to be added anew. */
    boolean keep(String id, long revision) {
      Key key = before.byId.get(id);
      if (key == null || key.revision() != revision) {
        return false;
      }
      if (key.identity().tokens().equals(identity.tokens())) {
        keys.put(id, key);
      } else {
        add(key.definition(), key.signing(), revision);
      }
      return true;
    }

    /**
     * Adds a key.
     *
     * @param texts of its secrets when it signs, else none
     */
    void add(ApiKeyDefinition definition, long revision, List<String> texts) {
      List<VerificationKey> signing = new ArrayList<>();
      for (String text : texts) {
        byte[] secret = text.getBytes(StandardCharsets.UTF_8);
        signing.add(VerificationKey.shared(secret, SigningAlgorithm.HS256));
      }
      add(definition, List.copyOf(signing), revision);
    }

    private void add(ApiKeyDefinition definition, List<VerificationKey> signing, long revision) {
      Key same = before.byId.get(definition.id());
      KeyUse use = same == null ? new KeyUse(tenant, definition.id()) : same.use();
      List<Known> known = new ArrayList<>();
      for (ApiKeyDefinition.Secret secret : definition.secrets()) {
        Principal principal =
            identity.bound(
                new Principal(
                    definition.subject(),
                    tenant,
                    definition.roles(),
                    null,
                    Instant.EPOCH,
                    definition.ends(secret)));
        known.add(new Known(principal, identity.access(principal), use));
      }
      keys.put(definition.id(), new Key(revision, identity, definition, signing, use, known));
    }

    KeyTable build() {
      return keys.isEmpty()
          ? EMPTY
          : new KeyTable(byHash(keys.values()), byPrefix(keys.values()), Map.copyOf(keys));
    }

    private static Map<String, Signer> byPrefix(Collection<Key> keys) {
      Map<String, Signer> byPrefix = new HashMap<>();
      for (Key key : keys) {
        for (int i = 0; i < key.signing().size(); i++) {
          ApiKeyDefinition.Secret secret = key.definition().secrets().get(i);
          byPrefix.put(secret.prefix(), new Signer(key.signing().get(i), key.known().get(i)));
        }
      }
      return Collections.unmodifiableMap(byPrefix);
    }

    private static Map<ApiKeySecret.Hash, Known> byHash(Collection<Key> keys) {
      Map<ApiKeySecret.Hash, Known> byHash = HashMap.newHashMap(keys.size() * 2);
      for (Key key : keys) {
        for (int i = 0; i < key.known().size(); i++) {
          ApiKeyDefinition.Secret secret = key.definition().secrets().get(i);
          if (secret.sealed() == null) { // what signs never crosses the wire, so nobody shows it
            byHash.put(secret.hash(), key.known().get(i));
          }
        }
      }
      return Collections.unmodifiableMap(byHash);
    }
  }
}
