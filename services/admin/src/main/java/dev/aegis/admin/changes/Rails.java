package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.egress.EgressGuard;
import dev.aegis.egress.Network;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Guardrails;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the guardrails of a tenant, and of every tenant above it, allow a bound operator to say in
 * one of its documents. Each level that says something must allow it; where none does, the hosts
 * are those below the tenants' own names, and upstreams have public addresses.
 *
 * <p>A name as an upstream's address can lead anywhere, and elsewhere tomorrow, so it must be
 * allowed by name.
 */
final class Rails {
  private static final EgressGuard PUBLIC = new EgressGuard(List.of());
  private static final String ANY = "*";

  private final Fold fold;
  private final Hosts names;
  private final Operator operator;
  private final List<Guardrails> levels = new ArrayList<>();
  private final Set<String> own = new LinkedHashSet<>();
  private final List<Violation> violations = new ArrayList<>();

  private Rails(Fold fold, Hosts names, Operator operator) {
    this.fold = fold;
    this.names = names;
    this.operator = operator;
  }

  /** What in the document the operator may not say. */
  static List<Violation> check(
      Fold fold, Hosts names, Operator operator, ObjectKey key, ObjectNode document) {
    if (!operator.bound() || key.tenant() == null) {
      return List.of();
    }
    Rails rails = new Rails(fold, names, operator);
    try {
      rails.check(key, document);
    } catch (InvalidDefinition e) {
      return List.of(
          new Violation("", "cannot be judged: the guardrails above it cannot be understood"));
    }
    return rails.violations;
  }

  /** What is wrong with guardrails that somebody wants to set, beside their form. */
  static List<Violation> misread(ObjectNode tenant) {
    List<Violation> wrong = new ArrayList<>();
    int index = 0;
    for (JsonNode item : tenant.path(Guardrails.MEMBER).path("upstream_addresses")) {
      String text = item.asText();
      String field = "/" + Guardrails.MEMBER + "/upstream_addresses/" + index++;
      if (text.indexOf('/') >= 0 || literal(text) != null) {
        try {
          Network.parse(text);
        } catch (IllegalArgumentException e) {
          wrong.add(new Violation(field, String.valueOf(e.getMessage())));
        }
      }
    }
    return wrong;
  }

  private void check(ObjectKey key, ObjectNode document) {
    String tenant = key.id();
    if (key.kind() == Kind.TENANT) {
      Entry current = fold.find(key);
      JsonNode set = current == null ? null : current.body().get(Guardrails.MEMBER);
      JsonNode wanted = document.get(Guardrails.MEMBER);
      if (!isNull(set) || !isNull(wanted)) {
        if (set == null || !set.equals(wanted)) {
          reject("/" + Guardrails.MEMBER, "is settled by the platform's administrators");
        }
      }
      level(tenant);
      String parent = document.path("parent").textValue();
      if (parent != null && fold.tenants().contains(parent)) {
        chain(parent);
      }
      tenant(tenant, current, document);
      return;
    }
    tenant = String.valueOf(key.tenant());
    chain(tenant);
    switch (key.kind()) {
      case UPSTREAM -> upstream(tenant, document);
      case PLUGIN -> plugin(document);
      case CERTIFICATE -> hosts(document, kept(fold.find(ObjectKey.tenant(tenant))));
      case TENANT, ROUTE, ISSUER, ROLE, BINDING, WEBHOOK, API_KEY, OPERATOR, REVOCATION -> {
        // Nothing that guardrails speak of.
      }
    }
  }

  private void chain(String tenant) {
    level(tenant);
    Lineage.of(fold, tenant).ancestors().forEach(ancestor -> level(ancestor.id()));
  }

  private void level(String tenant) {
    Entry entry = fold.find(ObjectKey.tenant(tenant));
    if (entry != null) {
      levels.add(Guardrails.of(entry.body()));
    }
    if (entry == null || operator.reaches(fold, tenant)) {
      own.add(tenant + "." + names.baseDomain());
      own.addAll(kept(entry));
    }
  }

  private void tenant(String id, @Nullable Entry current, ObjectNode document) {
    hosts(document, kept(current));
    boolean settled = id.equals(operator.tenant()); // whose place and bounds are kept as they are
    boolean moves =
        current == null || !current.body().path("parent").equals(document.path("parent"));
    for (Guardrails level : settled ? List.<Guardrails>of() : levels) {
      int most = level.maxActive();
      JsonNode active = document.path("max_active");
      if (most > 0 && (!active.isInt() || active.intValue() > most)) {
        reject("/max_active", "must be at most " + most);
      }
    }
    String parent = document.path("parent").textValue();
    if (moves && parent != null && fold.tenants().contains(parent)) {
      room(parent);
      Lineage.of(fold, parent).ancestors().forEach(above -> room(above.id()));
    }
  }

