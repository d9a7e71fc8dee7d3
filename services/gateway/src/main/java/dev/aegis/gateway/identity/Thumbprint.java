package dev.aegis.gateway.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a certificate, as tokens name it that hold only for whoever shows that one (RFC
 * 8705 section 3.1).
 *
 * @param text in Base64url without padding, 43 characters
 */
public record Thumbprint(String text) {
  /** That of {@code certificate}. */
  static Thumbprint of(X509Certificate certificate) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return new Thumbprint(Base64.getUrlEncoder().withoutPadding().encodeToString(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("A certificate that was read has its encoding", e);
    }
  }

  /** What a token says, or null when it is no thumbprint, or in another spelling than its only. */
  static @Nullable Thumbprint read(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      byte[] hash = Base64.getUrlDecoder().decode(text);
      String spelled = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      return hash.length == 32 && spelled.equals(text) ? new Thumbprint(text) : null;
    } catch (IllegalArgumentException e) {
      return null; // no Base64url
    }
  }

  /** Whether both are the same; how much of them is, the time that it takes does not tell. */
  public boolean matches(Thumbprint other) {
    return MessageDigest.isEqual(
        text.getBytes(StandardCharsets.US_ASCII), other.text.getBytes(StandardCharsets.US_ASCII));
  }
}
