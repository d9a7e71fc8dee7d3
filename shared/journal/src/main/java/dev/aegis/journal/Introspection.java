package dev.aegis.journal;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where an issuer is asked about tokens that only it can read (RFC 7662), and for how long its
 * answers are good.
 *
 * @param url of its introspection endpoint
 * @param clientId as whom Aegis asks
 * @param clientSecret by which it is known there, sealed
 * @param cacheSeconds how long the answer that a token is active is good, 0 to 3,600
 * @param negativeCacheSeconds how long the answer that one is not active is good, 0 to 300
 * @param timeoutMillis longest wait for an answer, 100 to 5,000
 */
public record Introspection(
    URI url,
    String clientId,
    @Nullable SealedSecret clientSecret,
    int cacheSeconds,
    int negativeCacheSeconds,
    int timeoutMillis) {
  /** The member of an issuer. */
  static final String MEMBER = "introspection";

  private static final URI NOWHERE = URI.create("https://invalid.invalid/");
  private static final int MAX_ID = 256;

  /** Reads it from an issuer; null when it has none. */
  static @Nullable Introspection read(Fields fields) {
    if (fields.absent(MEMBER)) {
      fields.tree(MEMBER);
      return null;
    }
    return fields.object(MEMBER, Introspection::within);
  }

  private static Introspection within(Fields fields) {
    String text = fields.text("url");
    URI url = PublishedKeys.url(text);
    if (url == null && !text.isEmpty()) {
      fields.reject("url", "must be an absolute https URL without user or fragment");
    }
    String clientId = fields.text("client_id", MAX_ID);
    SealedSecret clientSecret = SealedSecret.read(fields, "client_secret");
    if (clientSecret == null) {
      fields.reject("client_secret", "is required");
    }
    return new Introspection(
        url == null ? NOWHERE : url,
        clientId,
        clientSecret,
        (int) fields.number("cache_s", 30, 0, 3_600),
        (int) fields.number("negative_cache_s", 10, 0, 300),
        (int) fields.number("timeout_ms", 2_000, 100, 5_000));
  }
}
