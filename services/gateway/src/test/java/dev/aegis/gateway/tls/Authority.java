package dev.aegis.gateway.tls;

import dev.aegis.journal.KeyedChain;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A certificate authority of a test's own: vouches for names and addresses (RFC 5280). */
public final class Authority {
  private static final byte[] ECDSA_SHA256 =
      der(0x30, bytes(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  private static final byte[] COMMON_NAME = bytes(0x06, 0x03, 0x55, 0x04, 0x03);
  private static final byte[] ALTERNATIVE_NAMES = bytes(0x06, 0x03, 0x55, 0x1d, 0x11);
  private static final byte[] BASIC_CONSTRAINTS = bytes(0x06, 0x03, 0x55, 0x1d, 0x13);
  private static final byte[] TRUE = bytes(0x01, 0x01, 0xff);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final AtomicInteger SERIAL = new AtomicInteger();

  private final String name;
  private final KeyPair keys = keys();
  private final X509Certificate certificate;

  /** An authority that vouches for itself. */
  public Authority(String name) {
    this.name = name;
    Instant now = Instant.now();
    this.certificate =
        certify(
            name,
            keys.getPublic(),
            now.minus(Duration.ofDays(10)),
            now.plus(Duration.ofDays(10)),
            der(0x30, BASIC_CONSTRAINTS, TRUE, der(0x04, der(0x30, TRUE))));
  }

  /** Its own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /**
   * A certificate for hosts, literal addresses, URIs and mail addresses that is valid now, and its
   * key.
   */
  public KeyedChain issue(String... names) {
    Instant now = Instant.now();
    return issue(now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(1)), names);
  }

  /** The same for another time. */
  public KeyedChain issue(Instant from, Instant until, String... names) {
    byte[][] alternatives = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      alternatives[i] = alternative(names[i]);
    }
    KeyPair own = keys();
    X509Certificate issued =
        certify(
            names[0],
            own.getPublic(),
            from,
            until,
            der(0x30, ALTERNATIVE_NAMES, der(0x04, der(0x30, alternatives))));
    return new KeyedChain(List.of(issued), own.getPrivate());
  }

  private static byte[] alternative(String name) {
    if (name.contains("://") || name.indexOf('@') > 0) {
      int kind = name.contains("://") ? 0x86 : 0x81;
      return der(kind, name.getBytes(StandardCharsets.US_ASCII));
    }
    try {
      return der(0x87, InetAddress.ofLiteral(name).getAddress());
    } catch (IllegalArgumentException e) {
      return der(0x82, name.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private X509Certificate certify(
      String subject, PublicKey key, Instant from, Instant until, byte[] extension) {
    try {
      byte[] content =
          der(
              0x30,
              der(0xa0, der(0x02, bytes(2))),
              der(0x02, BigInteger.valueOf(SERIAL.incrementAndGet()).toByteArray()),
              ECDSA_SHA256,
              named(name),
              der(0x30, time(from), time(until)),
              named(subject),
              key.getEncoded(),
              der(0xa3, der(0x30, extension)));
      PrivateKey signing = keys.getPrivate();
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(signing);
      signature.update(content);
      byte[] signed = der(0x30, content, ECDSA_SHA256, der(0x03, bytes(0), signature.sign()));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(signed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] named(String name) {
    byte[] text = der(0x0c, name.getBytes(StandardCharsets.UTF_8));
    return der(0x30, der(0x31, der(0x30, COMMON_NAME, text)));
  }

  private static byte[] time(Instant time) {
    return der(0x18, TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.writeBytes(bytes(0x81, length));
    } else {
      out.writeBytes(bytes(0x82, length >> 8, length));
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
