package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** All upstreams in force. One thread changes them; requests only use what it gave out. */
public final class Upstreams implements AutoCloseable {
  private final @Nullable Discovery discovery;
  private final Map<String, Map<String, Held>> byTenant = new ConcurrentHashMap<>();

  private record Held(Upstream upstream, UpstreamDefinition definition) {}

  /**
   * @param discovery finds services, null when no registry is configured
   */
  public Upstreams(@Nullable Discovery discovery) {
    this.discovery = discovery;
  }

  /** Whether upstreams that name a service can have targets. */
  public boolean discovers() {
    return discovery != null;
  }

  /**
   * The upstream of {@code tenant} with this definition: the one there is, or a new one.
   *
   * @param privateKey what its targets may ask for over TLS, in clear; null when there is none
   * @throws IllegalArgumentException when that is not the key of its certificate; nothing changes
   */
  public Upstream put(String tenant, UpstreamDefinition definition, @Nullable String privateKey) {
    Map<String, Held> own = byTenant.computeIfAbsent(tenant, id -> new ConcurrentHashMap<>());
    Held held = own.get(definition.id());
    if (held != null && held.definition().equals(definition)) {
      return held.upstream();
    }
    TargetTls tls = tls(held == null ? null : held.upstream().tls(), definition, privateKey);
    Upstream upstream = held == null ? new Upstream(tenant, definition, tls) : held.upstream();
    upstream.definition(definition, tls);
    if (held != null) {
      forget(held);
    }
    String service = definition.service();
    if (service == null) {
      upstream.targets(definition.targets());
    } else if (discovery != null) {
      discovery.follow(service, upstream);
    }
    own.put(definition.id(), new Held(upstream, definition));
    return upstream;
  }

  /** The same for targets that are not shown who asks them. */
  public Upstream put(String tenant, UpstreamDefinition definition) {
    return put(tenant, definition, null);
  }

  /** What was compiled before stays as long as nothing else is said, and its sessions with it. */
  private static @Nullable TargetTls tls(
      @Nullable TargetTls known, UpstreamDefinition definition, @Nullable String privateKey) {
    UpstreamDefinition.Tls said = definition.tls();
    if (said == null) {
      return null;
    }
    return known != null && known.compiledFrom(said) ? known : TargetTls.of(said, privateKey);
  }

  /** Drops the upstreams of {@code tenant} that are not in {@code ids}. */
  public void keepOnly(String tenant, Set<String> ids) {
    Map<String, Held> own = byTenant.get(tenant);
    if (own == null) {
      return;
    }
    for (Map.Entry<String, Held> entry : new HashMap<>(own).entrySet()) {
      if (!ids.contains(entry.getKey())) {
        own.remove(entry.getKey());
        forget(entry.getValue());
        entry.getValue().upstream().retire();
      }
    }
    if (own.isEmpty()) {
      byTenant.remove(tenant);
    }
  }

  /** Closes connections that have waited for too long. */
  public void closeStale() {
    for (Map<String, Held> own : byTenant.values()) {
      own.values().forEach(held -> held.upstream().closeStale());
    }
  }

  /** All that are in force. */
  public List<Upstream> all() {
    List<Upstream> all = new ArrayList<>();
    byTenant.values().forEach(own -> own.values().forEach(held -> all.add(held.upstream())));
    return all;
  }

  private void forget(Held held) {
    String service = held.definition().service();
    if (service != null && discovery != null) {
      discovery.unfollow(service, held.upstream());
    }
  }

  @Override
  public void close() {
    if (discovery != null) {
      discovery.close();
    }
    for (Map<String, Held> own : byTenant.values()) {
      own.values().forEach(held -> held.upstream().retire());
    }
  }
}
