package dev.aegis.admin.changes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.References;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a batch is written: whoever is named before whoever names it, one tenant after
 * the other, so that a gateway compiles each of them once or twice. Ancestors come before
 * descendants.
 */
final class BatchOrder implements Comparator<Draft.Ready> {
  private final Fold wouldBe;
  private final Map<String, Integer> depths = new HashMap<>();
  private final Comparator<Draft.Ready> parts =
      Comparator.comparingInt(this::depth)
          .thenComparing(step -> String.valueOf(step.key().tenant()))
          .thenComparingInt(step -> rank(step.key().kind()))
          .thenComparingInt(step -> inherits(step.after()))
          .thenComparing(step -> step.key().id());

  /**
   * @param wouldBe the configuration in which the batch holds, by the time that anything is
   *     compared
   */
  BatchOrder(Fold wouldBe) {
    this.wouldBe = wouldBe;
  }

  /** Keeps in mind where a tenant stands now. */
  void stands(String tenant) {
    depths.computeIfAbsent(tenant, id -> References.depth(wouldBe, id));
  }

  @Override
  public int compare(Draft.Ready one, Draft.Ready other) {
    return parts.compare(one, other);
  }

  private int depth(Draft.Ready step) {
    String tenant = step.key().tenant();
    if (step.key().kind() == Kind.OPERATOR) {
      return Integer.MAX_VALUE; // it may be held to any tenant
    }
    return tenant == null
        ? -1
        : depths.computeIfAbsent(tenant, id -> References.depth(wouldBe, id));
  }

  private static int inherits(@Nullable ObjectNode role) {
    return role == null || role.path("inherits").isEmpty() ? 0 : 1;
  }

  /**
   * A plugin comes before the route that it names, although it waits for it then: the other way
   * round the route would serve for a moment without its limit.
   */
  private static int rank(Kind kind) {
    return switch (kind) {
      case TENANT -> 0;
      case REVOCATION -> 1;
      case UPSTREAM -> 2;
      case ISSUER -> 3;
      case ROLE -> 4;
      case BINDING -> 5;
      case PLUGIN -> 6;
      case ROUTE -> 7;
      case CERTIFICATE -> 8;
      case API_KEY -> 9;
      case WEBHOOK -> 10;
      case OPERATOR -> 11;
    };
  }
}
