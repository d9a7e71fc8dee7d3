package dev.aegis.webhooks.subscription;

import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.WebhookDefinition;
import dev.aegis.webhooks.signing.SigningSecret;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoints of all tenants, as the journal has them now.
 *
 * <p>One thread folds, any thread reads; readers see one revision or the next, never a mixture.
 */
public final class Subscriptions {
  private static final Logger LOG = LoggerFactory.getLogger(Subscriptions.class);

  private final MasterKey masterKey;
  private volatile Known known = new Known(-1, Map.of());

  /**
   * @param masterKey opens the endpoints' secrets
   */
  public Subscriptions(MasterKey masterKey) {
    this.masterKey = masterKey;
  }

  /**
   * Takes over what changed.
   *
   * @param fold the journal's state
   * @param changed objects that differ from the last time
   * @param everything whether to look at all of them
   */
  public void folded(Fold fold, Set<ObjectKey> changed, boolean everything) {
    Set<String> tenants =
        everything
            ? fold.tenants()
            : changed.stream()
                .filter(key -> key.kind() == Kind.WEBHOOK || key.kind() == Kind.TENANT)
                .map(ObjectKey::tenant)
                .collect(Collectors.toSet());
    Map<String, Map<String, Registered>> byTenant =
        everything ? new HashMap<>() : new HashMap<>(known.byTenant);
    for (String tenant : tenants) {
      Map<String, Registered> registered = new TreeMap<>();
      for (Entry entry : fold.list(Kind.WEBHOOK, tenant)) {
        registered.put(entry.key().id(), read(tenant, entry));
      }
      if (registered.isEmpty()) {
        byTenant.remove(tenant);
      } else {
        byTenant.put(tenant, registered);
      }
    }
    known = new Known(fold.revision(), byTenant);
  }

  /** The configuration revision that the answers are of, -1 before the first. */
  public long revision() {
    return known.revision;
  }

  /** Endpoints of {@code tenant} that want events of {@code type}, in the order of their ids. */
  public List<EndpointKey> wanting(String tenant, String type) {
    List<EndpointKey> keys = new ArrayList<>();
    for (Map.Entry<String, Registered> one :
        known.byTenant.getOrDefault(tenant, Map.of()).entrySet()) {
      WebhookDefinition definition = one.getValue().definition;
      if (definition != null && definition.wants(type)) {
        keys.add(new EndpointKey(tenant, one.getKey()));
      }
    }
    return keys;
  }

  /** What the configuration says of an endpoint. */
  public Endpoint find(EndpointKey key) {
    Known now = known;
    Registered registered = now.byTenant.getOrDefault(key.tenant(), Map.of()).get(key.id());
    if (registered == null) {
      return new Endpoint.Absent(Endpoint.Absent.DELETED, now.revision);
    }
    if (registered.definition != null && !registered.definition.enabled()) {
      return new Endpoint.Absent(Endpoint.Absent.DISABLED, now.revision);
    }
    return registered.endpoint;
  }

  private Registered read(String tenant, Entry entry) {
    EndpointKey key = new EndpointKey(tenant, entry.key().id());
    WebhookDefinition definition;
    try {
      definition = (WebhookDefinition) entry.definition();
    } catch (InvalidDefinition e) {
      return new Registered(null, unusable(key, "its definition cannot be read by this version"));
    }
    if (definition.secret() == null) {
      return new Registered(definition, unusable(key, "it has no signing secret"));
    }
    try {
      SigningSecret secret = SigningSecret.parse(masterKey.open(entry.key(), definition.secret()));
      return new Registered(
          definition, new Endpoint.Usable(key, URI.create(definition.url()), secret));
    } catch (IllegalArgumentException e) {
      return new Registered(
          definition, unusable(key, "its secret cannot be opened: " + e.getMessage()));
    }
  }

  private static Endpoint unusable(EndpointKey key, String why) {
    LOG.warn("Endpoint {} cannot be called: {}", key, why);
    return new Endpoint.Unusable(key, why);
  }

  private record Registered(@Nullable WebhookDefinition definition, Endpoint endpoint) {}

  private record Known(long revision, Map<String, Map<String, Registered>> byTenant) {}
}
