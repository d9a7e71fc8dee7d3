package dev.aegis.admin.access;

import dev.aegis.journal.Fold;
import dev.aegis.journal.Lineage;
import dev.aegis.journal.OperatorDefinition.Role;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Somebody whom the admin API let in.
 *
 * @param name how the journal and the log name who changed something
 * @param role what may be done
 * @param tenant where: in this tenant and those below it; null for everywhere
 */
public record Operator(String name, Role role, @Nullable String tenant) {
  /** Whoever holds the platform administrator's token. */
  public static final Operator PLATFORM_ADMINISTRATOR =
      new Operator("platform_admin", Role.PLATFORM_ADMIN, null);

  /** Aegis itself, where it changes what nobody asked for. */
  public static final Operator AEGIS = new Operator("aegis", Role.PLATFORM_ADMIN, null);

  /** Whoever calls what asks for no credential; may do nothing else. */
  public static final Operator NOBODY = new Operator("nobody", Role.AUDITOR, "-");

  /** Whether it is held to a tenant and those below it. */
  public boolean bound() {
    return tenant != null;
  }

  /** Whether it changes anything at all. */
  public boolean writes() {
    return switch (role) {
      case PLATFORM_ADMIN, TENANT_ADMIN -> true;
      case AUDITOR -> false;
    };
  }

  /**
   * Whether what belongs to {@code place} is within its reach. A bound operator reaches nothing in
   * a tenant whose way to the root cannot be followed.
   *
   * @param place id of a tenant, null for the installation
   */
  public boolean reaches(Fold fold, @Nullable String place) {
    if (tenant == null) {
      return true;
    }
    if (place == null || !fold.tenants().contains(tenant)) {
      return false;
    }
    return Lineage.within(fold, place, tenant);
  }

  /** Ids of the tenants within its reach, in order. */
  public Set<String> reached(Fold fold) {
    if (tenant == null) {
      return fold.tenants();
    }
    Set<String> reached = new TreeSet<>();
    reach(fold, tenant, reached);
    reached.removeIf(below -> !reaches(fold, below));
    return reached;
  }

  private static void reach(Fold fold, String at, Set<String> reached) {
    if (reached.size() <= fold.tenants().size() && reached.add(at)) {
      fold.children(at).forEach(below -> reach(fold, below, reached));
    }
  }
}
