package dev.aegis.journal;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and keys as text (RFC 7468). What stands around the blocks is passed over, as in the
 * files that certificate authorities hand out. No message repeats any of the text.
 */
public final class Pem {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final String PUBLIC_KEY = "PUBLIC KEY";

  private Pem() {}

  private record Block(String label, String base64) {
    byte[] bytes() {
      try {
        return Base64.getDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("has a block that is not Base64", e);
      }
    }
  }

  /**
   * All certificates in the text, in its order.
   *
   * @throws IllegalArgumentException when there is none, or one cannot be read
   */
  public static List<X509Certificate> certificates(String text) {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks(text)) {
      if (block.label().equals(CERTIFICATE)) {
        certificates.add(certificate(block.bytes(), certificates.size() + 1));
      }
    }
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException("must hold a certificate in PEM (BEGIN CERTIFICATE)");
    }
    return List.copyOf(certificates);
  }

  /**
   * The private key in the text, which must be PKCS #8 (RFC 5958) and not encrypted.
   *
   * @param algorithm {@code RSA} or {@code EC}
   * @throws IllegalArgumentException when there is none, or it is of another algorithm
   */
  static PrivateKey privateKey(String text, String algorithm) {
    for (Block block : blocks(text)) {
      if (block.label().equals(PRIVATE_KEY)) {
        try {
          return KeyFactory.getInstance(algorithm)
              .generatePrivate(new PKCS8EncodedKeySpec(block.bytes()));
        } catch (GeneralSecurityException e) {
          throw new IllegalArgumentException(
              "is not an " + algorithm + " key, as the certificate needs it", e);
        }
      }
      if (block.label().endsWith(PRIVATE_KEY)) {
        throw new IllegalArgumentException(
            "must be an unencrypted PKCS #8 key (BEGIN PRIVATE KEY), not "
                + block.label()
                + "; openssl pkcs8 -topk8 -nocrypt makes one of it");
      }
    }
    throw new IllegalArgumentException("must be a private key in PEM (BEGIN PRIVATE KEY)");
  }

  /**
   * The public key in the text, which must be its only block, a SubjectPublicKeyInfo (RFC 5280
   * section 4.1.2.7).
   *
   * @throws IllegalArgumentException when it is anything else
   */
  static PublicKey publicKey(String text) {
    List<Block> blocks = blocks(text);
    if (blocks.size() != 1) {
      throw new IllegalArgumentException("must be one public key in PEM (BEGIN PUBLIC KEY)");
    }
    Block block = blocks.getFirst();
    if (block.label().endsWith(PRIVATE_KEY)) {
      throw new IllegalArgumentException("is a private key");
    }
    if (!block.label().equals(PUBLIC_KEY)) {
      throw new IllegalArgumentException("must be a PUBLIC KEY in PEM, not " + block.label());
    }
    X509EncodedKeySpec encoded = new X509EncodedKeySpec(block.bytes());
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      PublicKey key = publicKey(encoded, algorithm);
      if (key != null) {
        return key;
      }
    }
    throw new IllegalArgumentException("is not a sound RSA, EC, Ed25519 or Ed448 key");
  }

  /** The key, or null when it is of another algorithm, or of none. */
  private static @Nullable PublicKey publicKey(X509EncodedKeySpec encoded, String algorithm) {
    try {
      return KeyFactory.getInstance(algorithm).generatePublic(encoded);
    } catch (InvalidKeySpecException e) {
      return null;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("The JDK knows " + algorithm, e);
    }
  }

  /** A certificate as text. */
  public static String text(X509Certificate certificate) {
    try {
      return text(CERTIFICATE, certificate.getEncoded());
    } catch (CertificateException e) {
      throw new IllegalArgumentException("cannot be encoded", e);
    }
  }

  /** A private key as text. */
  public static String text(PrivateKey key) {
    return text(PRIVATE_KEY, key.getEncoded());
  }

  private static String text(String label, byte[] bytes) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return BEGIN + label + DASHES + "\n" + lines + "\n" + END + label + DASHES + "\n";
  }

  private static X509Certificate certificate(byte[] bytes, int number) {
    try {
      Certificate read =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(bytes));
      if (read instanceof X509Certificate certificate) {
        return certificate;
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("certificate " + number + " cannot be read", e);
    }
    throw new IllegalArgumentException("certificate " + number + " is not X.509");
  }

  private static List<Block> blocks(String text) {
    List<Block> blocks = new ArrayList<>();
    for (int at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
      int labelled = text.indexOf(DASHES, at + BEGIN.length());
      String label = labelled < 0 ? "" : text.substring(at + BEGIN.length(), labelled);
      int end = text.indexOf(END + label + DASHES, at);
      if (labelled < 0 || end < labelled) {
        throw new IllegalArgumentException("has a block without its end");
      }
      String body = text.substring(labelled + DASHES.length(), end);
      blocks.add(new Block(label, body.replaceAll("\\s", "")));
      at = end;
    }
    return blocks;
  }
}
