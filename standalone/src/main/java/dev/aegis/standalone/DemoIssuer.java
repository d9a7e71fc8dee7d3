package dev.aegis.standalone;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.SecretFile;
import dev.aegis.chassis.StartFailure;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;

/**
 * The demo's token issuer: a key pair of this installation alone. {@code aegis token} signs with
 * the private half, which only its owner can read; the tenants know the public half.
 */
final class DemoIssuer {
  /** Value of {@code iss}. */
  static final String ISSUER = "https://demo.aegis.test";

  /** Value of {@code kid}. */
  static final String KEY_ID = "demo";

  private static final int KEY_BITS = 2048;

  private final RSAPrivateCrtKey key;

  private DemoIssuer(RSAPrivateCrtKey key) {
    this.key = key;
  }

  /**
   * The issuer whose key is in {@code file}, made when it is missing.
   *
   * @throws StartFailure when the file cannot be read or made, or is no key
   */
  static DemoIssuer at(Path file) throws StartFailure {
    String pem = SecretFile.readOrCreate(file, "the demo issuer's key", DemoIssuer::newKey);
    String base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      return new DemoIssuer(
          (RSAPrivateCrtKey)
              KeyFactory.getInstance("RSA")
                  .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))));
    } catch (GeneralSecurityException | IllegalArgumentException | ClassCastException e) {
      throw new StartFailure(file + " is not an RSA private key; remove it to have one made", e);
    }
  }

  /** The public half as a JSON Web Key. */
  ObjectNode publicKey() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("kty", "RSA")
        .put("use", "sig")
        .put("alg", "RS256")
        .put("kid", KEY_ID)
        .put("n", base64Url(key.getModulus()))
        .put("e", base64Url(key.getPublicExponent()));
  }

  private static String newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(KEY_BITS);
      return "-----BEGIN PRIVATE KEY-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'})
              .encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
          + "\n-----END PRIVATE KEY-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("RSA is part of every JDK", e);
    }
  }

  private static String base64Url(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int sign = bytes[0] == 0 && bytes.length > 1 ? 1 : 0;
    byte[] magnitude = Arrays.copyOfRange(bytes, sign, bytes.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(magnitude);
  }
}
