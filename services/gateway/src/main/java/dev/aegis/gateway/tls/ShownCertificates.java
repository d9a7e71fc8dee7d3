package dev.aegis.gateway.tls;

import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.journal.KeyedChain;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what each handshake shows, from the snapshot that is in force at that moment: so a
 * certificate changes without a restart, and connections that are open do not notice.
 */
final class ShownCertificates extends X509ExtendedKeyManager {
  private static final String[] NONE = {};

  private final Supplier<Snapshot> snapshot;
  private final KeyedChain otherwise;

  /**
   * What handshakes have chosen and not yet fetched. The JDK names a choice by a text and asks for
   * key and chain afterwards; each choice has a text of its own, so that a change in between cannot
   * mix the key of one certificate with the chain of another.
   */
  private final Map<String, KeyedChain> chosen = new ConcurrentHashMap<>();

  private final AtomicLong choices = new AtomicLong();

  ShownCertificates(Supplier<Snapshot> snapshot, KeyedChain otherwise) {
    this.snapshot = snapshot;
    this.otherwise = otherwise;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    SSLSocket caller = (SSLSocket) socket;
    SSLSession session = caller.getHandshakeSession();
    if (session != null) {
      return choose(keyType, host(session));
    }
    // A ticket is being restored: the JDK asks whether what was shown then would be shown now. That
    // it is for the same host is settled later. Whoever is asked for a certificate shows it anew.
    return caller.getWantClientAuth() ? null : choose(keyType, Secured.ahead(caller));
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return choose(keyType, host(engine.getHandshakeSession()));
  }

  private static @Nullable String host(@Nullable SSLSession session) {
    return session instanceof ExtendedSSLSession extended
        ? ServerName.of(extended.getRequestedServerNames())
        : null;
  }

  /** Null when the certificate has a key of another type; the JDK then asks for the next type. */
  private @Nullable String choose(String keyType, @Nullable String host) {
    KeyedChain found = host == null ? null : snapshot.get().certificate(host);
    KeyedChain chain = found == null ? otherwise : found;
    if (!chain.key().getAlgorithm().equals(keyType)) {
      return null;
    }
    String alias = Long.toString(choices.incrementAndGet());
    chosen.put(alias, chain);
    return alias;
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    KeyedChain chain = chosen.get(alias);
    return chain == null ? null : chain.key();
  }

  /** Asked after the key, once. */
  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    KeyedChain chain = chosen.remove(alias);
    return chain == null ? null : chain.chain().toArray(X509Certificate[]::new);
  }

  /** Choices that no handshake has fetched; for tests, because each would be a leak. */
  int pending() {
    return chosen.size();
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return NONE;
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return NONE;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
