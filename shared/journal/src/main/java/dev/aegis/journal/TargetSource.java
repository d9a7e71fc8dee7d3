package dev.aegis.journal;

import dev.aegis.journal.UpstreamDefinition.Target;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Where the targets of an upstream come from. */
public sealed interface TargetSource {
  /**
   * Targets named one by one.
   *
   * @param targets at least one
   */
  record Fixed(List<Target> targets) implements TargetSource {
    public Fixed {
      targets = List.copyOf(targets);
    }
  }

  /**
   * The healthy instances of a service that Consul knows.
   *
   * @param service Consul's name
   * @param tags that an instance has, all of them
   * @param datacenter Consul's name of the datacenter that is asked, null for the agent's own
   * @param metadata that an instance has among its service's
   */
  record Consul(
      String service, Set<String> tags, @Nullable String datacenter, Map<String, String> metadata)
      implements TargetSource {
    public Consul {
      tags = Collections.unmodifiableSet(new TreeSet<>(tags));
      metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }

    /** All healthy instances, asked of the agent's own datacenter. */
    public static Consul all(String service) {
      return new Consul(service, Set.of(), null, Map.of());
    }
  }

  /**
   * What the domain name system says of a name.
   *
   * @param name that is asked for, complete
   * @param port of all targets, whose addresses are then the name's A and AAAA records; null to go
   *     by its SRV records, which name hosts and ports (RFC 2782)
   * @param refresh from one time of asking to the next
   */
  record Dns(String name, @Nullable Integer port, Duration refresh) implements TargetSource {
    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    /**
     * Whether the text can be asked for: labels as RFC 1035 section 2.3.4 bounds them, of letters,
     * digits, hyphens and, as services have them, underscores; a dot may follow.
     */
    public static boolean isName(String text) {
      String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
      return name.length() <= MAX_NAME
          && List.of(name.split("\\.", -1)).stream()
              .allMatch(
                  label ->
                      !label.isEmpty()
                          && label.length() <= MAX_LABEL
                          && label.chars().allMatch(Dns::isNameCharacter));
    }

    private static boolean isNameCharacter(int c) {
      return c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || c >= '0' && c <= '9'
          || c == '-'
          || c == '_';
    }
  }

  static TargetSource read(Fields fields) {
    String service = fields.optionalText("service");
    List<Target> targets = fields.objects("targets", UpstreamFields::target);
    boolean selects = !fields.absent("consul");
    Consul consul = fields.object("consul", of -> consul(service == null ? "" : service, of));
    boolean asks = !fields.absent("dns");
    Dns dns = asks ? fields.object("dns", TargetSource::dns) : null;
    int given = (service == null ? 0 : 1) + (asks ? 1 : 0) + (targets.isEmpty() ? 0 : 1);
    if (given > 1 || given == 0 && fields.absent("targets")) {
      fields.reject(
          "targets", "exactly one of \"service\", \"dns\" and at least one target is required");
    } else if (given == 0) {
      fields.reject("targets", "must hold at least one target");
    } else if ("".equals(service)) {
      fields.reject("service", "must not be empty");
    }
    if (selects && fields.absent("service")) {
      fields.reject("consul", "selects among the instances of \"service\", which is missing");
    }
    return dns != null ? dns : service != null ? consul : new Fixed(targets);
  }

  private static Dns dns(Fields fields) {
    String name = fields.text("name");
    if (!name.isEmpty() && !Dns.isName(name)) {
      fields.reject("name", "must be a complete domain name");
    }
    boolean srv = fields.oneOf("type", "address", List.of("address", "srv")).equals("srv");
    if (srv && !fields.absent("port")) {
      fields.reject("port", "is what SRV records say");
    }
    int port =
        (int)
            (srv ? fields.number("port", 1, 1, 65_535) : fields.requiredNumber("port", 1, 65_535));
    return new Dns(
        name,
        srv ? null : port,
        Duration.ofMillis(fields.number("refresh_ms", 5_000, 100, 3_600_000)));
  }

  private static Consul consul(String service, Fields fields) {
    Set<String> tags = Set.copyOf(fields.texts("tags"));
    String datacenter = fields.optionalText("datacenter");
    if ("".equals(datacenter)) {
      fields.reject("datacenter", "must not be empty");
    }
    return new Consul(service, tags, datacenter, fields.textMap("metadata"));
  }
}
