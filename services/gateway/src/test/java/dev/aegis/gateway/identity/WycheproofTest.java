package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.IssuerKey;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The signature checks against C2SP's Wycheproof vectors, for the algorithms that are let in. */
final class WycheproofTest {
  private static final Path VECTORS =
      Path.of("..", "shared", "vectors", "wycheproof", "json_web_signature_test.json");

  /**
   * Where the file contradicts itself: 346 and 350 are signed with PS384, as RFC 7520 section 4.2
   * has it, but the key says PS256. 367 and 370 are letter for letter the sound token that they
   * were made from, and 372 and 373 have a question mark, which is no letter of Base64url (RFC 4648
   * section 5).
   */
  private static final Set<Integer> WRONG = Set.of(346, 350, 367, 370, 372, 373);

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
      if (key.path("alg").asText().equals("ES521")) {
        key.remove("alg"); // a name that RFC 7518 does not have
      }
      String declared = key.path("alg").asText("RS256");
      SigningAlgorithm algorithm =
          Objects.requireNonNull(
              SigningAlgorithm.of(key.path("crv").asText().equals("P-521") ? "ES512" : declared));
      for (JsonNode test : group.path("tests")) {
        boolean valid = test.path("result").asText().equals("valid");
        boolean holds = holds(key, algorithm, test.path("jws").asText());
        if (holds != valid && !WRONG.contains(test.path("tcId").asInt())) {
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
    assertThat(disagreements).isEmpty();
    assertThat(checked).isEqualTo(401);
    assertThat(held).isGreaterThan(40);
  }

  private static boolean holds(ObjectNode key, SigningAlgorithm algorithm, String jws) {
    try {
      SignedToken token = SignedToken.parse(jws);
      KeySet keys =
          algorithm.symmetric()
              ? FixedKeys.shared(
                  Base64.getUrlDecoder().decode(key.path("k").asText()), List.of(algorithm))
              : FixedKeys.of(List.of(IssuerKey.ofJwk(key)), List.of(algorithm));
      return new Issuer(definition(algorithm), keys).signed(token);
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  private static IssuerDefinition definition(SigningAlgorithm algorithm) {
    return new IssuerDefinition(
        "x",
        "x",
        List.of(algorithm),
        List.of(),
        null,
        null,
        0,
        new IssuerDefinition.Claims("tenant_id", "role_ids"));
  }
}
