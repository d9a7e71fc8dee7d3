package dev.aegis.gateway.signature;

import dev.aegis.journal.ApiKeySecret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A caller that signs, written after RFC 9421 alone and not after the code that verifies. */
public final class Signing {
  private Signing() {}

  /** The two header lines of a signature over the lines of a signature base. */
  public static String lines(ApiKeySecret key, String parameters, String... base) {
    return lines("aegis", key, parameters, base);
  }

  /** The same under another label. */
  public static String lines(String label, ApiKeySecret key, String parameters, String... base) {
    StringBuilder signed = new StringBuilder();
    StringBuilder list = new StringBuilder();
    for (String line : base) {
      signed.append(line).append('\n');
      list.append(list.isEmpty() ? "" : " ").append(line, 0, line.indexOf(": "));
    }
    String input = "(" + list + ")" + parameters;
    signed.append("\"@signature-params\": ").append(input);
    return "Signature-Input: "
        + label
        + "="
        + input
        + "\r\nSignature: "
        + label
        + "=:"
        + hmac(key.text(), signed.toString())
        + ":\r\n";
  }

  /** What is said of a signature that was made at {@code created}. */
  public static String made(ApiKeySecret key, Instant created) {
    return ";created=" + created.getEpochSecond() + ";keyid=\"" + key.prefix() + "\"";
  }

  /** The value of Content-Digest. */
  public static String digest(String body) {
    try {
      byte[] sum =
          MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.US_ASCII));
      return "sha-256=:" + Base64.getEncoder().encodeToString(sum) + ":";
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String hmac(String key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return Base64.getEncoder()
          .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
