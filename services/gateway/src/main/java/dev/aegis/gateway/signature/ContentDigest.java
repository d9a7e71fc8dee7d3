package dev.aegis.gateway.signature;

import dev.aegis.gateway.http1.RequestHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code Content-Digest} says of a body (RFC 9530 section 2). */
public final class ContentDigest {
  /** Name of the field. */
  static final String FIELD = "content-digest";

  private static final int BYTES = 32;

  private ContentDigest() {}

  /** The SHA-256 that the body is said to have; null when there is none, or none that could be. */
  public static byte @Nullable [] sha256(RequestHead head) {
    String field = head.values(FIELD);
    Map<String, byte[]> digests = field == null ? null : Dictionary.byteSequences(field);
    byte[] digest = digests == null ? null : digests.get("sha-256");
    return digest == null || digest.length != BYTES ? null : digest;
  }
}
