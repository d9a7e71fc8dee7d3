package dev.aegis.gateway.introspection;

import dev.aegis.gateway.counts.Counts;
import dev.aegis.gateway.identity.Introspector;
import dev.aegis.journal.Introspection;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The issuers of all tenants that are asked about tokens. What one has answered lives as long as
 * its definition: other changes of a tenant do not have all its tokens asked about again.
 */
public final class AskedIssuers {
  private final Questions questions;
  private final LongSupplier ticker;
  private final Counts<Outcome> outcomes = new Counts<>(Outcome.class);

  // Guarded by this.
  private final Map<String, Map<ObjectKey, AskedIssuer>> byTenant = new HashMap<>();

  /** How a question ended that was not answered from memory. */
  public enum Outcome {
    /** The token is active. */
    ACTIVE("active"),
    /** It is not. */
    INACTIVE("inactive"),
    /** With nothing that can be used. */
    FAILED("failed"),
    /** It was not asked: too many others were. */
    BUSY("busy");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    /** Value of the label {@code outcome}. */
    public String label() {
      return label;
    }
  }

  /**
   * @param questions puts them to issuers
   */
  public AskedIssuers(Questions questions) {
    this(questions, System::nanoTime);
  }

  AskedIssuers(Questions questions, LongSupplier ticker) {
    this.questions = questions;
    this.ticker = ticker;
  }

  /**
   * Who asks an issuer of a tenant: the one there is, or, if its definition is another than before,
   * a new one that remembers nothing.
   *
   * @param revision of its definition
   * @param secret by which Aegis is known to it
   */
  public synchronized Introspector put(
      String tenant, ObjectKey issuer, long revision, Introspection terms, String secret) {
    Map<ObjectKey, AskedIssuer> own = byTenant.computeIfAbsent(tenant, id -> new HashMap<>());
    AskedIssuer before = own.get(issuer);
    if (before != null && before.suits(revision, terms)) {
      return before;
    }
    AskedIssuer asked = new AskedIssuer(revision, terms, secret, questions, ticker, outcomes::add);
    own.put(issuer, asked);
    return asked;
  }

  /** Drops the issuers of the tenant that are not in {@code issuers}. */
  public synchronized void keepOnly(String tenant, Set<ObjectKey> issuers) {
    Map<ObjectKey, AskedIssuer> own = byTenant.get(tenant);
    if (own != null) {
      own.keySet().retainAll(issuers);
      if (own.isEmpty()) {
        byTenant.remove(tenant);
      }
    }
  }

  /** Issuers whose last call had no answer. */
  public synchronized List<Finding> findings() {
    Map<ObjectKey, String> failures = new HashMap<>();
    for (Map<ObjectKey, AskedIssuer> own : byTenant.values()) {
      own.forEach(
          (issuer, asked) -> {
            String failure = asked.failure();
            if (failure != null) {
              failures.put(issuer, failure);
            }
          });
    }
    List<Finding> findings = new ArrayList<>();
    failures.forEach(
        (issuer, failure) ->
            findings.add(
                Finding.warning(
                    issuer.toString(),
                    "its introspection endpoint did not answer when it was last asked, so its"
                        + " tokens are refused: "
                        + failure)));
    return findings;
  }

  /** Questions so far that ended this way. */
  public long count(Outcome outcome) {
    return outcomes.of(outcome);
  }

  /** How many issuers had no answer when they were last asked. */
  public synchronized long unanswered() {
    return byTenant.values().stream()
        .flatMap(own -> own.values().stream())
        .filter(asked -> asked.failure() != null)
        .count();
  }
}
