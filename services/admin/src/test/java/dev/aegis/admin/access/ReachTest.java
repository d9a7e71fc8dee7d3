package dev.aegis.admin.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition.Role;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which tenants an operator sees. */
final class ReachTest {
  private static final Operator OF_OWN = new Operator("own.admin", Role.TENANT_ADMIN, "own");

  private final Fold fold = new Fold();

  @BeforeEach
  void tree() {
    tenant("above", "enterprise", null);
    tenant("own", "organization", "above");
    tenant("below", "team", "own");
    tenant("deeper", "user", "below");
    tenant("foreign", "organization", null);
  }

  private void tenant(String id, String kind, @Nullable String parent) {
    ObjectNode document = Json.object().put("id", id).put("name", id).put("kind", kind);
    change(id, document.put("parent", parent));
  }

  private void change(String id, @Nullable ObjectNode document) {
    fold.apply(
        fold.revision() + 1,
        new Change(ObjectKey.tenant(id), document, Change.ANY, "test", Instant.EPOCH));
  }

  @Test
  void aBoundOperatorReachesItsTenantAndThoseBelow() {
    assertThat(OF_OWN.reached(fold)).containsExactly("below", "deeper", "own");
    for (String tenant : new String[] {"above", "foreign", "no-such", "", "Own", null}) {
      assertThat(OF_OWN.reaches(fold, tenant)).as(tenant).isFalse();
    }
    assertThat(Operator.PLATFORM_ADMINISTRATOR.reaches(fold, null)).isTrue();
    assertThat(Operator.PLATFORM_ADMINISTRATOR.reached(fold)).hasSize(5);
    assertThat(Operator.NOBODY.reached(fold)).isEmpty();
  }

  @Test
  void whatMovesAwayIsNotReachedAnyMore() {
    tenant("below", "team", "foreign");
    assertThat(OF_OWN.reached(fold)).containsExactly("own");
    tenant("below", "team", "own");
    assertThat(OF_OWN.reaches(fold, "deeper")).isTrue();
  }

  @Test
  void aWayThatCannotBeFollowedLeadsNowhere() {
    tenant("below", "team", "no-such");
    assertThat(OF_OWN.reaches(fold, "deeper")).isFalse();
    tenant("below", "team", "deeper");
    assertThat(OF_OWN.reaches(fold, "deeper")).isFalse();
    tenant("below", "team", "own");
    tenant("above", "enterprise", "deeper");
    assertThat(OF_OWN.reaches(fold, "below")).as("a cycle over its own tenant").isFalse();
    assertThat(OF_OWN.reached(fold)).containsExactly("own");
  }

  @Test
  void whoIsHeldToATenantThatIsGoneReachesNothing() {
    change("own", null);
    assertThat(OF_OWN.reached(fold)).isEmpty();
    assertThat(OF_OWN.reaches(fold, "own")).isFalse();
    assertThat(OF_OWN.reaches(fold, "below")).isFalse();
  }
}
