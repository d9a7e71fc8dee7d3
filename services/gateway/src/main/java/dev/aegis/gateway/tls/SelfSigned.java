package dev.aegis.gateway.tls;

import dev.aegis.journal.KeyedChain;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * Makes a certificate that vouches for itself, on a new P-256 key: the JDK reads certificates, but
 * has no public way to make one. X.509 version 3 (RFC 5280 section 4.1) in DER (X.690).
 */
public final class SelfSigned {
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int UTF8_STRING = 0x0c;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int DNS_NAME = 0x82;
  private static final int VERSION = 0xa0;
  private static final int EXTENSIONS = 0xa3;

  /** {@code 2.5.4.3} commonName, {@code 2.5.29.17} subjectAltName, each with its tag. */
  private static final byte[] COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};

  private static final byte[] SUBJECT_ALT_NAME = {0x06, 0x03, 0x55, 0x1d, 0x11};

  /** {@code 1.2.840.10045.4.3.2} ecdsa-with-SHA256 (RFC 5758 section 3.2). */
  private static final byte[] ECDSA_SHA256 = {
    0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
  };

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final int SERIAL_BYTES = 16;

  private SelfSigned() {}

  /**
   * A certificate for {@code hosts}, the first of which is its subject.
   *
   * @param from when it begins to be valid
   * @param until when it ends
   */
  public static KeyedChain make(List<String> hosts, Instant from, Instant until) {
    try {
      SecureRandom random = new SecureRandom();
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair pair = generator.generateKeyPair();
      byte[] algorithm = der(SEQUENCE, ECDSA_SHA256);
      byte[] name =
          der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text(UTF8_STRING, hosts.getFirst()))));
      byte[] content =
          der(
              SEQUENCE,
              der(VERSION, der(INTEGER, new byte[] {2})),
              der(INTEGER, serial(random)),
              algorithm,
              name,
              der(SEQUENCE, time(from), time(until)),
              name,
              pair.getPublic().getEncoded(),
              der(EXTENSIONS, der(SEQUENCE, names(hosts))));
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate(), random);
      signature.update(content);
      byte[] signed = der(SEQUENCE, content, algorithm, bits(signature.sign()));
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(signed));
      return new KeyedChain(List.of(certificate), pair.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("P-256 and SHA-256 are part of every JDK", e);
    }
  }

  private static byte[] names(List<String> hosts) {
    byte[][] names = new byte[hosts.size()][];
    for (int i = 0; i < names.length; i++) {
      names[i] = text(DNS_NAME, hosts.get(i));
    }
    return der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, names)));
  }

  /** Positive, as section 4.1.2.2 asks, and never with a needless zero in front. */
  private static byte[] serial(SecureRandom random) {
    byte[] serial = new byte[SERIAL_BYTES];
    random.nextBytes(serial);
    serial[0] = (byte) (serial[0] & 0x3f | 0x40);
    return serial;
  }

  private static byte[] time(Instant time) {
    return text(GENERALIZED_TIME, TIME.format(time));
  }

  private static byte[] text(int tag, String text) {
    return der(tag, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] bits(byte[] bytes) {
    return der(BIT_STRING, new byte[] {0}, bytes); // no unused bits
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = length < 0x100 ? 1 : 2;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >> 8 * i);
      }
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
