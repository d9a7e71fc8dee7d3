package dev.aegis.webhooks.signing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that an endpoint's owner and Aegis share, and what is signed with it.
 *
 * <p>Standard Webhooks 1.0: {@code webhook-signature} is {@code v1,} and the Base64 of HMAC-SHA256
 * over {@code id.timestamp.body}. The text form is {@code whsec_} and the Base64 of the key.
 */
public final class SigningSecret {
  /** What the text form begins with. */
  public static final String PREFIX = "whsec_";

  /** Fewest bytes of a key. */
  public static final int LEAST_BYTES = 24;

  /** Most bytes of a key. */
  public static final int MOST_BYTES = 64;

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  private SigningSecret(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException when it is anything else; the message does not repeat it
   */
  public static SigningSecret parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException("A signing secret begins with " + PREFIX);
    }
    byte[] key;
    try {
      key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("A signing secret is Base64 after " + PREFIX, e);
    }
    if (key.length < LEAST_BYTES || key.length > MOST_BYTES) {
      throw new IllegalArgumentException(
          "A signing secret has " + LEAST_BYTES + " to " + MOST_BYTES + " bytes");
    }
    return new SigningSecret(key);
  }

  /**
   * The value of {@code webhook-signature}.
   *
   * @param id value of {@code webhook-id}
   * @param timestamp value of {@code webhook-timestamp}, seconds since 1970
   * @param body the exact bytes that are sent
   */
  public String sign(String id, long timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA256 is part of every JDK", e);
    }
  }

  @Override
  public String toString() {
    return "SigningSecret[hidden]";
  }
}
