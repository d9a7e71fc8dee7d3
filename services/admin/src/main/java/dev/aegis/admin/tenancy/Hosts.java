package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who answers under which host name: each tenant under its own names and under {@code <id>.<base
 * domain>}, and no name for two.
 *
 * @param baseDomain the domain below which each tenant has a host, lower case
 */
public record Hosts(String baseDomain) {

  /**
   * A host that {@code document} would take from another tenant, in a sentence; or null. Hosts that
   * the tenant has already are not asked about: whoever else claims one must not keep it from being
   * changed in other respects.
   *
   * @param before the tenant as it stands, null when it is made
   */
  public @Nullable String conflict(
      Fold fold, String tenant, @Nullable Entry before, ObjectNode document) {
    Set<String> wanted = of(tenant, document);
    if (before != null) {
      wanted.removeAll(of(tenant, before.body()));
    }
    for (String other : fold.tenants()) {
      Entry entry = fold.find(ObjectKey.tenant(other));
      if (entry == null || other.equals(tenant)) {
        continue;
      }
      for (String host : of(other, entry.body())) {
        if (wanted.contains(host)) {
          return "\"" + host + "\" is a host of tenant \"" + other + "\"";
        }
      }
    }
    return null;
  }

  /**
   * The tenants of each host that more than one of them wants: to look for many tenants' conflicts
   * at once.
   */
  public Map<String, Set<String>> contested(Fold fold) {
    Map<String, Set<String>> tenants = new HashMap<>();
    for (String tenant : fold.tenants()) {
      Entry entry = fold.find(ObjectKey.tenant(tenant));
      if (entry != null) {
        for (String host : of(tenant, entry.body())) {
          tenants.computeIfAbsent(host, name -> new TreeSet<>()).add(tenant);
        }
      }
    }
    tenants.values().removeIf(wanting -> wanting.size() == 1);
    return tenants;
  }

  /**
   * What is suspicious about the hosts that a route or a certificate names, or that those of a
   * tenant name.
   */
  public List<Finding> findings(Fold fold, ObjectKey key, ObjectNode document) {
    List<Finding> findings = new ArrayList<>();
    if (key.kind() == Kind.ROUTE || key.kind() == Kind.CERTIFICATE) {
      Entry owner = key.tenant() == null ? null : fold.find(ObjectKey.tenant(key.tenant()));
      if (owner != null) {
        unserved(of(owner.key().id(), owner.body()), key, document, findings);
      }
    } else if (key.kind() == Kind.TENANT) {
      Set<String> served = of(key.id(), document);
      for (Kind kind : List.of(Kind.ROUTE, Kind.CERTIFICATE)) {
        for (Entry entry : fold.list(kind, key.id())) {
          unserved(served, entry.key(), entry.body(), findings);
        }
      }
    }
    return findings;
  }

  private static void unserved(
      Set<String> served, ObjectKey key, ObjectNode document, List<Finding> findings) {
    String nothing =
        key.kind() == Kind.ROUTE ? "no request matches it" : "what is asked of it is not served";
    for (JsonNode host : document.path("hosts")) {
      String name = host.asText().toLowerCase(Locale.ROOT);
      boolean found =
          key.kind() == Kind.CERTIFICATE && name.startsWith("*.")
              ? served.stream().anyMatch(own -> CertificateDefinition.wildcard(own).equals(name))
              : served.contains(name);
      if (!found) {
        findings.add(
            Finding.warning(
                key.toString(), "\"" + name + "\" is not a host of the tenant: " + nothing));
      }
    }
  }

  /** The hosts of one tenant, those that it has without saying so included. */
  public Set<String> of(String tenant, ObjectNode document) {
    Set<String> hosts = new LinkedHashSet<>();
    hosts.add(tenant + "." + baseDomain);
    for (JsonNode host : document.path("hosts")) {
      if (host.isTextual()) {
        hosts.add(host.textValue().toLowerCase(Locale.ROOT));
      }
    }
    return hosts;
  }
}
