package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.upstream.Seats.Answer;
import dev.aegis.journal.UpstreamDefinition.Bounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class SeatsTest {
  private static final long LONG = Duration.ofSeconds(20).toNanos();
  private static final Bounds ONE = new Bounds(1, 2);

  private final Seats seats = new Seats();
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  /** Lets another thread ask, and comes back when it waits. */
  private Thread waiting(String name, long nanos) {
    Thread thread =
        Thread.ofVirtual().start(() -> answers.add(name + " " + seats.take(ONE, nanos)));
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return thread;
  }

  private String answer() throws InterruptedException {
    String answer = answers.poll(10, TimeUnit.SECONDS);
    return answer == null ? "none" : answer;
  }

  @Test
  void withoutABoundNobodyWaits() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(seats.take(Bounds.NONE, 0)).isEqualTo(Answer.UNBOUNDED);
    }
    assertThat(seats.full(Bounds.NONE)).isFalse();
  }

  @Test
  void whoHasWaitedLongestIsNext() throws Exception {
    assertThat(seats.full(ONE)).isFalse();
    assertThat(seats.take(ONE, 0)).isEqualTo(Answer.SEATED);
    assertThat(seats.full(ONE)).isTrue();
    waiting("first", LONG);
    waiting("second", LONG);
    assertThat(seats.take(ONE, LONG)).isEqualTo(Answer.TURNED_AWAY);
    seats.leave(ONE);
    assertThat(answer()).isEqualTo("first SEATED");
    assertThat(seats.full(ONE)).isTrue();
    seats.leave(ONE);
    assertThat(answer()).isEqualTo("second SEATED");
    seats.leave(ONE);
    assertThat(seats.full(ONE)).isFalse();
  }

  @Test
  void nobodyWaitsLongerThanHeIsWillingTo() throws Exception {
    assertThat(seats.take(ONE, 0)).isEqualTo(Answer.SEATED);
    assertThat(seats.take(ONE, 1_000_000)).isEqualTo(Answer.TURNED_AWAY);
    // Whoever has left the line gets no seat, and whoever came after him does.
    Thread gone = waiting("gone", LONG);
    waiting("next", LONG);
    gone.interrupt();
    assertThat(answer()).isEqualTo("gone TURNED_AWAY");
    seats.leave(ONE);
    assertThat(answer()).isEqualTo("next SEATED");
    seats.leave(ONE);
    assertThat(seats.full(ONE)).isFalse();
  }

  @Test
  void anotherBoundHoldsAtTheNextStep() throws Exception {
    assertThat(seats.take(ONE, 0)).isEqualTo(Answer.SEATED);
    waiting("first", LONG);
    waiting("second", LONG);
    seats.leave(Bounds.NONE);
    assertThat(List.of(answer(), answer()))
        .containsExactlyInAnyOrder("first SEATED", "second SEATED");
    seats.leave(ONE);
    assertThat(seats.full(ONE)).isTrue();
    seats.leave(ONE);
    assertThat(seats.full(ONE)).isFalse();
  }

  /** However many come and give up, no seat is lost and none is given twice. */
  @Test
  void seatsAreNeitherLostNorGivenTwice() throws Exception {
    Bounds bounds = new Bounds(3, 50);
    AtomicInteger seated = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      int patience = i * 2_000;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int round = 0; round < 200; round++) {
                      if (seats.take(bounds, patience) == Answer.SEATED) {
                        most.accumulateAndGet(seated.incrementAndGet(), Math::max);
                        Thread.yield();
                        seated.decrementAndGet();
                        seats.leave(bounds);
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(most.get()).isBetween(1, 3);
    for (int i = 0; i < 3; i++) {
      assertThat(seats.take(bounds, 0)).isEqualTo(Answer.SEATED);
    }
    assertThat(seats.full(bounds)).isTrue();
  }
}
