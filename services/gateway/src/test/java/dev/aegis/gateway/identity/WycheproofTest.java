package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Definition;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Repository;
import dev.aegis.tokens.FixedKeys;
import dev.aegis.tokens.KeySet;
import dev.aegis.tokens.SignedToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * C2SP's Wycheproof vectors of JSON web signatures and keys: each key published as an issuer's,
 * each token under it.
 */
final class WycheproofTest {
  private static final Path VECTORS = Path.of("..", "shared", "vectors", "wycheproof");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String OWN_COPY = "it is letter for letter the sound token of its group";
  private static final String QUESTION_MARK =
      "a question mark is no letter of Base64url (RFC 4648 section 5)";
  private static final String PS384 =
      "it is signed with PS384, as RFC 7520 section 4.2 has it, under a key that is for PS256";
  private static final String ES521 = "its key is for ES521, which is no algorithm (RFC 7518)";
  private static final String ENCRYPTED = "encrypted tokens are refused";
  private static final String ONE_SECRET =
      "an issuer has one shared key, without kid; two of them are two issuers";

  /** Where the gateway does not agree, and why: file and number of the vector. */
  private static final Map<String, String> ELSE =
      Map.ofEntries(
          Map.entry("signature 346", PS384),
          Map.entry("signature 350", PS384),
          Map.entry("signature 347", ES521),
          Map.entry("signature 351", ES521),
          Map.entry("signature 367", OWN_COPY),
          Map.entry("signature 370", OWN_COPY),
          Map.entry("signature 372", QUESTION_MARK),
          Map.entry("signature 373", QUESTION_MARK),
          Map.entry("key 4", ONE_SECRET),
          Map.entry("crypto 50", ENCRYPTED),
          Map.entry("crypto 67", ENCRYPTED));

  @ParameterizedTest
  @ValueSource(strings = {"signature", "key", "crypto"})
  void agreesWithTheVectors(String name) throws IOException {
    Path file = Repository.root().resolve(VECTORS).resolve("json_web_" + name + "_test.json");
    boolean there = Files.exists(file);
    assertThat(there || System.getenv("CI") == null).as("%s is there", file).isTrue();
    assumeTrue(there, () -> file + " is not there: see its README for where it comes from");

    JsonNode vectors = JSON.readTree(file.toFile());
    Map<String, String> disagreements = new TreeMap<>();
    int checked = 0;
    for (JsonNode group : vectors.path("testGroups")) {
      JsonNode shown = group.path(group.has("public") ? "public" : "private");
      for (JsonNode test : group.path("tests")) {
        boolean holds = holds(shown, test.path(test.has("jws") ? "jws" : "jwe").asText());
        if (holds != test.path("result").asText().equals("valid")) {
          disagreements.put(
              name + " " + test.path("tcId").asInt(), (holds ? "holds: " : "does not: ") + test);
        }
        checked++;
      }
    }
    assertThat(checked).isEqualTo(vectors.path("numberOfTests").asInt());
    assertThat(disagreements.keySet())
        .as("%s", disagreements)
        .containsExactlyInAnyOrderElementsOf(
            ELSE.keySet().stream().filter(each -> each.startsWith(name)).toList());
  }

  /** Whether a token is taken from an issuer who publishes these keys. */
  private static boolean holds(JsonNode shown, String jws) {
    ArrayNode keys = JSON.createArrayNode();
    if (shown.has("keys")) {
      keys.addAll((ArrayNode) shown.path("keys"));
    } else {
      keys.add(shown);
    }
    ObjectNode issuer = Json.object().put("id", "x").put("issuer", "x");
    ArrayNode algorithms = issuer.putArray("algorithms");
    boolean shared = true;
    for (JsonNode key : keys) {
      algorithms.add(
          key.path("alg").asText(key.path("kty").asText().equals("EC") ? "ES256" : "RS256"));
      shared &= key.path("kty").asText().equals("oct");
    }
    try {
      SignedToken token = SignedToken.parse(jws);
      if (shared) {
        for (JsonNode key : keys) {
          if (sharedBy(key, token)) {
            return true;
          }
        }
        return false;
      }
      issuer.set("public_keys", keys);
      return Definition.read(Kind.ISSUER, issuer) instanceof IssuerDefinition definition
          && Issuer.compile(definition, null).proof(token) != null;
    } catch (IOException | InvalidDefinition e) {
      return false;
    }
  }

  private static boolean sharedBy(JsonNode key, SignedToken token) {
    SigningAlgorithm algorithm = SigningAlgorithm.of(key.path("alg").asText());
    byte[] secret = Base64.getUrlDecoder().decode(key.path("k").asText());
    KeySet keys = shared(secret, algorithm);
    return keys != null
        && keys.keys(token.algorithm(), token.keyId()).stream()
            .anyMatch(each -> each.verifies(token.content(), token.signature()));
  }

  private static @Nullable KeySet shared(byte[] secret, @Nullable SigningAlgorithm algorithm) {
    try {
      return algorithm == null ? null : FixedKeys.shared(secret, List.of(algorithm));
    } catch (IllegalArgumentException e) {
      return null; // too short
    }
  }
}
