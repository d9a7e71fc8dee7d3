package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.admin.tenancy.References;
import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.model.Finding;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a document that was sent the one that would be kept, and finds everything that is wrong
 * with it.
 */
final class Settling {
  /** Taken by {@code /admin/plugins/catalog}. */
  private static final String RESERVED_PLUGIN = "catalog";

  /**
   * How long a revocation holds that does not say it: longer than tokens usually live, since a
   * token that outlives its revocation is taken again.
   */
  private static final Duration REVOKED_FOR = Duration.ofDays(400);

  private final Secrets secrets;
  private final Hosts hosts;
  private final PluginCatalog plugins;
  private final OwnAddresses own;
  private final InstantSource clock;

  Settling(
      Secrets secrets, Hosts hosts, PluginCatalog plugins, OwnAddresses own, InstantSource clock) {
    this.secrets = secrets;
    this.hosts = hosts;
    this.plugins = plugins;
    this.own = own;
    this.clock = clock;
  }

  /**
   * A document as it would be kept.
   *
   * @param key the object
   * @param before as it stands, or null
   * @param document complete, secrets sealed
   * @param revealed a secret that was made for it, or null
   * @param violations what is wrong with it; grows as it is looked at
   * @param findings what is suspicious about it
   */
  record Settled(
      ObjectKey key,
      @Nullable Entry before,
      ObjectNode document,
      @Nullable String revealed,
      List<Violation> violations,
      List<Finding> findings) {}

  /**
   * Completes {@code document}, which is changed, and checks it on its own.
   *
   * @param current whose secrets are kept where the document does not say others
   * @param violations what is known to be wrong with it already
   */
  Settled settle(
      ObjectKey key, @Nullable Entry current, ObjectNode document, List<Violation> violations) {
    Kind kind = key.kind();
    if (kind == Kind.REVOCATION && !document.hasNonNull("expires_at")) {
      document.put(
          "expires_at",
          clock.instant().truncatedTo(ChronoUnit.SECONDS).plus(REVOKED_FOR).toString());
    }
    if (kind == Kind.PLUGIN && key.tenant() == null && key.id().equals(RESERVED_PLUGIN)) {
      violations.add(new Violation("/id", "is reserved"));
    }
    String revealed = secrets.settle(key, document, current, violations);
    if (kind == Kind.PLUGIN) {
      plugins.seal(key, document, current == null ? null : current.body());
    }
    ObjectNode complete =
        document.path("id").isTextual()
            ? Documents.complete(kind, document.path("id").textValue(), document)
            : document;
    List<Finding> findings = new ArrayList<>();
    try {
      Definition definition = Definition.read(kind, complete);
      if (definition instanceof CertificateDefinition certificate) {
        findings.addAll(certificate.findings(key, clock.instant()));
      } else if (definition instanceof UpstreamDefinition upstream) {
        findings.addAll(upstream.findings(key));
      }
    } catch (InvalidDefinition e) {
      for (Violation violation : e.violations()) {
        if (!Secrets.echoes(kind, violation, violations)) {
          violations.add(violation);
        }
      }
    }
    return new Settled(key, current, complete, revealed, violations, findings);
  }

  /**
   * What in a document the operator may not say; nothing for one that is not held to a tenant.
   *
   * @param fold as it is before the document
   * @param current the object in it, or null
   */
  List<Violation> beyond(
      Fold fold, Operator operator, ObjectKey key, @Nullable Entry current, ObjectNode document) {
    List<Violation> beyond = Mandate.check(fold, operator, key, current, document);
    beyond.addAll(Rails.check(fold, hosts, operator, key, document));
    return beyond;
  }

  /**
   * Checks what the document says of other objects, of plugins and of addresses.
   *
   * @param fold may hold the document already
   * @param beyond what of it the operator may not say
   */
  void refer(Fold fold, Settled settled, List<Violation> beyond) {
    ObjectKey key = settled.key();
    ObjectNode document = settled.document();
    List<Violation> violations = settled.violations();
    violations.addAll(beyond);
    for (Violation violation : References.check(fold, settled.before(), key, document)) {
      // What is beyond an operator's reach is not told by the way, such as by a near name.
      if (beyond.stream().noneMatch(other -> other.field().equals(violation.field()))) {
        violations.add(violation);
      }
    }
    if (key.kind() == Kind.TENANT) {
      violations.addAll(Rails.misread(document));
    }
    if (key.kind() == Kind.PLUGIN) {
      violations.addAll(plugins.check(key, document));
      violations.addAll(plugins.placed(fold, key, document));
    }
    if (key.kind() == Kind.UPSTREAM) {
      violations.addAll(own.check(document));
    }
  }
}
