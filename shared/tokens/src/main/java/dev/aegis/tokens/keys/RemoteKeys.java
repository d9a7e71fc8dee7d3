package dev.aegis.tokens.keys;

import dev.aegis.journal.PublishedKeys;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.model.Finding;
import dev.aegis.tokens.KeySet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * The keys of all issuers that publish theirs. Those with the same place share what is fetched,
 * whichever tenants they are of.
 */
public final class RemoteKeys implements AutoCloseable {
  /** Fetches at once: they wait for others, and cost little. */
  private static final int MAX_FETCHES = 256;

  /** Longest wait for one set's thread at the end. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private final Documents documents;
  private final KeysFolder folder;
  private final InstantSource clock;
  private final FetchTerms terms;
  private final Semaphore slots = new Semaphore(MAX_FETCHES, true);
  private final Map<Outcome, LongAdder> outcomes = new EnumMap<>(Outcome.class);

  // Guarded by this.
  private final Map<PublishedKeys.Place, Source> sources = new HashMap<>();
  private final Map<String, Map<String, FollowedKeys>> byTenant = new HashMap<>();

  /** How a fetch ended. */
  public enum Outcome {
    /** With other keys than before. */
    CHANGED("changed"),
    /** With the same keys. */
    UNCHANGED("unchanged"),
    /** With nothing that can be used. */
    FAILED("failed");

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
   * @param documents is asked for them
   * @param folder where the last known ones outlive this process
   */
  public RemoteKeys(Documents documents, KeysFolder folder, InstantSource clock) {
    this(documents, folder, clock, FetchTerms.DEFAULT);
  }

  RemoteKeys(Documents documents, KeysFolder folder, InstantSource clock, FetchTerms terms) {
    this.documents = documents;
    this.folder = folder;
    this.clock = clock;
    this.terms = terms;
    for (Outcome each : Outcome.values()) {
      outcomes.put(each, new LongAdder());
    }
  }

  /**
   * The keys of an issuer: those it has, or, if it says something else about them than before, new
   * ones. They are fetched from now on.
   *
   * @param issuer subject of what is found wrong with them
   * @param algorithms that it signs with
   * @param published where they are
   */
  public synchronized KeySet put(
      String tenant, String issuer, List<SigningAlgorithm> algorithms, PublishedKeys published) {
    Map<String, FollowedKeys> own = byTenant.computeIfAbsent(tenant, id -> new HashMap<>());
    FollowedKeys before = own.get(issuer);
    if (before != null && before.suits(published, algorithms)) {
      return before;
    }
    Source source = sources.get(published.place());
    boolean fresh = source == null;
    if (source == null) {
      source = new Source(published.place(), documents, folder, clock, terms, slots, this::ended);
      sources.put(published.place(), source);
    }
    FollowedKeys keys = new FollowedKeys(published, algorithms, source, clock, terms);
    source.add(keys);
    own.put(issuer, keys);
    if (fresh) {
      source.start();
    }
    if (before != null) {
      release(before);
    }
    return keys;
  }

  /** Drops the keys of the tenant's issuers that are not in {@code issuers}. */
  public synchronized void keepOnly(String tenant, Set<String> issuers) {
    Map<String, FollowedKeys> own = byTenant.getOrDefault(tenant, Map.of());
    for (Map.Entry<String, FollowedKeys> entry : Map.copyOf(own).entrySet()) {
      if (!issuers.contains(entry.getKey())) {
        own.remove(entry.getKey());
        release(entry.getValue());
      }
    }
    if (own.isEmpty()) {
      byTenant.remove(tenant);
    }
  }

  private void release(FollowedKeys keys) {
    Source source = keys.source();
    if (source.remove(keys)) {
      sources.remove(source.place());
      source.stop();
    }
  }

  /** Drops from the disk what is known of sets that nobody goes by. */
  public void forgetUnused() {
    Set<String> names = new HashSet<>();
    synchronized (this) {
      sources.keySet().forEach(place -> names.add(place.name()));
    }
    folder.keepOnly(names);
  }

  /** Issuers without keys, and those that go on with their last known ones. */
  public List<Finding> findings() {
    Map<String, FollowedKeys> all = new HashMap<>();
    synchronized (this) {
      byTenant.values().forEach(all::putAll);
    }
    Instant now = clock.instant();
    List<Finding> findings = new ArrayList<>();
    all.forEach(
        (issuer, keys) -> {
          switch (keys.state(now)) {
            case null -> {
              // All is well.
            }
            case FollowedKeys.State.Without(String why) ->
                findings.add(
                    Finding.error(issuer, "it has no keys, so its tokens are refused: " + why));
            case FollowedKeys.State.Stale(String why, Instant since, Instant until) ->
                findings.add(
                    Finding.warning(
                        issuer,
                        "its keys are those of " + since + ", good until " + until + ": " + why));
          }
        });
    return findings;
  }

  /** Fetches so far that ended this way. */
  public long count(Outcome outcome) {
    return adder(outcome).sum();
  }

  private void ended(Outcome outcome) {
    adder(outcome).increment();
  }

  private LongAdder adder(Outcome outcome) {
    return Objects.requireNonNull(outcomes.get(outcome)); // each has one
  }

  /** How many sets go on with their last known keys, or with none. */
  public synchronized long unanswered() {
    return sources.values().stream().filter(source -> source.failure() != null).count();
  }

  @Override
  public void close() {
    List<Source> all;
    synchronized (this) {
      all = List.copyOf(sources.values());
      sources.clear();
      byTenant.clear();
    }
    all.forEach(Source::stop);
    try {
      for (Source source : all) {
        source.awaitEnd(STOP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever closes does not want to wait
    }
  }
}
