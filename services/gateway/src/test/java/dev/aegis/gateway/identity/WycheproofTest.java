package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The signature checks against C2SP's Wycheproof vectors, for the algorithms that are let in. */
final class WycheproofTest {
  private static final Path VECTORS =
      Path.of("..", "shared", "vectors", "wycheproof", "json_web_signature_test.json");

  /**
   * Where the file contradicts itself: 367 and 370 are letter for letter the sound token that they
   * were made from, and 372 and 373 have a question mark, which is no letter of Base64url (RFC 4648
   * section 5).
   */
  private static final Set<Integer> WRONG = Set.of(367, 370, 372, 373);

  @Test
  void agreesWithTheVectors() throws IOException {
    Path file = Repository.root().resolve(VECTORS);
    boolean there = Files.exists(file);
    assertThat(there || System.getenv("CI") == null).as("%s is there", file).isTrue();
    assumeTrue(there, () -> file + " is not there: see its README for where it comes from");

    List<String> disagreements = new ArrayList<>();
    int checked = 0;
    int held = 0;
    for (JsonNode group : new ObjectMapper().readTree(file.toFile()).path("testGroups")) {
      boolean shared = group.path("private").path("kty").asText().equals("oct");
      ObjectNode key = (ObjectNode) (shared ? group.path("private") : group.path("public"));
      for (String algorithm : IssuerDefinition.ALGORITHMS) {
        if (!key.path("alg").asText(algorithm).equals(algorithm)
            || !key.path("kty").asText().equals(shared ? "oct" : "RSA")
            || shared != algorithm.startsWith("HS")) {
          continue;
        }
        for (JsonNode test : group.path("tests")) {
          boolean valid = test.path("result").asText().equals("valid");
          boolean holds = holds(key, algorithm, test.path("jws").asText());
          boolean declared = key.path("alg").isTextual();
          if (holds != valid && (declared || holds) && !WRONG.contains(test.path("tcId").asInt())) {
            disagreements.add(
                "%s %d %s: %s, but %s"
                    .formatted(
                        algorithm,
                        test.path("tcId").asInt(),
                        test.path("comment").asText(),
                        test.path("result").asText(),
                        holds ? "holds" : "does not"));
          }
          checked++;
          held += holds ? 1 : 0;
        }
      }
    }
    assertThat(disagreements).isEmpty();
    assertThat(checked).isGreaterThan(270);
    assertThat(held).isGreaterThan(20);
  }

  private static boolean holds(ObjectNode key, String algorithm, String jws) {
    Issuer issuer;
    SignedToken token;
    try {
      issuer = issuer(key, algorithm);
      token = SignedToken.parse(jws);
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
    return token.algorithm().equals(algorithm) && issuer.signed(token);
  }

  private static Issuer issuer(ObjectNode key, String algorithm) {
    boolean shared = algorithm.startsWith("HS");
    ObjectNode shown = key.deepCopy();
    shown.remove(List.of("d", "p", "q", "dp", "dq", "qi"));
    IssuerDefinition definition =
        new IssuerDefinition(
            "x",
            "x",
            List.of(algorithm),
            shared ? List.of() : List.of(shown),
            null,
            null,
            0,
            IssuerDefinition.Claims.USUAL);
    return Issuer.compileWith(
        definition, shared ? Base64.getUrlDecoder().decode(key.path("k").asText()) : null);
  }
}
