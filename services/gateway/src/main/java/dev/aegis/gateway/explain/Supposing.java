package dev.aegis.gateway.explain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.snapshot.Compiler;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Says what would become of requests if a configuration were in force that is not. It is compiled
 * for the answer and thrown away: nothing that requests use is touched, and nobody is asked, so
 * targets that have to be found are none, and keys that have to be fetched are not there.
 */
public final class Supposing {
  private static final String ACTOR = "supposed";

  private final String baseDomain;
  private final MasterKey masterKey;
  private final String node;
  private final boolean tenantHeader;
  private final InstantSource clock;

  /** One at a time: a configuration may be large. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * @param baseDomain below which each tenant has a host
   * @param masterKey opens the secrets of issuers
   * @param node name of this gateway
   * @param tenantHeader whether callers of the base domain itself may name a tenant
   */
  public Supposing(
      String baseDomain,
      MasterKey masterKey,
      String node,
      boolean tenantHeader,
      InstantSource clock) {
    this.baseDomain = baseDomain;
    this.masterKey = masterKey;
    this.node = node;
    this.tenantHeader = tenantHeader;
    this.clock = clock;
  }

  /**
   * Answers {@code {"objects":[{"key":…,"body":{…}}],"requests":[{…}]}} with {@code
   * {"answers":[…]}}, one for each request, as {@code /explain} would give it.
   *
   * @throws InvalidDefinition when an object or a request cannot be read
   */
  ObjectNode explain(ObjectNode document) {
    Fold fold = fold(document.path("objects"));
    List<Question> questions = questions(document.path("requests"));
    turn.lock();
    try (Upstreams upstreams = new Upstreams(null, null, event -> {}, clock)) {
      Snapshot supposed =
          new Compiler(baseDomain, upstreams, masterKey, clock).compile(fold, Set.of(), true);
      Explaining explaining =
          new Explaining(
              () -> supposed,
              new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE),
              node,
              tenantHeader,
              clock);
      ObjectNode answer = Json.object();
      ArrayNode answers = answer.putArray("answers");
      questions.forEach(question -> answers.add(explaining.explain(question)));
      return answer;
    } finally {
      turn.unlock();
    }
  }

  private Fold fold(JsonNode objects) {
    Fold fold = new Fold();
    List<Change> changes = new ArrayList<>();
    int index = 0;
    for (JsonNode object : objects) {
      String pointer = "/objects/" + index++;
      if (!(object.get("body") instanceof ObjectNode body)) {
        throw invalid(pointer + "/body", "must be an object");
      }
      try {
        ObjectKey key = ObjectKey.parse(object.path("key").asText());
        changes.add(new Change(key, body, Change.ANY, ACTOR, clock.instant()));
      } catch (IllegalArgumentException e) {
        throw invalid(pointer + "/key", String.valueOf(e.getMessage()));
      }
    }
    changes.forEach(change -> fold.apply(fold.revision() + 1, change));
    return fold;
  }

  private static List<Question> questions(JsonNode requests) {
    List<Question> questions = new ArrayList<>();
    List<Violation> violations = new ArrayList<>();
    int index = 0;
    for (JsonNode request : requests) {
      String pointer = "/requests/" + index++;
      if (!(request instanceof ObjectNode object)) {
        violations.add(new Violation(pointer, "must be an object"));
        continue;
      }
      try {
        questions.add(Question.read(object));
      } catch (InvalidDefinition e) {
        for (Violation violation : e.violations()) {
          violations.add(new Violation(pointer + violation.field(), violation.message()));
        }
      }
    }
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return questions;
  }

  private static InvalidDefinition invalid(String field, String message) {
    return new InvalidDefinition(List.of(new Violation(field, message)));
  }
}
