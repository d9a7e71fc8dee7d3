package dev.aegis.journal;

import static dev.aegis.journal.Changes.delete;
import static dev.aegis.journal.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FoldTest {
  private final Fold fold = new Fold();

  /** Revision 10 is tenant acme, 11 its route r, 12 a plugin of the installation. */
  @BeforeEach
  void begin() {
    applied(fold.apply(10, put("tenants/acme", Change.ABSENT)));
    applied(fold.apply(11, put("tenants/acme/routes/r", Change.ABSENT)));
    applied(fold.apply(12, put("plugins/p", Change.ABSENT)));
  }

  @ParameterizedTest
  @CsvSource({
    // operation, key, expected, reason (empty: applied)
    "put, tenants/acme, 10,",
    "put, tenants/acme, -2,",
    "put, tenants/acme, -1, STALE",
    "put, tenants/acme, 9, STALE",
    "put, tenants/beta, -1,",
    "put, tenants/beta, -2,",
    "put, tenants/beta, 10, STALE",
    "put, tenants/acme/routes/r, 11,",
    "put, tenants/acme/routes/r, 10, STALE",
    "put, tenants/acme/routes/other, -1,",
    "put, tenants/acme/upstreams/r, -1,",
    "put, tenants/beta/routes/r, -1, NO_TENANT",
    "put, tenants/beta/routes/r, -2, NO_TENANT",
    "put, plugins/p, 12,",
    "put, plugins/p, 11, STALE",
    "put, tenants/acme/plugins/p, -1,",
    "delete, tenants/acme, 10,",
    "delete, tenants/acme, -2,",
    "delete, tenants/acme, 11, STALE",
    "delete, tenants/beta, -2, MISSING",
    "delete, tenants/beta, -1, MISSING",
    "delete, tenants/beta, 10, STALE",
    "delete, tenants/acme/routes/r, 11,",
    "delete, tenants/acme/routes/other, -2, MISSING",
    "delete, tenants/beta/routes/r, -2, MISSING",
    "delete, plugins/p, -2,",
  })
  void aChangeIsGrantedOrRejected(
      String operation, String key, long expected, Verdict.@Nullable Reason reason) {
    int before = fold.size();
    Change change = operation.equals("put") ? put(key, expected) : delete(key, expected);

    Verdict verdict = fold.apply(20, change);

    assertThat(fold.revision()).isEqualTo(20);
    if (reason == null) {
      assertThat(verdict).isEqualTo(new Verdict.Applied(ObjectKey.parse(key)));
      assertThat(fold.rejected()).isEmpty();
      Entry entry = fold.find(ObjectKey.parse(key));
      if (operation.equals("put")) {
        assertThat(entry.revision()).isEqualTo(20);
      } else {
        assertThat(entry).isNull();
      }
    } else {
      assertThat(verdict)
          .isInstanceOfSatisfying(
              Verdict.Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(reason));
      assertThat(fold.rejected()).containsExactly(20L);
      assertThat(fold.size()).isEqualTo(before);
    }
  }

  @Test
  void aTenantThatIsDeletedTakesEverythingWithItAndNothingOfOthers() {
    applied(fold.apply(13, put("tenants/beta", Change.ABSENT)));
    applied(fold.apply(14, put("tenants/beta/routes/r", Change.ABSENT)));

    applied(fold.apply(15, delete("tenants/acme", 10)));

    assertThat(fold.tenants()).containsExactly("beta");
    assertThat(fold.find(ObjectKey.parse("tenants/acme/routes/r"))).isNull();
    assertThat(fold.list(Kind.ROUTE, "acme")).isEmpty();
    assertThat(fold.list(Kind.ROUTE, "beta")).hasSize(1);
    assertThat(fold.size()).isEqualTo(3);

    applied(fold.apply(16, put("tenants/acme", Change.ABSENT)));
    assertThat(fold.list(Kind.ROUTE, "acme")).as("it begins anew").isEmpty();
  }

  @Test
  void aTenantThatChangesKeepsItsObjectsAndItsBeginning() {
    Instant later = Changes.AT.plusSeconds(60);
    applied(fold.apply(13, put("tenants/acme", 10, later)));

    Entry tenant = fold.find(ObjectKey.tenant("acme"));
    assertThat(tenant.createdAt()).isEqualTo(Changes.AT);
    assertThat(tenant.updatedAt()).isEqualTo(later);
    assertThat(fold.list(Kind.ROUTE, "acme")).hasSize(1);
  }

  @Test
  void aRecordThatCannotBeReadTakesItsRevisionAndNothingElse() {
    Verdict verdict = fold.skip(13, "because");
    assertThat(verdict).isEqualTo(new Verdict.Rejected(Verdict.Reason.UNREADABLE, "because"));
    assertThat(fold.revision()).isEqualTo(13);
    assertThat(fold.size()).isEqualTo(3);
  }

  @Test
  void revisionsRise() {
    assertThatThrownBy(() -> fold.apply(12, put("tenants/beta", Change.ABSENT)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fold.skip(11, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThat(fold.revision()).isEqualTo(12);
  }

  @Test
  void lookingDoesNotChange() {
    fold.list(Kind.WEBHOOK, "acme");
    fold.list(Kind.WEBHOOK, "nobody");
    fold.find(ObjectKey.parse("tenants/nobody/routes/r"));
    assertThat(fold.tenants()).containsExactly("acme");
    assertThatThrownBy(() -> fold.list(Kind.ROUTE, "acme").clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static void applied(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Applied.class);
  }
}
