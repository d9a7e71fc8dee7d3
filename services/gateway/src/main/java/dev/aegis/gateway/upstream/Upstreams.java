package dev.aegis.gateway.upstream;

import dev.aegis.events.UpstreamEvent;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All upstreams in force. One thread changes them; requests only use what it gave out. */
public final class Upstreams implements AutoCloseable {
  private final @Nullable Discovery<TargetSource.Consul> consul;
  private final @Nullable Discovery<TargetSource.Dns> dns;
  private final Consumer<UpstreamEvent> listener;
  private final InstantSource clock;
  private final Map<String, Map<String, Held>> byTenant = new ConcurrentHashMap<>();

  private record Held(Upstream upstream, UpstreamDefinition definition) {}

  /**
   * @param consul finds services, null when no Consul is configured
   */
  public Upstreams(@Nullable Discovery<TargetSource.Consul> consul) {
    this(consul, null, event -> {}, InstantSource.system());
  }

  /**
   * @param consul finds services, null when no Consul is configured
   * @param dns finds addresses of names, null when nobody does
   * @param listener hears what becomes of upstreams and their targets; must not wait
   */
  public Upstreams(
      @Nullable Discovery<TargetSource.Consul> consul,
      @Nullable Discovery<TargetSource.Dns> dns,
      Consumer<UpstreamEvent> listener,
      InstantSource clock) {
    this.listener = listener;
    this.clock = clock;
    this.consul = consul;
    this.dns = dns;
  }

  /** Whether upstreams that name a service can have targets. */
  public boolean discovers() {
    return consul != null;
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
    TargetTls before = held == null ? null : held.upstream().tls();
    TargetTls tls = tls(before, definition, privateKey);
    Upstream upstream =
        held == null ? new Upstream(tenant, definition, tls, listener, clock) : held.upstream();
    upstream.definition(definition, tls);
    boolean named = definition.source() instanceof TargetSource.Fixed;
    // To follow the same source anew would forget where a registry's index stands.
    if (held == null
        || !held.definition().source().equals(definition.source())
        || named && tls != before) {
      if (held != null) {
        forget(held);
      }
      follow(definition.source(), upstream);
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

  private void follow(TargetSource source, Upstream upstream) {
    switch (source) {
      case TargetSource.Fixed(List<UpstreamDefinition.Target> targets) -> upstream.targets(targets);
      case TargetSource.Consul service -> {
        if (consul != null) {
          consul.follow(service, upstream);
        }
      }
      case TargetSource.Dns name -> {
        if (dns != null) {
          dns.follow(name, upstream);
        }
      }
    }
  }

  private void forget(Held held) {
    switch (held.definition().source()) {
      case TargetSource.Fixed fixed -> {
        // Nobody tells of changes.
      }
      case TargetSource.Consul service -> {
        if (consul != null) {
          consul.unfollow(service, held.upstream());
        }
      }
      case TargetSource.Dns name -> {
        if (dns != null) {
          dns.unfollow(name, held.upstream());
        }
      }
    }
  }

  @Override
  public void close() {
    if (consul != null) {
      consul.close();
    }
    if (dns != null) {
      dns.close();
    }
    for (Map<String, Held> own : byTenant.values()) {
      own.values().forEach(held -> held.upstream().retire());
    }
  }
}
