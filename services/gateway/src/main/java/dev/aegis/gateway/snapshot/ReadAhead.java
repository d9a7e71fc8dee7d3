package dev.aegis.gateway.snapshot;

import dev.aegis.journal.Definition;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads the definitions of the tenants that are compiled next, on as many threads as there are
 * processors, when there are many such tenants: at a start, or when something changes that holds in
 * all of them. To read them takes half of the time that compiling does, and nothing but the fold,
 * which does not change meanwhile. What was not read ahead, or cannot be understood, is read by who
 * asks. One thread uses it.
 */
final class ReadAhead implements AutoCloseable {
  /** So many tenants are read at a time, and not fewer. */
  private static final int CHUNK = 64;

  /** Kinds that are read whenever their tenant is compiled: others keep what they became. */
  private static final List<Kind> READ =
      List.of(Kind.UPSTREAM, Kind.ROUTE, Kind.ISSUER, Kind.ROLE, Kind.BINDING, Kind.PLUGIN);

  private final Fold fold;
  private final int threads;
  private final ExecutorService readers;
  private final Deque<List<String>> waiting = new ArrayDeque<>();
  private final Deque<Chunk> begun = new ArrayDeque<>();
  private Map<String, IdentityHashMap<Entry, Definition>> ready = Map.of();
  private IdentityHashMap<Entry, Definition> current = new IdentityHashMap<>();

  private record Chunk(
      List<String> tenants, Future<Map<String, IdentityHashMap<Entry, Definition>>> read) {}

  private ReadAhead(Fold fold, int threads, ExecutorService readers) {
    this.fold = fold;
    this.threads = threads;
    this.readers = readers;
  }

  /**
   * One that begins to read.
   *
   * @param tenants in the order in which they are asked for
   */
  static ReadAhead of(Fold fold, Collection<String> tenants) {
    int threads = Runtime.getRuntime().availableProcessors();
    ReadAhead ahead =
        new ReadAhead(
            fold,
            threads,
            Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("definitions-", 0).factory()));
    if (tenants.size() >= CHUNK) {
      List<String> all = new ArrayList<>(tenants);
      for (int from = 0; from < all.size(); from += CHUNK) {
        ahead.waiting.add(all.subList(from, Math.min(from + CHUNK, all.size())));
      }
      ahead.begin();
    }
    return ahead;
  }

  /** Goes on to {@code tenant}. */
  void next(String tenant) {
    while (!begun.isEmpty() && !ready.containsKey(tenant)) {
      if (!begun.getFirst().tenants().contains(tenant)) {
        break; // it was asked for out of turn
      }
      ready = read(begun.removeFirst().read());
      begin();
    }
    current = ready.getOrDefault(tenant, new IdentityHashMap<>());
  }

  /**
   * The definition of an object.
   *
   * @throws InvalidDefinition when this version cannot understand it
   */
  Definition definition(Entry entry) {
    Definition known = current.get(entry);
    return known == null ? entry.definition() : known;
  }

  private void begin() {
    while (begun.size() < 2 * threads && !waiting.isEmpty()) {
      List<String> tenants = waiting.removeFirst();
      begun.add(new Chunk(tenants, readers.submit(() -> read(tenants))));
    }
  }

  private Map<String, IdentityHashMap<Entry, Definition>> read(List<String> tenants) {
    Map<String, IdentityHashMap<Entry, Definition>> read = new HashMap<>();
    for (String tenant : tenants) {
      IdentityHashMap<Entry, Definition> definitions = new IdentityHashMap<>();
      for (Kind kind : READ) {
        for (Entry entry : fold.list(kind, tenant)) {
          read(entry, definitions);
        }
      }
      Entry own = fold.find(ObjectKey.tenant(tenant));
      if (own != null) {
        read(own, definitions);
      }
      read.put(tenant, definitions);
    }
    return read;
  }

  private static void read(Entry entry, IdentityHashMap<Entry, Definition> definitions) {
    try {
      definitions.put(entry, entry.definition());
    } catch (RuntimeException e) {
      // Whoever compiles the tenant meets it again, and says so.
    }
  }

  private static Map<String, IdentityHashMap<Entry, Definition>> read(
      Future<Map<String, IdentityHashMap<Entry, Definition>>> chunk) {
    try {
      return chunk.get();
    } catch (ExecutionException e) {
      return Map.of(); // a bug: it is met again where it can be said whose object it is
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the service is stopping, and may finish alone
      return Map.of();
    }
  }

  /** Ends its threads, and waits for them: the fold may change then. */
  @Override
  public void close() {
    begun.forEach(chunk -> chunk.read().cancel(false));
    readers.close();
  }
}
