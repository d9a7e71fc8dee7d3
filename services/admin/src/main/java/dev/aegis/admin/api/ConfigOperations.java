package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Desired;
import dev.aegis.admin.changes.Outcome;
import dev.aegis.admin.changes.Outlook;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.declared.Declaration;
import dev.aegis.admin.declared.Exporting;
import dev.aegis.admin.declared.PolicyTests;
import dev.aegis.admin.declared.Scope;
import dev.aegis.admin.declared.Yaml;
import dev.aegis.admin.nodes.Applied;
import dev.aegis.admin.nodes.Nodes;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Difference;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.OperatorDefinition;
import dev.aegis.model.Ids;
import dev.aegis.model.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The whole configuration, or that of a tenant and those below it, as one document. */
final class ConfigOperations {
  static final String CONFIG = "/admin/config";

  /**
   * Longest document that is read, in bytes: what it comes to takes about twenty times as much of
   * the heap while it is applied.
   */
  static final int MAX_DOCUMENT = (int) Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 24);

  /** Most changes, findings and violations that a reply lists, of each. */
  private static final int MOST_LISTED = 10_000;

  /** Longest answer to the tests, in bytes. */
  private static final int MAX_ANSWER = 64 << 20;

  private static final String TENANT = "tenant";
  private static final String PRUNE = "prune";
  private static final String SECRETS = "secrets";
  private static final String YAML = "application/yaml";
  private static final Set<String> TYPES = Set.of("application/json", YAML);

  private final JournalReader reader;
  private final Publishing publishing;
  private final Writes writes;
  private final Backend gateway;

  /** A document and its tree take many times its bytes, so there is one at a time. */
  private final Semaphore turn = new Semaphore(1);

  /**
   * @param gateway judges the tests of a document
   */
  ConfigOperations(JournalReader reader, Publishing publishing, Writes writes, Backend gateway) {
    this.reader = reader;
    this.publishing = publishing;
    this.writes = writes;
    this.gateway = gateway;
  }

  List<Operation> operations() {
    return List.of(
        new Operation("GET", CONFIG, Set.of(TENANT, SECRETS), Needs.PLATFORM_READ, this::export),
        new Operation(
            "PUT",
            CONFIG,
            Set.of(TENANT, PRUNE, Writes.DRY_RUN, Writes.WAIT),
            Needs.PLATFORM_WRITE,
            this::apply));
  }

  private Reply export(Call call) {
    boolean sealed = call.operator().role() == OperatorDefinition.Role.PLATFORM_ADMIN;
    boolean secrets = sealed && (!call.query().containsKey(SECRETS) || call.flag(SECRETS));
    Scope scope = scope(call);
    Fold fold = reader.read(Fold::copy);
    if (scope.tenant() != null && !fold.tenants().contains(scope.tenant())) {
      throw ObjectOperations.notFound("There is no tenant \"" + scope.tenant() + "\"");
    }
    ObjectNode document = Exporting.document(fold, scope, secrets);
    String accept = call.header("Accept");
    Reply reply =
        accept != null && accept.toLowerCase(Locale.ROOT).contains(YAML)
            ? Reply.bytes(200, YAML, Yaml.write(document))
            : Reply.json(200, document);
    return reply
        .with(Writes.REVISION, Long.toString(fold.revision()))
        .with("Cache-Control", "no-store");
  }

  private Reply apply(Call call) {
    boolean dryRun = call.flag(Writes.DRY_RUN);
    boolean wait = Writes.waits(call);
    boolean prune = call.flag(PRUNE);
    Scope scope = scope(call);
    if (!turn.tryAcquire()) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.CONTENDED, "another document is being applied; try again after it"));
    }
    try {
      Declaration declaration = declaration(document(call));
      List<Desired> wanted = wanted(declaration, scope, prune);
      Outlook outlook = wouldBe -> judge(declaration.tests(), wouldBe);
      return switch (publishing.apply(wanted, call.operator(), call.origin(), dryRun, outlook)) {
        case Outcome.Refused(Refusal why) -> throw new RefusedCall(listed(why));
        case Outcome.Halfway halfway ->
            throw new RefusedCall(
                new Refusal(
                    halfway.why().reason(),
                    halfway.done().size()
                        + " changes were made, up to revision "
                        + halfway.revision()
                        + ", and then it ended; apply the document again for the rest: "
                        + halfway.why().detail(),
                    listed(halfway.why()).violations()));
        case Outcome.Rehearsed would ->
            Reply.json(200, shown(true, would.steps(), would.unchanged(), would.revision(), null))
                .with(Writes.REVISION, Long.toString(would.revision()));
        case Outcome.Held held -> {
          Applied applied = wait ? writes.await(held.revision()) : null;
          ObjectNode shown = shown(false, held.steps(), held.unchanged(), held.revision(), applied);
          yield Writes.revised(Reply.json(200, shown), held.revision(), applied)
              .with("Cache-Control", "no-store");
        }
      };
    } finally {
      turn.release();
    }
  }

  private static Scope scope(Call call) {
    String tenant = call.query().get(TENANT);
    if (tenant != null && !Ids.isTenant(tenant)) {
      throw RefusedCall.parameter(TENANT, "must be " + Ids.TENANT_RULE);
    }
    return new Scope(tenant);
  }

  private static ObjectNode document(Call call) {
    if (!YAML.equals(call.mediaType())) {
      return call.document(TYPES);
    }
    try {
      return Yaml.readObject(call.body().bytes());
    } catch (IOException e) {
      throw RefusedCall.malformed("The body is " + e.getMessage());
    }
  }

  private static Declaration declaration(ObjectNode document) {
    try {
      return Declaration.read(document);
    } catch (InvalidDefinition e) {
      throw new RefusedCall(listed(Refusal.invalid(e.violations())));
    }
  }

  /** What a gateway would do with the requests of {@code tests}, held against what is expected. */
  private @Nullable Refusal judge(PolicyTests tests, Fold wouldBe) {
    if (tests.isEmpty()) {
      return null;
    }
    byte[] question = Json.write(tests.question(wouldBe));
    return switch (gateway.ask("POST", "/explain/supposed", null, question)) {
      case Backend.Answer.Away(String why) ->
          Refusal.of(Refusal.Reason.BACKEND_UNAVAILABLE, "The tests cannot be run: " + why);
      case Backend.Answer.Broken(String why) -> Refusal.of(Refusal.Reason.BAD_BACKEND, why);
      case Backend.Answer.Given given -> judge(tests, given);
    };
  }

  private static @Nullable Refusal judge(PolicyTests tests, Backend.Answer.Given given) {
    try (InputStream in = given.body()) {
      ObjectNode answer = Json.readObject(in.readNBytes(MAX_ANSWER));
      if (given.status() == 200) {
        List<Violation> failures = tests.failures(answer.path("answers"));
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

  private List<Desired> wanted(Declaration declaration, Scope scope, boolean prune) {
    List<Desired> wanted = new ArrayList<>(declaration.objects());
    List<Violation> beyond = reader.read(fold -> declaration.beyond(fold, scope));
    if (!beyond.isEmpty()) {
      throw new RefusedCall(listed(Refusal.invalid(beyond)));
    }
    if (prune) {
      wanted.addAll(reader.read(fold -> declaration.surplus(fold, scope)));
    }
    return wanted;
  }

  private static Refusal listed(Refusal why) {
    return why.violations().size() <= MOST_LISTED
        ? why
        : new Refusal(
            why.reason(),
            why.detail() + "; the first " + MOST_LISTED + " are listed",
            why.violations().subList(0, MOST_LISTED));
  }

  private static ObjectNode shown(
      boolean dryRun,
      List<Outcome.Step> steps,
      int unchanged,
      long revision,
      @Nullable Applied applied) {
    ObjectNode shown = Json.object().put(Writes.DRY_RUN, dryRun).put("revision", revision);
    int created = 0;
    int deleted = 0;
    ArrayNode changes = Json.object().arrayNode();
    ArrayNode secrets = changes.arrayNode();
    ArrayNode findings = changes.arrayNode();
    for (Outcome.Step step : steps) {
      String operation =
          step.after() == null ? "delete" : step.before() == null ? "create" : "update";
      created += operation.equals("create") ? 1 : 0;
      deleted += operation.equals("delete") ? 1 : 0;
      if (changes.size() < MOST_LISTED) {
        changes
            .addObject()
            .put("key", step.key().toString())
            .put("operation", operation)
            .set(
                "diff",
                Difference.between(
                    step.key().kind(),
                    step.before() == null ? null : step.before().body(),
                    step.after()));
      }
      if (step.revealed() != null && !dryRun) {
        secrets.addObject().put("key", step.key().toString()).put("secret", step.revealed());
      }
      step.findings().stream()
          .limit(MOST_LISTED - findings.size())
          .forEach(finding -> findings.add(Nodes.shown(finding)));
    }
    shown.put("created", created);
    shown.put("updated", steps.size() - created - deleted);
    shown.put("deleted", deleted);
    shown.put("unchanged", unchanged);
    shown.set("changes", changes);
    shown.put("changes_left_off", steps.size() - changes.size());
    shown.set("secrets", secrets);
    shown.set("findings", findings);
    if (applied != null) {
      shown.set("applied", applied.shown());
    }
    return shown;
  }
}
