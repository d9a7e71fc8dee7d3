package dev.aegis.gateway.tls;

import java.security.GeneralSecurityException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS that verifies callers, one context for each set of authorities. Sessions live in their
 * context: what was agreed under one demand cannot be resumed under another, nor under none.
 *
 * <p>A chain is verified by RFC 5280 section 6: signatures, times, constraints, and that the
 * certificate is for clients. Revocation is not checked.
 */
final class Trusting {
  private final KeyManager[] certificates;

  // For as long as a snapshot has the demand. The lock is held for no longer than making one takes.
  private final Map<List<X509Certificate>, SSLContext> contexts = new WeakHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  Trusting(KeyManager certificates) {
    this.certificates = new KeyManager[] {certificates};
  }

  /** TLS that trusts these and nobody else. */
  SSLContext context(List<X509Certificate> authorities) {
    lock.lock();
    try {
      return contexts.computeIfAbsent(authorities, this::make);
    } finally {
      lock.unlock();
    }
  }

  private SSLContext make(List<X509Certificate> authorities) {
    Set<TrustAnchor> anchors = new HashSet<>();
    for (X509Certificate authority : authorities) {
      anchors.add(new TrustAnchor(authority, null));
    }
    try {
      PKIXBuilderParameters rules = new PKIXBuilderParameters(anchors, new X509CertSelector());
      rules.setRevocationEnabled(false);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(new CertPathTrustManagerParameters(rules));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(certificates, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("TLS and PKIX are part of every JDK", e);
    }
  }
}
