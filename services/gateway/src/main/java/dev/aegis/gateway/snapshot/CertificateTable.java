package dev.aegis.gateway.snapshot;

import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Certificates by the hosts for which they are shown.
 *
 * @param certificates all of them
 * @param byHost the one for each host and for each wildcard
 * @param demands what each host, and each wildcard, asks its callers for; nothing where there is
 *     none
 */
public record CertificateTable(
    List<Certificate> certificates, Map<String, Certificate> byHost, Map<String, Demand> demands) {
  static final CertificateTable EMPTY = new CertificateTable(List.of(), Map.of(), Map.of());

  public CertificateTable {
    certificates = List.copyOf(certificates);
    byHost = Map.copyOf(byHost);
    demands = Map.copyOf(demands);
  }

  /**
   * A certificate as handshakes use it.
   *
   * @param key of the object, for findings
   * @param revision of the object
   * @param definition as it was published
   * @param chain what is shown
   */
  public record Certificate(
      ObjectKey key, long revision, CertificateDefinition definition, KeyedChain chain) {
    private Instant until() {
      return chain.own().getNotAfter().toInstant();
    }
  }

  /**
   * A table of these. Of two for one host it has the one that is valid longer, so that a new one
   * can be published before the old one goes.
   */
  static CertificateTable of(Collection<Certificate> certificates, Map<String, Demand> demands) {
    Map<String, Certificate> byHost = new HashMap<>();
    for (Certificate certificate : certificates) {
      for (String host : certificate.definition().hosts()) {
        byHost.merge(host, certificate, (a, b) -> b.until().isAfter(a.until()) ? b : a);
      }
    }
    return new CertificateTable(List.copyOf(certificates), byHost, demands);
  }

  /** What is shown to whoever asks for {@code host}: the exact name goes before the wildcard. */
  public @Nullable KeyedChain find(String host) {
    Certificate found = byHost.get(host);
    if (found == null) {
      found = byHost.get(CertificateDefinition.wildcard(host));
    }
    return found == null ? null : found.chain();
  }

  /**
   * What {@code host} asks its callers for, or null. A host that is named itself asks for what is
   * said there, also if that is nothing; others for what their wildcard says.
   */
  public @Nullable Demand demand(String host) {
    Demand own = demands.get(host);
    return own != null || byHost.containsKey(host)
        ? own
        : demands.get(CertificateDefinition.wildcard(host));
  }

  /** When the first of those that are shown ends, or null when none is shown. */
  public @Nullable Instant firstEnd() {
    Instant first = null;
    for (Certificate shown : byHost.values()) {
      Instant until = shown.until();
      if (first == null || until.isBefore(first)) {
        first = until;
      }
    }
    return first;
  }

  /** What is suspicious about them at this moment. */
  List<Finding> findings(Instant now) {
    List<Finding> findings = new ArrayList<>();
    for (Certificate certificate : certificates) {
      findings.addAll(certificate.definition().findings(certificate.key(), now));
    }
    return findings;
  }
}
