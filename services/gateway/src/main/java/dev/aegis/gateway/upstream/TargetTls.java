package dev.aegis.gateway.upstream;

import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.UpstreamDefinition.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How the targets of one upstream are spoken to over TLS: who may vouch for them, what they are
 * shown, and the sessions that they can resume. None of it is shared with another upstream.
 */
final class TargetTls {
  private static final int MAX_SESSIONS = 1_000;

  private final Tls definition;
  private final SSLContext context;

  private TargetTls(Tls definition, SSLContext context) {
    this.definition = definition;
    this.context = context;
  }

  /**
   * Compiles.
   *
   * @param privateKey in clear, null when there is none
   * @throws IllegalArgumentException when it is not that of the certificate; the message does not
   *     repeat it
   */
  static TargetTls of(Tls definition, @Nullable String privateKey) {
    KeyManager[] shown =
        privateKey == null
            ? null
            : new KeyManager[] {new Shown(KeyedChain.of(definition.chain(), privateKey))};
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(shown, trusted(definition), null);
      context.getClientSessionContext().setSessionCacheSize(MAX_SESSIONS);
      return new TargetTls(definition, context);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("TLS is part of every JDK", e);
    }
  }

  private static TrustManager @Nullable [] trusted(Tls definition)
      throws GeneralSecurityException, IOException {
    if (!definition.verify()) {
      return new TrustManager[] {new Credulous()};
    }
    if (definition.authorities().isEmpty()) {
      return null; // those of the system
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (X509Certificate authority : definition.authorities()) {
      store.setCertificateEntry(Integer.toString(store.size()), authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Whether it is what {@code other} would be compiled to. */
  boolean compiledFrom(Tls other) {
    return definition.equals(other);
  }

  /**
   * The gateway's end of a new connection.
   *
   * @param host of the target
   * @param protocols that are offered for what follows (RFC 7301), the preferred ones first; empty
   *     for no word about it
   */
  SSLEngine engine(String host, int port, List<String> protocols) {
    String own = definition.serverName();
    String name = own == null ? withoutFinalDot(host) : own;
    SSLEngine engine = context.createSSLEngine(name, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    TlsTerms.apply(parameters);
    parameters.setServerNames(asked(name));
    parameters.setApplicationProtocols(protocols.toArray(String[]::new));
    if (definition.verify()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 9110 section 4.3.4
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  /**
   * Looks again at who the target is, after the handshake: a certificate that is trusted by itself
   * and not by its issuer, or in a session that was resumed, has not been asked for its time.
   */
  void check(SSLEngine engine) throws SSLException {
    if (!definition.verify()) {
      return;
    }
    try {
      if (engine.getSession().getPeerCertificates()[0] instanceof X509Certificate certificate) {
        certificate.checkValidity();
      }
    } catch (CertificateException e) {
      SSLException refused = new SSLPeerUnverifiedException("certificate: " + e.getMessage());
      refused.initCause(e);
      throw refused;
    }
  }

  /** The name as RFC 6066 section 3 has it; nothing for addresses, which it does not allow. */
  private static List<SNIServerName> asked(String name) {
    if (isAddress(name)) {
      return List.of();
    }
    try {
      return List.of(new SNIHostName(name.getBytes(StandardCharsets.US_ASCII)));
    } catch (IllegalArgumentException e) {
      return List.of(); // no name for TLS, such as one with an empty label
    }
  }

  private static boolean isAddress(String name) {
    try {
      InetAddress.ofLiteral(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String withoutFinalDot(String host) {
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  /** Shows one certificate to whoever asks, if its key is of a type that they take. */
  private static final class Shown extends X509ExtendedKeyManager {
    private static final String ALIAS = "own";

    private final KeyedChain chain;

    Shown(KeyedChain chain) {
      this.chain = chain;
    }

    private @Nullable String choose(String[] keyTypes) {
      for (String type : keyTypes) {
        if (chain.key().getAlgorithm().equals(type)) {
          return ALIAS;
        }
      }
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return choose(keyTypes);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return choose(keyTypes);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return chain.key();
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[0];
    }
  }

  /** Believes everybody; only where the definition says so. */
  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
