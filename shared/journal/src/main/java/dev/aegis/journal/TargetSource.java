package dev.aegis.journal;

import dev.aegis.journal.UpstreamDefinition.Target;
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

  static TargetSource read(Fields fields) {
    String service = fields.optionalText("service");
    List<Target> targets = fields.objects("targets", UpstreamDefinition::target);
    boolean selects = !fields.absent("consul");
    Consul consul = fields.object("consul", of -> consul(service == null ? "" : service, of));
    if (service == null && fields.absent("targets") || service != null && !targets.isEmpty()) {
      fields.reject("targets", "either \"service\" or at least one target is required, not both");
    } else if (service == null && targets.isEmpty()) {
      fields.reject("targets", "must hold at least one target");
    } else if ("".equals(service)) {
      fields.reject("service", "must not be empty");
    }
    if (selects && fields.absent("service")) {
      fields.reject("consul", "selects among the instances of \"service\", which is missing");
    }
    return service == null ? new Fixed(targets) : consul;
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
