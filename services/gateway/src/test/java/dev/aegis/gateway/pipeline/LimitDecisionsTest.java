package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.pipeline.LimitDecisions.Board;
import dev.aegis.gateway.pipeline.LimitDecisions.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How often the board is asked for counters, which may take a lock. */
final class LimitDecisionsTest {
  private final List<String> asked = new ArrayList<>();
  private final List<String> counted = new ArrayList<>();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong();

  private final class Asked implements Board {
    private Runnable meanwhile = () -> {};

    @Override
    public Runnable counter(String tenant, String policy, Outcome outcome) {
      asked.add(policy);
      String counter = policy + " of " + changes.get();
      Runnable once = meanwhile;
      meanwhile = () -> {};
      once.run();
      return () -> counted.add(counter);
    }

    @Override
    public long changes() {
      return changes.get();
    }
  }

  @Test
  void tooManyDoNotDriveOthersOut() {
    LimitDecisions decisions = new LimitDecisions(new Asked(), nanos::get);
    for (int i = 0; i < 10_000; i++) {
      decisions.add("t", "p" + i, Outcome.ALLOWED);
    }
    for (int i = 0; i < 3; i++) {
      decisions.add("t", "more", Outcome.ALLOWED);
      decisions.add("t", "p0", Outcome.ALLOWED);
    }
    assertThat(asked).hasSize(10_003);
    assertThat(counted).hasSize(10_006);

    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    decisions.add("t", "more", Outcome.ALLOWED); // is remembered from now on, and few others are
    decisions.add("t", "more", Outcome.ALLOWED);
    decisions.add("t", "p0", Outcome.ALLOWED);
    decisions.add("t", "p0", Outcome.ALLOWED);
    assertThat(asked).hasSize(10_005);
  }

  @Test
  void aCounterThatWasTakenOutMeanwhileIsNotKept() {
    Asked board = new Asked();
    LimitDecisions decisions = new LimitDecisions(board, nanos::get);
    board.meanwhile =
        () -> {
          changes.incrementAndGet();
          decisions.add("t", "other", Outcome.ALLOWED);
        };
    decisions.add("t", "p", Outcome.ALLOWED);
    decisions.add("t", "p", Outcome.ALLOWED);
    decisions.add("t", "p", Outcome.ALLOWED);
    assertThat(counted).containsExactly("other of 1", "p of 0", "p of 1", "p of 1");
    assertThat(asked).containsExactly("p", "other", "p");
  }
}
