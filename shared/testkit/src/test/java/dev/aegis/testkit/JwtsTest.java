package dev.aegis.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwtsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void signsAsRfc7515ShowsForHs256() {
    // RFC 7515 appendix A.1: the key and what it signs; the header there has line breaks.
    byte[] secret =
        Base64.getUrlDecoder()
            .decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    Jwts.Key key = Jwts.hmac("k", "HS256", secret);
    String token = key.token(Map.of("alg", "HS256"), Map.of("sub", "a"));
    assertThat(token).startsWith("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.");
    assertThat(token.split("\\.")).hasSize(3);
  }

  @Test
  void givesThePublicKeyThatVerifiesAToken() throws Exception {
    Jwts.Key key = Jwts.key("k1", "RS256");
    String token = key.token(Map.of("sub", "user-1"));
    String[] parts = token.split("\\.");
    KeyFactory keys = KeyFactory.getInstance("RSA");
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(
        keys.generatePublic(
            new RSAPublicKeySpec(number(key.jwk().get("n")), number(key.jwk().get("e")))));
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(signature.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
    JsonNode header = JSON.readTree(Base64.getUrlDecoder().decode(parts[0]));
    assertThat(header.path("kid").asText()).isEqualTo("k1");
  }

  private static BigInteger number(Object base64) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(base64.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HS256", "HS384", "HS512", "RS384", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"
      })
  void makesKeysOfEachAlgorithm(String algorithm) throws Exception {
    Jwts.Key key = Jwts.key("k", algorithm);
    Map<String, Object> claims =
        Jwts.claims("https://idp", "t1", "s1", List.of("r"), Instant.EPOCH, Duration.ofHours(1));
    String[] parts = key.token(claims).split("\\.");
    assertThat(parts).hasSize(3);
    int length = Base64.getUrlDecoder().decode(parts[2]).length;
    int expected =
        switch (algorithm) {
          case "HS256" -> 32;
          case "HS384" -> 48;
          case "HS512", "ES256", "EdDSA" -> 64;
          case "ES384" -> 96;
          case "ES512" -> 132;
          default -> 256;
        };
    assertThat(length).isEqualTo(expected);
    JsonNode payload = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
    assertThat(payload.path("exp").asLong()).isEqualTo(3600);
    assertThat(JSON.readTree(Jwts.keySet(key)).path("keys").path(0).path("alg").asText())
        .isEqualTo(algorithm);
  }
}
