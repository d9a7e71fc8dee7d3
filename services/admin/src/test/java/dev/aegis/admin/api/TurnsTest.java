package dev.aegis.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.admin.access.Operator;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.OperatorDefinition.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Whose document is applied when. */
final class TurnsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @Test
  void operatorsOfTenantsDoNotHoldUpThePlatform() throws Exception {
    Turns turns = new Turns(Duration.ZERO);
    try (Turns.Turn tenants = turns.take("one")) {
      assertThat(tenants).isNotNull();
      try (Turns.Turn platform = turns.take(null)) {
        assertThat(platform).isNotNull();
        assertThat(turns.take(null)).as("one document at a time").isNull();
      }
      assertThat(turns.take("one")).isNull();
      assertThat(turns.take("two")).isNull();
    }
    try (Turns.Turn again = turns.take("two")) {
      assertThat(again).isNotNull();
    }
    try (Turns.Turn again = turns.take("one")) {
      assertThat(again).isNotNull();
    }
  }

  /** As those who look at the log have it. */
  @Test
  void oneTreeLeavesTurnsToOthers() throws Exception {
    Turns turns = new Turns(2, Duration.ZERO, 2, Duration.ZERO);
    try (Turns.Turn one = turns.take("one")) {
      assertThat(one).isNotNull();
      assertThat(turns.take("one")).isNull();
      try (Turns.Turn two = turns.take("two");
          Turns.Turn platform = turns.take(null);
          Turns.Turn another = turns.take(null)) {
        assertThat(two).isNotNull();
        assertThat(platform).isNotNull();
        assertThat(another).isNotNull();
        assertThat(turns.take("three")).isNull();
        assertThat(turns.take(null)).isNull();
      }
    }
  }

  @Test
  void whoWaitsGetsTheNextTurn() throws Exception {
    Turns turns = new Turns(LONG);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Turns.Turn first = turns.take("one");
      assertThat(first).isNotNull();
      Future<Turns.Turn> second = threads.submit(() -> turns.take("two"));
      Future<Turns.Turn> third = threads.submit(() -> turns.take("one"));
      assertThat(second.isDone() || third.isDone()).isFalse();
      first.close();
      second.get().close();
      third.get().close();
    }
  }

  @Test
  void thoseOfOneTreeAreOneInTheQueue() {
    Fold fold = new Fold();
    tenant(fold, "root", null);
    tenant(fold, "middle", "root");
    tenant(fold, "leaf", "middle");
    for (String tenant : new String[] {"root", "middle", "leaf"}) {
      assertThat(Turns.tree(fold, new Operator("o", Role.TENANT_ADMIN, tenant))).isEqualTo("root");
    }
    assertThat(Turns.tree(fold, new Operator("o", Role.TENANT_ADMIN, "gone"))).isEqualTo("gone");
    assertThat(Turns.tree(fold, Operator.PLATFORM_ADMINISTRATOR)).isNull();
  }

  private static void tenant(Fold fold, String id, String parent) {
    fold.apply(
        fold.revision() + 1,
        new Change(
            ObjectKey.tenant(id),
            Json.object().put("id", id).put("name", id).put("parent", parent),
            Change.ANY,
            "test",
            Instant.EPOCH));
  }
}
