package dev.aegis.journal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a TLS server shows and proves: a chain of certificates, the server's own first, and the
 * private key that belongs to it.
 */
public record KeyedChain(List<X509Certificate> chain, PrivateKey key) {
  public KeyedChain {
    chain = List.copyOf(chain);
  }

  /**
   * The chain with the key in {@code pem}.
   *
   * @throws IllegalArgumentException when there is no key in it, or it is not that of the first
   *     certificate; the message does not repeat the text
   */
  public static KeyedChain of(List<X509Certificate> chain, String pem) {
    X509Certificate own = chain.getFirst();
    String algorithm = own.getPublicKey().getAlgorithm();
    PrivateKey key = Pem.privateKey(pem, algorithm);
    if (!belongs(key, own, algorithm.equals("EC") ? "SHA256withECDSA" : "SHA256withRSA")) {
      throw new IllegalArgumentException("does not belong to the certificate");
    }
    return new KeyedChain(chain, key);
  }

  /** The server's own certificate. */
  public X509Certificate own() {
    return chain.getFirst();
  }

  private static boolean belongs(PrivateKey key, X509Certificate own, String algorithm) {
    byte[] probe = "aegis".getBytes(StandardCharsets.US_ASCII);
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(probe);
      byte[] signed = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(own.getPublicKey());
      verifying.update(probe);
      return verifying.verify(signed);
    } catch (GeneralSecurityException e) {
      // A key that cannot sign, or whose signature is not even of the right length.
      return false;
    }
  }

  /** Neither the key nor the chain is told. */
  @Override
  public String toString() {
    return "KeyedChain[" + own().getSubjectX500Principal() + "]";
  }
}