  /** Notes that a tenant has as many below it as it may have. */
  private void room(String tenant) {
    Entry entry = fold.find(ObjectKey.tenant(tenant));
    int most = entry == null ? -1 : Guardrails.of(entry.body()).maxTenants();
    if (most >= 0) {
      Set<String> below = new LinkedHashSet<>();
      count(tenant, below);
      if (below.size() >= most) {
        reject("/parent", "there may be " + most + " tenants below, and there are");
      }
    }
  }

  private void count(String tenant, Set<String> below) {
    for (String child : fold.children(tenant)) {
      if (below.add(child)) {
        count(child, below);
      }
    }
  }

  /** A host that the tenant has already stays. */
  private void hosts(ObjectNode document, Set<String> kept) {
    int index = 0;
    for (JsonNode item : document.path("hosts")) {
      String field = "/hosts/" + index++;
      String host = item.asText().toLowerCase(Locale.ROOT);
      if (kept.contains(host)) {
        continue;
      }
      boolean said = false;
      boolean allowed = true;
      for (Guardrails level : levels) {
        List<String> patterns = level.hosts();
        if (patterns != null) {
          said = true;
          allowed &= matches(patterns, host);
        }
      }
      if (!said) {
        allowed = own.stream().anyMatch(name -> host.equals(name) || host.endsWith("." + name));
      }
      if (!allowed) {
        reject(field, "\"" + host + "\" is not among the hosts that you may give");
      }
    }
  }

  private void plugin(ObjectNode document) {
    String plugin = document.path("plugin").asText();
    for (Guardrails level : levels) {
      List<String> allowed = level.plugins();
      if (allowed != null && !allowed.contains(plugin)) {
        reject("/plugin", "must be one of those that you may use: " + String.join(", ", allowed));
        return;
      }
    }
  }

  private void upstream(String tenant, ObjectNode document) {
    int index = 0;
    for (JsonNode target : document.path("targets")) {
      address("/targets/" + index++ + "/url", host(target.path("url").asText()));
    }
    if (document.path("dns").isObject()) {
      String name = document.path("dns").path("name").asText();
      address("/dns/name", name.endsWith(".") ? name.substring(0, name.length() - 1) : name);
    }
    String service = document.path("service").textValue();
    if (service != null && !service.equals("api-service-" + tenant)) {
      if (!allowed(Guardrails::upstreamServices, allowed -> allowed.contains(service), false)) {
        reject("/service", "is not among the services that you may use");
      }
    }
  }

  private void address(String field, @Nullable String host) {
    if (host == null || host.isEmpty()) {
      return; // the definition says what is wrong with it
    }
    InetAddress address = literal(host);
    if (address == null) {
      String name = host.toLowerCase(Locale.ROOT);
      if (!allowed(Guardrails::upstreamAddresses, allowed -> matches(allowed, name), false)) {
        reject(field, "is a name, which can lead anywhere: the platform has to allow it by name");
      }
    } else if (!allowed(
        Guardrails::upstreamAddresses,
        allowed -> allowed.stream().anyMatch(network -> contains(network, address)),
        PUBLIC.permits(address))) {
      reject(field, "is not among the addresses that you may use");
    }
  }

  /** Whether every level that says something allows it; {@code otherwise} when none does. */
  private boolean allowed(
      Function<Guardrails, @Nullable List<String>> said,
      Function<List<String>, Boolean> test,
      boolean otherwise) {
    boolean any = false;
    for (Guardrails level : levels) {
      List<String> list = said.apply(level);
      if (list != null) {
        any = true;
        if (!test.apply(list)) {
          return false;
        }
      }
    }
    return any || otherwise;
  }

  private static boolean contains(String network, InetAddress address) {
    try {
      return Network.parse(network).contains(address);
    } catch (IllegalArgumentException e) {
      return false; // a name
    }
  }

  private static boolean matches(List<String> patterns, String host) {
    return patterns.stream()
        .anyMatch(
            pattern ->
                pattern.equals(ANY)
                    || pattern.equals(host)
                    || pattern.startsWith("*.") && host.endsWith(pattern.substring(1)));
  }

  private static @Nullable String host(String url) {
    try {
      String host = new URI(url).getHost();
      return host == null || !host.startsWith("[") ? host : host.substring(1, host.length() - 1);
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static @Nullable InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Set<String> kept(@Nullable Entry tenant) {
    Set<String> hosts = new LinkedHashSet<>();
    if (tenant != null) {
      tenant.body().path("hosts").forEach(host -> hosts.add(host.asText()));
    }
    return hosts;
  }

  private static boolean isNull(@Nullable JsonNode node) {
    return node == null || node.isNull();
  }

  private void reject(String field, String message) {
    violations.add(new Violation(field, message));
  }
}
