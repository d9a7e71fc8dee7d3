package dev.aegis.gateway.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import io.helidon.security.jwt.JwtException;
import io.helidon.security.jwt.jwk.Jwk;
import io.helidon.security.jwt.jwk.JwkRSA;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An issuer ready to check signatures: each of its keys bound to one algorithm, so that no token
 * can choose another (RFC 8725 section 3.1).
 */
public final class Issuer {
  private static final int MIN_RSA_BITS = 2048;

  /** Helidon wants one of every key; which key is meant is decided here, by {@link Key#id}. */
  private static final String KEY_ID = "bound";

  private final IssuerDefinition definition;
  private final Map<String, List<Key>> keysByAlgorithm;
  private final String tenant;

  private record Key(@Nullable String id, Jwk jwk) {}

  private Issuer(
      IssuerDefinition definition, Map<String, List<Key>> keysByAlgorithm, String tenant) {
    this.definition = definition;
    this.keysByAlgorithm = keysByAlgorithm;
    this.tenant = tenant;
  }

  /** The same as one that {@code tenant} published. */
  public Issuer of(String tenant) {
    return new Issuer(definition, keysByAlgorithm, tenant);
  }

  /** The tenant that published it, {@code ""} when that is not known. */
  String tenant() {
    return tenant;
  }

  /**
   * Compiles an issuer.
   *
   * @param secret the opened shared key of HS algorithms, null for the others
   * @throws IllegalArgumentException when a key is unusable; the message does not repeat it
   */
  public static Issuer compile(IssuerDefinition definition, @Nullable String secret) {
    return compileWith(definition, secret == null ? null : secret.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with the bytes of the shared key. */
  static Issuer compileWith(IssuerDefinition definition, byte @Nullable [] secret) {
    Map<String, List<Key>> keys = new TreeMap<>();
    for (String algorithm : definition.algorithms()) {
      List<Key> ofAlgorithm = new ArrayList<>();
      if (algorithm.startsWith("HS")) {
        if (secret == null) {
          throw new IllegalArgumentException("it has no secret");
        }
        ofAlgorithm.add(new Key(null, symmetric(algorithm, secret)));
      } else {
        for (ObjectNode jwk : definition.publicKeys()) {
          String bound = jwk.path("alg").asText(algorithm);
          if (bound.equals(algorithm) && verifies(jwk)) {
            ofAlgorithm.add(new Key(jwk.path("kid").textValue(), rsa(algorithm, jwk)));
          }
        }
        if (ofAlgorithm.isEmpty()) {
          throw new IllegalArgumentException("it has no key for " + algorithm);
        }
      }
      keys.put(algorithm, List.copyOf(ofAlgorithm));
    }
    return new Issuer(definition, keys, "");
  }

  /** Whether a key is for signatures, as far as it says (RFC 7517 sections 4.2 and 4.3). */
  private static boolean verifies(ObjectNode jwk) {
    boolean verify = jwk.path("key_ops").isMissingNode();
    for (JsonNode operation : jwk.path("key_ops")) {
      verify |= operation.asText().equals("verify");
    }
    return verify && jwk.path("use").asText("sig").equals("sig");
  }

  IssuerDefinition definition() {
    return definition;
  }

  /** Whether one of the keys of its algorithm, the named one if one is named, made this. */
  boolean signed(SignedToken token) {
    String keyId = token.keyId();
    for (Key key : keysByAlgorithm.getOrDefault(token.algorithm(), List.of())) {
      boolean meant = keyId == null || key.id() == null || key.id().equals(keyId);
      if (meant && verifies(key.jwk(), token.content(), token.signature())) {
        return true;
      }
    }
    return false;
  }

  private static boolean verifies(Jwk jwk, byte[] content, byte[] signature) {
    try {
      return jwk.verifySignature(content, signature);
    } catch (JwtException e) {
      return false; // a signature of the wrong length is reported this way
    }
  }

  /** RFC 7518 section 3.2: the key is at least as long as the hash. */
  private static Jwk symmetric(String algorithm, byte[] key) {
    int least = Integer.parseInt(algorithm.substring(2)) / 8;
    if (key.length < least) {
      throw new IllegalArgumentException(
          "its secret is shorter than the " + least + " bytes that " + algorithm + " needs");
    }
    return Jwk.create(
        Json.createObjectBuilder()
            .add("kty", "oct")
            .add("kid", KEY_ID)
            .add("alg", algorithm)
            .add("k", Base64.getUrlEncoder().withoutPadding().encodeToString(key))
            .build());
  }

  /** RFC 7518 section 3.3: at least 2048 bits. */
  private static Jwk rsa(String algorithm, ObjectNode jwk) {
    String modulus = jwk.path("n").asText();
    if (!jwk.path("kty").asText().equals("RSA") || modulus.isEmpty()) {
      throw new IllegalArgumentException("one of its keys is not an RSA key");
    }
    try {
      int bits = new BigInteger(1, Base64.getUrlDecoder().decode(modulus)).bitLength();
      if (bits < MIN_RSA_BITS) {
        throw new IllegalArgumentException("one of its RSA keys has fewer than 2048 bits");
      }
      JsonObjectBuilder bound = Json.createObjectBuilder();
      bound.add("kty", "RSA").add("kid", KEY_ID).add("alg", algorithm);
      bound.add("n", modulus).add("e", jwk.path("e").asText());
      JsonObject json = bound.build();
      return JwkRSA.create(json);
    } catch (JwtException e) {
      throw new IllegalArgumentException("one of its keys is not an RSA public key", e);
    }
  }
}
