package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.model.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TroublesTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final AtomicReference<Instant> time = new AtomicReference<>(BEGIN);
  private final Troubles troubles = new Troubles(time::get);

  @AfterEach
  void close() {
    troubles.close();
  }

  private void pass(Duration more) {
    time.updateAndGet(now -> now.plus(more));
  }

  private List<String> shown() {
    return troubles.now().stream()
        .map(
            one ->
                Duration.between(BEGIN, one.since()).toSeconds()
                    + " "
                    + one.what()
                    + ": "
                    + one.detail())
        .toList();
  }

  @Test
  void aTroubleHasBegunWhenItWasFirstSeenWithoutABreak() {
    AtomicReference<String> wrong = new AtomicReference<>();
    troubles.watch("kafka", wrong::get);
    assertThat(shown()).isEmpty();
    wrong.set("it is slow");
    pass(Duration.ofSeconds(10));
    assertThat(shown()).containsExactly("10 kafka: it is slow");
    wrong.set("it is away");
    pass(Duration.ofSeconds(10));
    assertThat(shown()).containsExactly("10 kafka: it is away");
    wrong.set(null);
    assertThat(shown()).isEmpty();
    wrong.set("it is away");
    pass(Duration.ofSeconds(10));
    assertThat(shown()).containsExactly("30 kafka: it is away");
  }

  @Test
  void theOldestIsFirstAndThereAreNotTooMany() {
    List<Finding> findings = new ArrayList<>(List.of(Finding.error("z", "old")));
    troubles.watchAll(() -> List.copyOf(findings));
    assertThat(shown()).containsExactly("0 z: old");
    pass(Duration.ofSeconds(1));
    findings.addFirst(Finding.warning("a", "new"));
    assertThat(shown()).containsExactly("0 z: old", "1 a: new");
    for (int i = 0; i < 1000; i++) {
      findings.add(Finding.warning("more" + i, "new"));
    }
    assertThat(shown()).hasSize(200).startsWith("0 z: old");
  }

  @Test
  void lossesAreShownForFiveMinutesAfterTheLast() {
    AtomicLong lost = new AtomicLong();
    troubles.watchCount("events", "events are lost", lost::get);
    assertThat(shown()).isEmpty();
    lost.set(3);
    assertThat(shown())
        .containsExactly("0 events: 3 events are lost, the last about 2026-01-01T00:00:00Z");
    pass(Duration.ofMinutes(4));
    lost.set(5);
    assertThat(shown())
        .containsExactly("0 events: 5 events are lost, the last about 2026-01-01T00:04:00Z");
    pass(Duration.ofMinutes(5));
    assertThat(shown()).isEmpty();
    lost.set(6);
    assertThat(shown())
        .containsExactly("540 events: 1 events are lost, the last about 2026-01-01T00:09:00Z");
  }

  @Test
  void whatCannotBeAskedHidesNothingElse() {
    troubles.watch(
        "broken",
        () -> {
          throw new IllegalStateException("closed");
        });
    troubles.watch("kafka", () -> "it is away");
    assertThat(shown())
        .containsExactly(
            "0 status: part of it cannot be asked: java.lang.IllegalStateException: closed",
            "0 kafka: it is away");
  }

  @Test
  void looksOfItselfUntilItIsClosed() {
    AtomicInteger asked = new AtomicInteger();
    troubles.watch(
        "x",
        () -> {
          asked.incrementAndGet();
          return null;
        });
    await().atMost(Duration.ofSeconds(10)).until(() -> asked.get() > 0);
  }
}
