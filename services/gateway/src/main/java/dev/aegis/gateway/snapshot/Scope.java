package dev.aegis.gateway.snapshot;

import dev.aegis.gateway.identity.Asked;
import dev.aegis.journal.Entry;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.SigningAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The name of everything that verifying one tenant's tokens depends on: the tenant, and a hash of
 * the issuers it trusts and of what it asks their tokens for. It is the same on all gateways that
 * trust the same, and another as soon as they do not, so what was verified under it holds wherever
 * it is the name. What roles allow and what is revoked is no part of it: no gateway takes that from
 * another.
 */
final class Scope {
  private Scope() {}

  /**
   * Null where nothing is to be shared: when all keys are shared keys, whose signatures cost less
   * to check than any question; and when any issuer publishes its keys, since those change without
   * the journal, so that no name made of it would say which ones hold.
   *
   * @param trusted the issuers that tokens are verified by, in their order, and nothing that could
   *     not be compiled: a gateway that does not understand an issuer does not take its tokens from
   *     one that does
   */
  static @Nullable String of(String tenant, Map<Entry, IssuerDefinition> trusted, Asked asked) {
    boolean costly = false;
    MessageDigest digest = sha256();
    for (Map.Entry<Entry, IssuerDefinition> each : trusted.entrySet()) {
      if (each.getValue().published() != null) {
        return null;
      }
      costly |= !each.getValue().algorithms().stream().allMatch(SigningAlgorithm::symmetric);
      Entry entry = each.getKey();
      line(digest, entry.key().toString());
      digest.update(Json.write(entry.body())); // without line ends, which JSON escapes
      line(digest, "");
    }
    line(digest, "asked " + asked.groups());
    for (String claim : new TreeSet<>(asked.claims())) {
      line(digest, Base64.getEncoder().encodeToString(claim.getBytes(StandardCharsets.UTF_8)));
    }
    return costly
        ? tenant + ':' + Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest())
        : null;
  }

  private static void line(MessageDigest digest, String text) {
    digest.update((text + '\n').getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}
