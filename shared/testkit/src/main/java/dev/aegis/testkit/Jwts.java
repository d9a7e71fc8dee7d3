package dev.aegis.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tokens and keys for tests, made with the JDK alone, so that what the product reads was not
 * written by the product's own library.
 */
public final class Jwts {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Jwts() {}

  /**
   * The usual claims of a caller: {@code iss}, {@code sub}, {@code tenant_id}, {@code role_ids},
   * {@code iat} and {@code exp}.
   *
   * @return a map that a test may change
   */
  public static Map<String, Object> claims(
      String issuer, String tenant, String subject, List<String> roles, Instant now, Duration ttl) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", issuer);
    claims.put("sub", subject);
    claims.put("tenant_id", tenant);
    claims.put("role_ids", roles);
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.plus(ttl).getEpochSecond());
    return claims;
  }

  /** A compact serialization of exactly these parts (RFC 7515 section 7.1). */
  public static String compact(String header, String payload, byte[] signature) {
    return base64(header.getBytes(StandardCharsets.UTF_8))
        + "."
        + base64(payload.getBytes(StandardCharsets.UTF_8))
        + "."
        + base64(signature);
  }

  /** An issuer's key: signs tokens, and shows its public half as a JWK. */
  public static final class Key {
    private final String id;
    private final String algorithm;
    private final Signing signing;
    private final Map<String, Object> jwk;

    private Key(String id, String algorithm, Signing signing, Map<String, Object> jwk) {
      this.id = id;
      this.algorithm = algorithm;
      this.signing = signing;
      Map<String, Object> all = new LinkedHashMap<>(jwk);
      all.put("kid", id);
      all.put("alg", algorithm);
      all.put("use", "sig");
      this.jwk = Map.copyOf(all);
    }

    /** The key's {@code kid}. */
    public String id() {
      return id;
    }

    /** The key's only algorithm. */
    public String algorithm() {
      return algorithm;
    }

    /** The JWK that a verifier needs; for HMAC it holds the secret. */
    public Map<String, Object> jwk() {
      return jwk;
    }

    /** A token of these claims. */
    public String token(Map<String, ?> claims) {
      return token(Map.of("alg", algorithm, "typ", "JWT", "kid", id), claims);
    }

    /** A token with exactly this header, signed by this key whatever the header says. */
    public String token(Map<String, ?> header, Map<String, ?> claims) {
      String head = json(header);
      String payload = json(claims);
      String signed = compact(head, payload, new byte[0]);
      byte[] input = signed.substring(0, signed.length() - 1).getBytes(StandardCharsets.US_ASCII);
      try {
        return compact(head, payload, signing.sign(input));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The signature of some bytes, in the form that JWS wants. */
  private interface Signing {
    byte[] sign(byte[] input) throws GeneralSecurityException;
  }

  /**
   * A key of one of the algorithms HS256/384/512, RS256/384/512, PS256/384/512, ES256/384/512 and
   * EdDSA, freshly made.
   */
  public static Key key(String id, String algorithm) {
    try {
      if (algorithm.startsWith("HS")) {
        byte[] secret = new byte[64];
        new SecureRandom().nextBytes(secret);
        return hmac(id, algorithm, secret);
      }
      return switch (algorithm) {
        case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" -> rsa(id, algorithm);
        case "ES256" -> ec(id, algorithm, "secp256r1", "P-256", 32);
        case "ES384" -> ec(id, algorithm, "secp384r1", "P-384", 48);
        case "ES512" -> ec(id, algorithm, "secp521r1", "P-521", 66);
        case "EdDSA" -> edwards(id);
        default -> throw new IllegalArgumentException("no such algorithm: " + algorithm);
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A key of HS256, HS384 or HS512 with a given secret. */
  public static Key hmac(String id, String algorithm, byte[] secret) {
    String name = "HmacSHA" + algorithm.substring(2);
    return new Key(
        id,
        algorithm,
        input -> {
          Mac mac = Mac.getInstance(name);
          mac.init(new SecretKeySpec(secret, name));
          return mac.doFinal(input);
        },
        Map.of("kty", "oct", "k", base64(secret)));
  }

  /** A JSON Web Key Set of the keys' public halves. */
  public static String keySet(Key... keys) {
    return json(Map.of("keys", Arrays.stream(keys).map(Key::jwk).toList()));
  }

  private static Key rsa(String id, String algorithm) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    RSAPublicKey shown = (RSAPublicKey) pair.getPublic();
    String bits = algorithm.substring(2);
    Signing signing =
        input -> {
          Signature signature =
              Signature.getInstance(
                  algorithm.startsWith("PS") ? "RSASSA-PSS" : "SHA" + bits + "withRSA");
          if (algorithm.startsWith("PS")) {
            signature.setParameter(
                new PSSParameterSpec(
                    "SHA-" + bits,
                    "MGF1",
                    new MGF1ParameterSpec("SHA-" + bits),
                    Integer.parseInt(bits) / 8,
                    1));
          }
          return sign(signature, pair.getPrivate(), input);
        };
    return new Key(
        id,
        algorithm,
        signing,
        Map.of(
            "kty",
            "RSA",
            "n",
            base64(unsigned(shown.getModulus(), 256)),
            "e",
            base64(shown.getPublicExponent().toByteArray())));
  }

  private static Key ec(String id, String algorithm, String curve, String name, int size)
      throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    KeyPair pair = generator.generateKeyPair();
    ECPublicKey shown = (ECPublicKey) pair.getPublic();
    // The plain r and s of RFC 7518 section 3.4, not the DER that Java gives otherwise.
    String signature = "SHA" + algorithm.substring(2) + "withECDSAinP1363Format";
    return new Key(
        id,
        algorithm,
        input -> sign(Signature.getInstance(signature), pair.getPrivate(), input),
        Map.of(
            "kty",
            "EC",
            "crv",
            name,
            "x",
            base64(unsigned(shown.getW().getAffineX(), size)),
            "y",
            base64(unsigned(shown.getW().getAffineY(), size))));
  }

  private static Key edwards(String id) throws GeneralSecurityException {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    EdECPublicKey shown = (EdECPublicKey) pair.getPublic();
    byte[] y = unsigned(shown.getPoint().getY(), 32);
    byte[] x = new byte[32];
    for (int i = 0; i < 32; i++) {
      x[i] = y[31 - i];
    }
    if (shown.getPoint().isXOdd()) {
      x[31] |= (byte) 0x80;
    }
    return new Key(
        id,
        "EdDSA",
        input -> sign(Signature.getInstance("Ed25519"), pair.getPrivate(), input),
        Map.of("kty", "OKP", "crv", "Ed25519", "x", base64(x)));
  }

  private static byte[] sign(Signature signature, PrivateKey key, byte[] input)
      throws GeneralSecurityException {
    signature.initSign(key);
    signature.update(input);
    return signature.sign();
  }

  private static byte[] unsigned(BigInteger value, int size) {
    byte[] signed = value.toByteArray();
    byte[] bytes = new byte[size];
    int length = Math.min(signed.length, size);
    System.arraycopy(signed, signed.length - length, bytes, size - length, length);
    return bytes;
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
