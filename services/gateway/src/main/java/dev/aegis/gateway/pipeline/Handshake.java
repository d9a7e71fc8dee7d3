package dev.aegis.gateway.pipeline;

import dev.aegis.gateway.identity.CallerCertificate;
import dev.aegis.gateway.identity.Thumbprint;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.snapshot.Demand;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a caller's connection was opened: over TLS or not, for which host, and what the caller showed
 * of itself.
 *
 * @param secure whether over TLS
 * @param host that was asked for, lower case; null for none
 * @param authorities by whom a certificate had to be signed; empty when none was asked for
 * @param certificate what was shown and signed by one of them; null for nothing
 */
public record Handshake(
    boolean secure,
    @Nullable String host,
    List<X509Certificate> authorities,
    @Nullable CallerCertificate certificate) {
  /** There was none. */
  public static final Handshake PLAIN = new Handshake(false, null, List.of(), null);

  /**
   * Why a request for {@code asked} may not come this way, or null. What was shown to one host says
   * nothing to another, nor under another demand than the one in force: such callers are told to
   * open another connection (RFC 9110 section 15.5.20).
   */
  @Nullable ByCaller refusal(Demand demand, String asked, Instant now) {
    if (secure && !(asked.equals(host) && authorities.equals(demand.authorities()))) {
      return ByCaller.MISDIRECTED_REQUEST;
    }
    return demand.required() && shown(now) == null ? ByCaller.CLIENT_CERTIFICATE_REQUIRED : null;
  }

  /**
   * What was shown, if it names somebody and holds at this moment: a connection may live longer
   * than it.
   */
  @Nullable CallerCertificate shown(Instant now) {
    return certificate != null && certificate.names() && certificate.holdsAt(now)
        ? certificate
        : null;
  }

  /** Whether what a token is bound to was shown, and holds at this moment. */
  boolean shows(Thumbprint bound, Instant now) {
    return certificate != null
        && certificate.holdsAt(now)
        && certificate.thumbprint().matches(bound);
  }
}
