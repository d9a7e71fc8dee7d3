package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.References;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Change;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Finding;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns what shall hold into what would be written, or into all that is wrong with it. Every object
 * is checked against the state in which all of them hold, so their order means nothing.
 */
final class BatchDrafting {
  private static final String ACTOR = "draft";

  private final Settling settling;
  private final Hosts hosts;
  private final CarriedSecrets carried;
  private final InstantSource clock;

  BatchDrafting(Settling settling, Hosts hosts, CarriedSecrets carried, InstantSource clock) {
    this.settling = settling;
    this.hosts = hosts;
    this.carried = carried;
    this.clock = clock;
  }

  /**
   * What the batch comes to.
   *
   * @param steps to write, in this order; to be trusted only without violations
   * @param unchanged how many objects held already
   * @param violations each with the object's name before the pointer
   */
  record Drafted(List<Draft.Ready> steps, int unchanged, List<Violation> violations) {
    Drafted {
      steps = List.copyOf(steps);
      violations = List.copyOf(violations);
    }
  }

  /**
   * Drafts a batch.
   *
   * @param scratch the configuration, as a copy; afterwards all that was wanted holds in it
   * @param operator who wants it
   */
  Drafted draft(Fold scratch, List<Desired> wanted, Operator operator) {
    return new Batch(scratch, wanted, operator).draft(wanted);
  }

  /** How a violation names the place: the object and, as in a URI, the pointer (RFC 6901). */
  private static void note(List<Violation> all, ObjectKey key, Violation violation) {
    all.add(new Violation(key + "#" + violation.field(), violation.message()));
  }

  private final class Batch {
    private final Fold scratch;
    private final Operator operator;
    private final Walk walk;
    private final Instant now = clock.instant();
    private final List<Violation> violations = new ArrayList<>();
    private final List<Settling.Settled> puts = new ArrayList<>();

    /** Those with a secret that is not taken: to hold already is not all that they are to do. */
    private final Set<ObjectKey> spurned = new HashSet<>();

    private final List<Entry> deletions = new ArrayList<>();
    private final BatchOrder order;
    private int unchanged;

    private Batch(Fold scratch, List<Desired> wanted, Operator operator) {
      this.scratch = scratch;
      this.operator = operator;
      this.walk = new Walk(settling, operator, scratch, wanted);
      this.order = new BatchOrder(scratch);
    }

    private Drafted draft(List<Desired> asked) {
      List<Desired> wanted = new ArrayList<>();
      for (Desired one : asked) {
        if (walk.begins(one.key())) {
          wanted.add(one);
        } else {
          note(violations, one.key(), new Violation("", "is not of a tenant that you administer"));
        }
      }
      Set<ObjectKey> seen = new HashSet<>();
      Set<String> going = new HashSet<>();
      for (Desired one : wanted) {
        if (!seen.add(one.key())) {
          note(violations, one.key(), new Violation("", "is there twice"));
        }
        if (one.body() == null && one.key().kind() == Kind.TENANT) {
          going.add(one.key().id());
          order.stands(one.key().id()); // before it goes
        }
      }
      for (Desired one : wanted) {
        if (one.body() != null && one.key().kind() == Kind.TENANT) {
          put(one.key(), one.body());
        }
      }
      for (Desired one : wanted) {
        if (one.key().kind() == Kind.TENANT) {
          continue;
        }
        String tenant = one.key().tenant();
        boolean goes = tenant != null && going.contains(tenant);
        if (one.body() == null) {
          delete(one.key(), !goes); // what a tenant has goes with it
        } else if (goes) {
          note(violations, one.key(), new Violation("", "is of a tenant that shall not be"));
        } else {
          put(one.key(), one.body());
        }
      }
      for (String tenant : going) {
        delete(ObjectKey.tenant(tenant), true);
      }
      return judge();
    }

