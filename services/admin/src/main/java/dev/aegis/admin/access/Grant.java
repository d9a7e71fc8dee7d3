package dev.aegis.admin.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.OperatorDefinition.Role;
import dev.aegis.model.Ids;
import dev.aegis.tokens.Claims;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may do of whom the issuer of operators says one thing.
 *
 * @param claim name of the claim that says it, or, when it begins with a slash, a JSON Pointer to
 *     it (RFC 6901)
 * @param value what the claim has to be, or to list
 * @param role what may be done then
 * @param where in which tenant and those below it
 */
public record Grant(String claim, String value, Role role, Where where) {
  private static final int MOST = 1_000;
  private static final int MAX_TEXT = 1_024;
  private static final Set<String> MEMBERS =
      Set.of("claim", "value", "role", "tenant", "tenant_claim");

  private static final Map<String, Role> ROLES =
      Map.of(
          "platform_admin", Role.PLATFORM_ADMIN,
          "tenant_admin", Role.TENANT_ADMIN,
          "auditor", Role.AUDITOR);

  /** Where a role holds. */
  public sealed interface Where {
    /** Everywhere. */
    record Everywhere() implements Where {}

    /** In this tenant and those below it. */
    record In(String tenant) implements Where {}

    /** In the tenant that a claim names; without such a claim nowhere. */
    record Named(String claim) implements Where {}
  }

  /** The operator that {@code claims} make somebody called {@code name}; null when none. */
  @Nullable Operator operator(String name, ObjectNode claims) {
    if (!said(claims).contains(value)) {
      return null;
    }
    return switch (where) {
      case Where.Everywhere everywhere -> new Operator(name, role, null);
      case Where.In(String tenant) -> new Operator(name, role, tenant);
      case Where.Named(String place) -> {
        // Whoever is to be held to a tenant is never let in everywhere for want of its name.
        String tenant = Claims.at(claims, place).textValue();
        yield tenant != null && Ids.isTenant(tenant) ? new Operator(name, role, tenant) : null;
      }
    };
  }

  /** Only the claim {@code scope} is a list in one text (RFC 9068 section 2.2.3). */
  private List<String> said(ObjectNode claims) {
    JsonNode said = Claims.at(claims, claim);
    return claim.equals("scope") && said.isTextual()
        ? List.of(said.textValue().split(" ", -1))
        : Claims.values(said);
  }

  /**
   * Reads a list of grants, a JSON array.
   *
   * @throws IllegalArgumentException when it is none; says all that is wrong with it
   */
  public static List<Grant> parseList(String text) {
    JsonNode list;
    try {
      byte[] json = ("{\"grants\":" + text + "\n}").getBytes(StandardCharsets.UTF_8);
      ObjectNode read = Json.readObject(json);
      list = read.size() == 1 ? read.path("grants") : Json.object();
    } catch (IOException e) {
      throw new IllegalArgumentException(form(), e);
    }
    if (!list.isArray() || list.size() > MOST) {
      throw new IllegalArgumentException(form());
    }
    List<String> wrong = new ArrayList<>();
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String at = "/" + i;
      if (list.get(i) instanceof ObjectNode one) {
        grants.add(read(one, at, wrong));
      } else {
        wrong.add(at + " must be an object");
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", wrong));
    }
    return List.copyOf(grants);
  }

  private static String form() {
    return "must be a list of at most "
        + MOST
        + ", such as [{\"claim\":\"groups\",\"value\":\"admins\",\"role\":\"platform_admin\"}]";
  }

  private static Grant read(ObjectNode one, String at, List<String> wrong) {
    Set<String> unknown = new TreeSet<>();
    one.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(MEMBERS);
    unknown.forEach(name -> wrong.add(at + "/" + name + " is no member of it"));
    String claim = text(one, "claim", at, wrong);
    String value = text(one, "value", at, wrong);
    Role role = ROLES.get(text(one, "role", at, wrong));
    if (role == null) {
      wrong.add(at + "/role must be platform_admin, tenant_admin or auditor");
      role = Role.AUDITOR;
    }
    Where where = new Where.Everywhere();
    if (one.has("tenant")) {
      String tenant = text(one, "tenant", at, wrong);
      where = new Where.In(tenant);
      if (!Ids.isTenant(tenant)) {
        wrong.add(at + "/tenant must be the id of a tenant");
      }
    }
    if (one.has("tenant_claim")) {
      where = new Where.Named(text(one, "tenant_claim", at, wrong));
      if (one.has("tenant")) {
        wrong.add(at + " must have one of tenant and tenant_claim");
      }
    }
    boolean everywhere = where instanceof Where.Everywhere;
    switch (role) {
      case PLATFORM_ADMIN -> {
        if (!everywhere) {
          wrong.add(at + " must have no tenant, since it is for a platform_admin");
        }
      }
      case TENANT_ADMIN -> {
        if (everywhere) {
          wrong.add(at + " must have tenant or tenant_claim, since it is for a tenant_admin");
        }
      }
      case AUDITOR -> {
        // Of one tenant, or of all.
      }
    }
    return new Grant(claim, value, role, where);
  }

  private static String text(ObjectNode one, String member, String at, List<String> wrong) {
    String text = one.path(member).textValue();
    if (text == null || text.isBlank() || text.length() > MAX_TEXT) {
      wrong.add(at + "/" + member + " must be a text of 1 to " + MAX_TEXT + " characters");
      return "";
    }
    return text;
  }
}
