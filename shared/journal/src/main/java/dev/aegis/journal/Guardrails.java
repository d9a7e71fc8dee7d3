package dev.aegis.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the platform allows those who administer a tenant, and the tenants below it, to say there. A
 * list that is null says nothing, an empty one allows nothing.
 *
 * @param hosts names, or {@code *.} and a name for all below it, or {@code *}
 * @param plugins names of plugins in the catalogue
 * @param upstreamAddresses networks such as {@code 10.1.0.0/16}, and names as of hosts
 * @param upstreamServices names of services in Consul
 * @param maxActive most that a tenant may have as its {@code max_active}, 0 for any
 * @param maxTenants most tenants that there may be below, -1 for any
 */
public record Guardrails(
    @Nullable List<String> hosts,
    @Nullable List<String> plugins,
    @Nullable List<String> upstreamAddresses,
    @Nullable List<String> upstreamServices,
    int maxActive,
    int maxTenants) {
  /** The member of a tenant's document. */
  public static final String MEMBER = "guardrails";

  private static final int MOST = 1_000_000;

  private record Limits(int maxActive, int maxTenants) {}

  static Guardrails read(Fields fields) {
    List<String> hosts = list(fields, "hosts");
    if (hosts != null) {
      for (String host : hosts) {
        String name = host.startsWith("*.") ? host.substring(2) : host;
        if (!host.equals("*") && !TenantDefinition.isHost(name)) {
          fields.reject(
              "hosts", "\"" + host + "\" is not a lower-case host name, or *. and one, or *");
        }
      }
    }
    List<String> plugins = list(fields, "plugins");
    List<String> addresses = list(fields, "upstream_addresses");
    List<String> services = list(fields, "upstream_services");
    Limits limits =
        fields.object(
            "max_limits",
            of ->
                new Limits(
                    (int) of.number("max_active", 0, 1, MOST),
                    (int) of.number("tenants", -1, 0, MOST)));
    return new Guardrails(
        hosts, plugins, addresses, services, limits.maxActive(), limits.maxTenants());
  }

  /**
   * Those of a tenant's document.
   *
   * @throws InvalidDefinition when they cannot be understood
   */
  public static Guardrails of(ObjectNode tenant) {
    List<Violation> violations = new ArrayList<>();
    Guardrails read = new Fields(tenant, "", violations).object(MEMBER, Guardrails::read);
    if (!violations.isEmpty()) {
      throw new InvalidDefinition(violations);
    }
    return read;
  }

  private static @Nullable List<String> list(Fields fields, String name) {
    List<String> texts = fields.texts(name);
    return fields.absent(name) ? null : texts;
  }
}
