package dev.aegis.gateway.upstream;

import java.util.List;
import javax.net.ssl.SSLParameters;

/** The TLS that the gateway speaks, with callers as with targets. */
public final class TlsTerms {
  private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /** Those of TLS 1.3, and for 1.2 only forward secrecy with an AEAD (RFC 9325 section 4.2). */
  private static final List<String> SUITES =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private TlsTerms() {}

  /** Lets {@code parameters} have nothing but these versions and suites. */
  public static void apply(SSLParameters parameters) {
    parameters.setProtocols(PROTOCOLS.toArray(String[]::new));
    parameters.setCipherSuites(suites());
  }

  /** Names of the suites, the preferred ones first. */
  public static String[] suites() {
    return SUITES.toArray(String[]::new);
  }
}
