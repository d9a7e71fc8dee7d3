package dev.aegis.admin.changes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.tenancy.Hosts;
import dev.aegis.admin.tenancy.OwnAddresses;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How many objects of programs' making there is room for. */
final class BoundsTest {
  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Fold fold = new Fold();
  private final Drafting drafting =
      new Drafting(
          MASTER_KEY,
          PluginCatalog.builtIn(MASTER_KEY),
          new Hosts("example.com"),
          new OwnAddresses(Set::of),
          () -> NOW);

  @BeforeEach
  void twoTenants() {
    put(ObjectKey.tenant("t"), Json.object().put("id", "t").put("name", "t"));
    put(ObjectKey.tenant("u"), Json.object().put("id", "u").put("name", "u"));
  }

  private void put(ObjectKey key, ObjectNode document) {
    assertThat(fold.apply(fold.revision() + 1, new Change(key, document, Change.ANY, "test", NOW)))
        .isInstanceOf(Verdict.Applied.class);
  }

  private static ObjectNode document(Kind kind, String id, Instant ends) {
    ObjectNode document = Json.object().put("id", id);
    if (kind == Kind.REVOCATION) {
      return document.put("jti", id).put("expires_at", ends.toString());
    }
    document.put("subject", id).putArray("roles");
    return kind == Kind.API_KEY ? document.put("name", id) : document;
  }

  private void fill(Kind kind, int count, Instant ends) {
    for (int i = 0; i < count; i++) {
      String id = "o" + i;
      put(new ObjectKey(kind, "t", id), document(kind, id, ends));
    }
  }

  private Draft create(Kind kind, String tenant) {
    ObjectNode wanted = document(kind, "new", NOW.plus(Duration.ofDays(1)));
    if (kind == Kind.BINDING) {
      put(new ObjectKey(Kind.ROLE, tenant, "r"), permissions());
      wanted.withArray("roles").add("r");
    }
    return drafting.draft(
        fold,
        new Order(
            kind,
            tenant,
            null,
            new Wish.Create(wanted),
            new Guard.None(),
            Operator.PLATFORM_ADMINISTRATOR,
            null,
            false));
  }

  private static ObjectKey beside(String tenant) {
    return new ObjectKey(Kind.REVOCATION, tenant, "new");
  }

  private static ObjectNode permissions() {
    ObjectNode role = Json.object().put("id", "r");
    role.putArray("permissions").addObject().putArray("paths").add("/**");
    return role;
  }

  @ParameterizedTest
  @EnumSource(names = {"API_KEY", "BINDING", "REVOCATION"})
  void aTenantHasRoomForSoMany(Kind kind) {
    fill(kind, Bounds.MOST - 1, NOW.plus(Duration.ofDays(1)));
    assertThat(create(kind, "t")).isInstanceOf(Draft.Ready.class);
    put(new ObjectKey(kind, "t", "last"), document(kind, "last", NOW.plus(Duration.ofDays(1))));
    assertThat(create(kind, "t"))
        .isInstanceOfSatisfying(
            Draft.Impossible.class,
            full -> {
              assertThat(full.why().reason()).isEqualTo(Refusal.Reason.TOO_MANY);
              assertThat(full.why().detail()).contains("10000");
            });
    assertThat(create(kind, "u")).as("another tenant").isInstanceOf(Draft.Ready.class);
  }

  @Test
  void aRevocationThatIsOverTakesNobodysPlace() {
    fill(Kind.REVOCATION, Bounds.MOST, NOW.minus(Duration.ofHours(2)));
    assertThat(create(Kind.REVOCATION, "t")).isInstanceOf(Draft.Ready.class);
    assertThat(Bounds.over(fold, beside("t"), NOW)).hasSize(2);
    assertThat(Bounds.over(fold, beside("u"), NOW)).isEmpty();
  }

  /** Gateways' clocks may be behind, and one that holds for ever is never over. */
  @Test
  void whatMayStillBeLookedAtStays() {
    fill(Kind.REVOCATION, 2, NOW.minus(Duration.ofMinutes(59)));
    put(
        new ObjectKey(Kind.REVOCATION, "t", "ever"),
        Json.object().put("id", "ever").put("jti", "x"));
    assertThat(Bounds.over(fold, beside("t"), NOW)).isEmpty();
  }
}
