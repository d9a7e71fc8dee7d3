package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.changes.Desired;
import dev.aegis.admin.changes.Outcome;
import dev.aegis.admin.changes.Outlook;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.declared.Declaration;
import dev.aegis.admin.declared.Exporting;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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

  /**
   * Most objects that a document of an operator of a tenant may come to, those that go included:
   * others wait while it is applied.
   */
  private static final int MOST_OF_TENANTS = 10_000;

  /** How long an operator of a tenant waits for others' documents. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final String TENANT = "tenant";
  private static final String PRUNE = "prune";
  private static final String SECRETS = "secrets";
  private static final String YAML = "application/yaml";
  private static final Set<String> TYPES = Set.of("application/json", YAML);

  private final JournalReader reader;
  private final Publishing publishing;
  private final Writes writes;
  private final DocumentTests tests;
  private final Turns turns = new Turns(PATIENCE);

  /**
   * @param gateway judges the tests of a document
   */
  ConfigOperations(JournalReader reader, Publishing publishing, Writes writes, Backend gateway) {
    this.reader = reader;
    this.publishing = publishing;
    this.writes = writes;
    this.tests = new DocumentTests(gateway);
  }

  List<Operation> operations() {
    return List.of(
        new Operation("GET", CONFIG, Set.of(TENANT, SECRETS), Needs.QUERY_READ, this::export),
        new Operation(
            "PUT",
            CONFIG,
            Set.of(TENANT, PRUNE, Writes.DRY_RUN, Writes.WAIT),
            Needs.QUERY_WRITE,
            this::apply));
  }

  private Reply export(Call call) {
    boolean sealed = call.operator().role() == OperatorDefinition.Role.PLATFORM_ADMIN;
    boolean secrets = sealed && (!call.query().containsKey(SECRETS) || call.flag(SECRETS));
    Scope scope = scope(call);
    Exported exported = reader.read(fold -> exported(fold, scope, secrets));
    if (exported == null) {
      throw ObjectOperations.notFound("There is no tenant \"" + scope.tenant() + "\"");
    }
    ObjectNode document = exported.document();
    String accept = call.header("Accept");
    Reply reply =
        accept != null && accept.toLowerCase(Locale.ROOT).contains(YAML)
            ? Reply.bytes(200, YAML, Yaml.write(document))
            : Reply.json(200, document);
    return reply
        .with(Writes.REVISION, Long.toString(exported.revision()))
        .with("Cache-Control", "no-store");
  }

  /** A document that is written out, and the revision that it shows. */
  private record Exported(ObjectNode document, long revision) {}

  /** Takes no copy of the configuration, of which a tenant may be the least part. */
  private static @Nullable Exported exported(Fold fold, Scope scope, boolean secrets) {
    return scope.tenant() != null && !fold.tenants().contains(scope.tenant())
        ? null
        : new Exported(Exporting.document(fold, scope, secrets), fold.revision());
  }

  private Reply apply(Call call) {
    boolean dryRun = call.flag(Writes.DRY_RUN);
    boolean wait = Writes.waits(call);
    boolean prune = call.flag(PRUNE);
    Scope scope = scope(call);
    try (Turns.Turn _ = turn(call.operator())) {
      Declaration declaration = declaration(document(call));
      List<Desired> wanted = wanted(declaration, scope, prune);
      if (call.operator().bound() && wanted.size() > MOST_OF_TENANTS) {
        throw new RefusedCall(
            Refusal.of(
                Refusal.Reason.TOO_LARGE,
                wanted.size()
                    + " objects at once are more than "
                    + MOST_OF_TENANTS
                    + "; apply them tenant by tenant, or collection by collection"));
      }
      Outlook outlook = wouldBe -> tests.judge(declaration.tests(), wouldBe, call.operator());
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
    }
  }

  private Turns.Turn turn(Operator operator) {
    try {
      Turns.Turn turn = turns.take(reader.read(fold -> Turns.tree(fold, operator)));
      if (turn != null) {
        return turn;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new RefusedCall(
        Refusal.of(
            Refusal.Reason.CONTENDED, "another document is being applied; try again after it"));
  }

  private static Scope scope(Call call) {
    String tenant = call.query().get(TENANT);
    if (tenant != null && !Ids.isTenant(tenant)) {
      throw RefusedCall.parameter(TENANT, "must be " + Ids.TENANT_RULE);
    }
    return new Scope(tenant, call.operator());
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
