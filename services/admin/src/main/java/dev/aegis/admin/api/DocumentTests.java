package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.declared.PolicyTests;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Has a gateway run the tests of a document against the configuration as it would be. */
final class DocumentTests {
  /** Longest answer, in bytes. */
  private static final int MAX_ANSWER = 64 << 20;

  private final Backend gateway;

  DocumentTests(Backend gateway) {
    this.gateway = gateway;
  }

  /** What a gateway would do with the requests of {@code tests}, held against what is expected. */
  @Nullable Refusal judge(PolicyTests tests, Fold wouldBe, Operator operator) {
    if (tests.isEmpty()) {
      return null;
    }
    byte[] question = Json.write(tests.question(wouldBe, operator));
    return switch (gateway.ask("POST", "/explain/supposed", null, question)) {
      case Backend.Answer.Away(String why) ->
          Refusal.of(Refusal.Reason.BACKEND_UNAVAILABLE, "The tests cannot be run: " + why);
      case Backend.Answer.Broken(String why) -> Refusal.of(Refusal.Reason.BAD_BACKEND, why);
      case Backend.Answer.Given given -> judge(tests, wouldBe, operator, given);
    };
  }

  private static @Nullable Refusal judge(
      PolicyTests tests, Fold wouldBe, Operator operator, Backend.Answer.Given given) {
    try (InputStream in = given.body()) {
      ObjectNode answer = Json.readObject(in.readNBytes(MAX_ANSWER));
      if (given.status() == 200) {
        List<Violation> failures = tests.failures(answer.path("answers"), wouldBe, operator);
        return failures.isEmpty() ? null : Refusal.invalid(failures);
      }
      return given.status() == 422
          ? Refusal.invalid(PolicyTests.mistakes(answer.path("violations")))
          : Refusal.of(
              Refusal.Reason.BAD_BACKEND,
              "The gateway does not run the tests: " + answer.path("detail").asText());
    } catch (IOException e) {
      return Refusal.of(Refusal.Reason.BAD_BACKEND, "The gateway's answer cannot be read");
    }
  }
}
