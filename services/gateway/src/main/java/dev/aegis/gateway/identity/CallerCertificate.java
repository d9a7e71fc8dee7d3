package dev.aegis.gateway.identity;

import dev.aegis.tokens.Claims;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * What a certificate that a caller has shown says. That it holds, somebody else has verified.
 *
 * @param subject the first URI that it names (a SPIFFE id is one), else its first host, else its
 *     first mail address, else its distinguished name (RFC 2253); {@code ""} when that cannot stand
 *     in a header line to a backend
 * @param thumbprint what tokens know it by
 * @param notBefore from when it holds
 * @param notAfter until when
 */
public record CallerCertificate(
    String subject, Thumbprint thumbprint, Instant notBefore, Instant notAfter) {
  private static final int MAX_SUBJECT = 1024;

  /** The kinds of names (RFC 5280 section 4.2.1.6) in the order in which they are preferred. */
  private static final List<Integer> KINDS = List.of(6, 2, 1);

  /** Reads it. */
  public static CallerCertificate of(X509Certificate certificate) {
    String subject = subject(certificate);
    boolean sayable = subject.length() <= MAX_SUBJECT && Claims.printable(subject);
    return new CallerCertificate(
        sayable ? subject : "",
        Thumbprint.of(certificate),
        certificate.getNotBefore().toInstant(),
        certificate.getNotAfter().toInstant());
  }

  /** Whether it names somebody of whom a backend can be told. */
  public boolean names() {
    return !subject.isEmpty();
  }

  /** Whether its time is now. */
  public boolean holdsAt(Instant now) {
    return !now.isBefore(notBefore) && !now.isAfter(notAfter);
  }

  private static String subject(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null) {
        for (Integer kind : KINDS) {
          for (List<?> name : names) {
            if (name.getFirst().equals(kind)) {
              return String.valueOf(name.get(1));
            }
          }
        }
      }
    } catch (CertificateParsingException e) {
      return ""; // whom it names cannot be read
    }
    return certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
  }
}