    private void put(ObjectKey key, ObjectNode body) {
      Entry before = scratch.find(key);
      ObjectNode document = Documents.withoutReadOnly(body);
      List<Violation> wrong = new ArrayList<>();
      // Whoever is never shown a secret as it is kept has none to bring back.
      Entry keeping = operator.bound() ? before : carried.take(key, document, before, wrong);
      if (operator.bound()) {
        CarriedSecrets.refuse(key, document, wrong);
      }
      if (key.kind() == Kind.REVOCATION && keeping != null && !document.has("expires_at")) {
        document.set(
            "expires_at", keeping.body().path("expires_at")); // else it ends later each time
      }
      Set<String> sent = Secrets.in(key.kind(), document);
      Settling.Settled settled = settling.settle(key, keeping, document, wrong);
      // What was kept comes back as it was, the order of its members included.
      ObjectNode kept =
          before != null && before.body().equals(settled.document())
              ? before.body()
              : body.equals(settled.document()) ? body.deepCopy() : settled.document();
      puts.add(
          new Settling.Settled(key, before, kept, settled.revealed(), wrong, settled.findings()));
      if (wrong.stream().anyMatch(violation -> sent.contains(violation.field()))) {
        spurned.add(key);
      }
      if (take(key, kept) instanceof Verdict.Rejected rejected) {
        wrong.add(new Violation("", "cannot be: " + rejected.message()));
      }
    }

    private void delete(ObjectKey key, boolean alone) {
      Entry before = scratch.find(key);
      if (before == null) {
        unchanged++;
        return;
      }
      if (alone) {
        deletions.add(before);
      }
      take(key, null);
    }

    private Verdict take(ObjectKey key, @Nullable ObjectNode document) {
      return scratch.apply(
          scratch.revision() + 1, new Change(key, document, Change.ANY, ACTOR, now));
    }

    private Drafted judge() {
      List<Settling.Settled> changed =
          puts.stream()
              .filter(
                  put ->
                      put.before() == null
                          || !put.before().body().equals(put.document())
                          || spurned.contains(put.key()))
              .toList();
      unchanged += puts.size() - changed.size(); // and so is what they are said to be in
      List<Draft.Ready> steps = steps(changed);
      Map<ObjectKey, List<Violation>> beyond = walk.beyond(steps);
      Map<String, Set<String>> contested = hosts.contested(scratch);
      Map<String, ObjectKey> grown = new HashMap<>();
      for (Settling.Settled put : changed) {
        ObjectKey key = put.key();
        settling.refer(scratch, put, beyond.getOrDefault(key, List.of()));
        if (key.kind() == Kind.TENANT && !contested.isEmpty()) {
          contested(put, contested);
        }
        if (put.before() == null) {
          grown.putIfAbsent(key.kind() + " " + key.tenant(), key);
        }
        put.violations().forEach(violation -> note(violations, key, violation));
      }
      for (ObjectKey key : grown.values()) {
        Refusal full = Bounds.exceeded(scratch, key, now);
        if (full != null) {
          note(violations, key, new Violation("", full.detail()));
        }
      }
      for (Entry gone : deletions) {
        ObjectKey key = gone.key();
        beyond.getOrDefault(key, List.of()).forEach(held -> note(violations, key, held));
        List<String> users = References.users(scratch, key);
        if (!users.isEmpty()) {
          note(violations, key, new Violation("", "is used by " + String.join(", ", users)));
        }
      }
      return new Drafted(steps, unchanged, violations);
    }

    /** What would be written, in its order: what comes or changes, and then what goes. */
    private List<Draft.Ready> steps(List<Settling.Settled> changed) {
      List<Draft.Ready> steps = new ArrayList<>();
      for (Settling.Settled put : changed) {
        List<Finding> findings = new ArrayList<>(put.findings());
        findings.addAll(hosts.findings(scratch, put.key(), put.document()));
        steps.add(
            new Draft.Ready(put.key(), put.before(), put.document(), put.revealed(), findings));
      }
      steps.sort(order);
      deletions.stream()
          .map(gone -> new Draft.Ready(gone.key(), gone, null, null, List.of()))
          .sorted(order.reversed())
          .forEach(steps::add);
      return steps;
    }

    /**
     * Notes hosts that the tenant would come to share with another. An operator that is held to a
     * tenant is told so of hosts alone that it may give, and not whose they are, as with a single
     * change.
     */
    private void contested(Settling.Settled tenant, Map<String, Set<String>> contested) {
      if (operator.bound() && !tenant.violations().isEmpty()) {
        return;
      }
      Set<String> wanted = hosts.of(tenant.key().id(), tenant.document());
      Entry before = tenant.before();
      if (before != null) {
        wanted.removeAll(hosts.of(tenant.key().id(), before.body()));
      }
      for (String host : wanted) {
        for (String other : contested.getOrDefault(host, Set.of())) {
          if (!other.equals(tenant.key().id())) {
            String whose =
                operator.reaches(scratch, other) ? "tenant \"" + other + "\"" : "another tenant";
            tenant
                .violations()
                .add(new Violation("/hosts", "\"" + host + "\" is a host of " + whose));
          }
        }
      }
    }
  }
}
