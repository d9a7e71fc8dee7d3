package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Ids;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.List;

/**
 * A configuration object as its owner published it: read from JSON, checked on its own, and not yet
 * compiled into anything.
 *
 * <p>What a definition says about other objects (the upstream a route names) is not checked here:
 * the fold must accept in any order what several writers wrote.
 */
public sealed interface Definition
    permits TenantDefinition,
        UpstreamDefinition,
        RouteDefinition,
        IssuerDefinition,
        RoleDefinition,
        BindingDefinition,
        PluginDefinition,
        WebhookDefinition,
        CertificateDefinition,
        ApiKeyDefinition,
        OperatorDefinition,
        RevocationDefinition {

  /** Id, unique within its kind and tenant. */
  String id();

  /**
   * Reads a definition of {@code kind}.
   *
   * @param json the document; secrets in it are already sealed, see {@link SealedSecret}
   * @throws InvalidDefinition with every violation at once
   */
  static Definition read(Kind kind, ObjectNode json) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(json, "", violations);
    String id = fields.text("id");
    boolean tenant = kind == Kind.TENANT;
    if (!id.isEmpty() && !(tenant ? Ids.isTenant(id) : Ids.isObject(id))) {
      fields.reject("id", "must be " + (tenant ? Ids.TENANT_RULE : Ids.OBJECT_RULE));
    }
    Definition definition =
        switch (kind) {
          case TENANT -> TenantDefinition.read(id, fields);
          case UPSTREAM -> UpstreamDefinition.read(id, fields);
          case ROUTE -> RouteDefinition.read(id, fields);
          case ISSUER -> IssuerDefinition.read(id, fields);
          case ROLE -> RoleDefinition.read(id, fields);
          case BINDING -> BindingDefinition.read(id, fields);
          case PLUGIN -> PluginDefinition.read(id, fields);
          case WEBHOOK -> WebhookDefinition.read(id, fields);
          case CERTIFICATE -> CertificateDefinition.read(id, fields);
          case API_KEY -> ApiKeyDefinition.read(id, fields);
          case OPERATOR -> OperatorDefinition.read(id, fields);
          case REVOCATION -> RevocationDefinition.read(id, fields);
        };
    fields.done();
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return definition;
  }
}
