package dev.aegis.webhooks.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.aegis.egress.CallResult;
import dev.aegis.egress.CallResult.Answered;
import dev.aegis.egress.CallResult.NotMade;
import dev.aegis.webhooks.delivery.Delivery.State;
import dev.aegis.webhooks.signing.SigningSecret;
import dev.aegis.webhooks.subscription.Endpoint;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The dispatcher on a clock of the test's, with a log in memory and receivers that are scripts. */
final class DispatcherTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
  private static final EndpointKey HOOK = new EndpointKey("acme", "hook");
  private static final byte[] BODY = "{\"type\":\"x\"}".getBytes(StandardCharsets.UTF_8);

  private final Map<EndpointKey, Endpoint> endpoints = new ConcurrentHashMap<>();
  private final Script script = new Script();
  private final Clock clock = new Clock();
  private final MemoryLog log = new MemoryLog();
  private final List<State> outcomes = new CopyOnWriteArrayList<>();
  private Dispatcher dispatcher;

  @BeforeEach
  void start() {
    endpoints.put(HOOK, usable(HOOK));
    begin(1 << 20);
  }

  @AfterEach
  void stop() {
    script.held.countDown();
    dispatcher.close(BOUND);
  }

  @Test
  void callsRecordsAndFinishes() {
    give(delivery("a"));

    awaitStates("a", State.DELIVERED);
    assertThat(script.calls).containsExactly(new Call("a", START, "{\"type\":\"x\"}"));
    assertThat(log.last("a").attempts()).containsExactly(new Attempt(START, 5, 200, null));
    await().atMost(BOUND).until(() -> outcomes.contains(State.DELIVERED));
    assertThat(dispatcher.pending()).isZero();
  }

  @Test
  void waitsBeforeEachRetry() {
    script.results.addAll(List.of(answer(500), answer(500), answer(200)));
    give(delivery("a"));
    awaitAttempts("a", 1);
    move(Duration.ofMillis(4_999));
    move(Duration.ofMillis(1));
    awaitAttempts("a", 2);
    move(Duration.ofSeconds(29));
    move(Duration.ofSeconds(1));
    awaitStates("a", State.DELIVERED);

    assertThat(script.calls.stream().map(Call::at))
        .containsExactly(START, START.plusSeconds(5), START.plusSeconds(35));
  }

  @Test
  void givesUpAfterItsRetries() {
    script.otherwise = answer(500);
    give(delivery("a"));
    for (int made = 1; made <= 3; made++) {
      awaitAttempts("a", made);
      move(Duration.ofMinutes(1));
    }
    awaitStates("a", State.FAILED);
    assertThat(script.calls).hasSize(3);
  }

  @Test
  void makesNoCallWhoseResultCouldNotBeKept() {
    log.away = true;
    give(delivery("a"));
    await().atMost(BOUND).until(() -> !dispatcher.logReachable());

    give(delivery("b"));
    move(Duration.ofHours(1));
    log.away = false;

    awaitStates("a", State.DELIVERED);
    awaitStates("b", State.DELIVERED);
    assertThat(log.last("a").attempts()).hasSize(1);
    assertThat(script.calls.stream().map(Call::id)).containsExactly("a", "b");
    // The second call began only when the first one's result was kept.
    assertThat(script.calls.get(1).at()).isEqualTo(START.plusSeconds(3_600));
  }

  @Test
  void doesNotCountItsOwnFailures() {
    script.results.addAll(List.of(new NotMade("no descriptor left"), new NotMade("again")));
    give(delivery("a"));
    await().atMost(BOUND).until(() -> script.calls.size() == 1);
    moveUntil(() -> script.calls.size() == 3);

    awaitStates("a", State.DELIVERED);
    assertThat(log.last("a").attempts()).hasSize(1);
  }

  @Test
  void waitsForAnEndpointThatItCannotCallYet() {
    endpoints.put(HOOK, new Endpoint.Unusable(HOOK, "sealed under another key"));
    give(delivery("a"));
    moveUntil(() -> clock.instant().isAfter(START.plusSeconds(60)));
    assertThat(log.last("a").version()).isZero();

    endpoints.put(HOOK, usable(HOOK));
    moveUntil(() -> log.last("a").state() == State.DELIVERED);
    assertThat(log.last("a").attempts()).hasSize(1);
  }

  @Test
  void cancelsOnlyWhenTheConfigurationIsNewEnoughToKnow() {
    endpoints.put(HOOK, new Endpoint.Absent(Endpoint.Absent.DELETED, 6));
    give(delivery("a"));
    moveUntil(() -> clock.instant().isAfter(START.plusSeconds(60)));
    assertThat(log.last("a").version()).isZero();

    endpoints.put(HOOK, new Endpoint.Absent(Endpoint.Absent.DELETED, 8));
    moveUntil(() -> log.last("a").state() == State.CANCELLED);
    assertThat(log.last("a").reason()).isEqualTo("endpoint_deleted");
    assertThat(script.calls).isEmpty();
  }

  @Test
  void dropsTheResultOfACallWhosePartitionWasLost() {
    script.hold = true;
    give(delivery("a"));
    await().atMost(BOUND).until(() -> script.calls.size() == 1);

    dispatcher.lost(0);
    script.held.countDown();
    script.hold = false;
    dispatcher.gained(0);
    give(delivery("b"));
    dispatcher.ready(0);

    awaitStates("b", State.DELIVERED);
    assertThat(log.last("a").version()).isZero();
    assertThat(log.last("b").attempts()).hasSize(1);
  }

  @Test
  void goesOnWhereAnEarlierLifeStopped() {
    Delivery once =
        new RetryPolicy(List.of(Duration.ofSeconds(5)), Duration.ofHours(1), () -> 0)
            .after(delivery("a"), (Answered) answer(500), START, START);
    dispatcher.lost(0);
    dispatcher.gained(0);
    give(delivery("a"));
    give(once);
    give(delivery("done").cancelled("endpoint_deleted"));
    dispatcher.record(0, 99, "acme/hook/poison", "no json".getBytes(StandardCharsets.UTF_8));
    assertThat(script.calls).isEmpty();
    dispatcher.ready(0);
    assertThat(dispatcher.pending()).isEqualTo(1);

    move(Duration.ofSeconds(5));

    awaitStates("a", State.DELIVERED);
    assertThat(log.last("a").attempts()).hasSize(2);
    assertThat(script.calls)
        .extracting(Call::id, Call::at)
        .containsExactly(tuple("a", START.plusSeconds(5)));
  }

  @Test
  void writesAStateAgainThatAnEarlierOneWasWrittenOver() {
    dispatcher.lost(0);
    dispatcher.gained(0);
    give(delivery("a"));
    give(delivery("a").cancelled("endpoint_deleted"));
    give(delivery("a"));
    dispatcher.ready(0);

    await().atMost(BOUND).until(() -> log.last("a").state() == State.CANCELLED);
    give(delivery("a"));
    await().atMost(BOUND).until(() -> log.records.size() == 6);
    assertThat(log.last("a").state()).isEqualTo(State.CANCELLED);
    assertThat(script.calls).isEmpty();
  }

  @Test
  void readsBodiesAgainThatItDidNotKeep() {
    dispatcher.close(BOUND);
    begin(0);
    script.results.addAll(List.of(answer(500), answer(200)));

    give(delivery("a"));
    awaitAttempts("a", 1);
    move(Duration.ofSeconds(5));

    awaitStates("a", State.DELIVERED);
    assertThat(script.calls)
        .allSatisfy(call -> assertThat(call.body).isEqualTo("{\"type\":\"x\"}"));
  }

  @Test
  void keepsADeadEndpointFromTheSlotsOfOthers() {
    script.hold = true;
    for (int i = 0; i < 100; i++) {
      give(delivery("dead" + i));
    }
    await().atMost(BOUND).until(() -> script.calls.size() == 4);
    script.hold = false;
    EndpointKey other = new EndpointKey("umbrella", "hook");
    endpoints.put(other, usable(other));

    give(Delivery.fresh(new DeliveryKey(other, "alive"), "alive", "x.y", START, 7));

    awaitStates("alive", State.DELIVERED);
    assertThat(script.calls).hasSize(5);
  }

  @Test
  void forgetsNothingThatAStopInterrupts() {
    script.hold = true;
    give(delivery("a"));
    await().atMost(BOUND).until(() -> script.calls.size() == 1);

    dispatcher.close(Duration.ZERO);

    assertThat(log.last("a").version()).isZero();
    assertThat(log.last("a").pending()).isTrue();
  }

  private void begin(long bodyBytes) {
    dispatcher =
        new Dispatcher(
            key -> endpoints.getOrDefault(key, new Endpoint.Absent("endpoint_deleted", 0)),
            script,
            log,
            new RetryPolicy(
                List.of(Duration.ofSeconds(5), Duration.ofSeconds(30)),
                Duration.ofHours(1),
                () -> 0),
            clock,
            new Meters() {
              @Override
              public void finished(State outcome) {
                outcomes.add(outcome);
              }

              @Override
              public void called(Duration latency) {}
            },
            new Dispatcher.Bounds(4, 8, 16, 50, bodyBytes));
    dispatcher.start();
    dispatcher.gained(0);
    dispatcher.ready(0);
  }

  private static Endpoint usable(EndpointKey key) {
    return new Endpoint.Usable(
        key,
        URI.create("http://hooks.example/"),
        SigningSecret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  }

  private static Delivery delivery(String id) {
    return Delivery.fresh(new DeliveryKey(HOOK, id), id, "x.y", START, 7);
  }

  private static CallResult answer(int status) {
    return new Answered(status, null, Duration.ofMillis(5));
  }

  private void give(Delivery delivery) {
    log.put(new StoredDelivery(delivery, BODY));
  }

  private void move(Duration by) {
    clock.now = clock.now.plus(by);
    dispatcher.wake();
  }

  private void moveUntil(Callable<Boolean> condition) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              move(Duration.ofSeconds(1));
              return condition.call();
            });
  }

  private void awaitStates(String id, State state) {
    await().atMost(BOUND).until(() -> log.last(id).state() == state);
  }

  private void awaitAttempts(String id, int count) {
    await().atMost(BOUND).until(() -> log.last(id).attempts().size() == count);
    // The dispatcher has taken notice when it says when the next one is due.
    await()
        .atMost(BOUND)
        .until(
            () ->
                dispatcher.ask(
                    0, book -> book.find(log.last(id).key()).phase != Tracked.Phase.RUNNING));
  }

  private record Call(String id, Instant at, String body) {}

  private static final class Clock implements InstantSource {
    private volatile Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }
  }

  /** Receivers that answer what the test says. */
  private final class Script implements Sender {
    final List<Call> calls = new CopyOnWriteArrayList<>();
    final List<CallResult> results = new CopyOnWriteArrayList<>();
    final CountDownLatch held = new CountDownLatch(1);
    volatile CallResult otherwise = answer(200);
    volatile boolean hold;

    @Override
    public synchronized CallResult send(Endpoint.Usable endpoint, Delivery delivery, byte[] body)
        throws InterruptedException {
      boolean holds = hold;
      CallResult result = results.isEmpty() ? otherwise : results.removeFirst();
      calls.add(
          new Call(delivery.key().id(), clock.instant(), new String(body, StandardCharsets.UTF_8)));
      if (holds) {
        wait(held);
      }
      return result;
    }

    private void wait(CountDownLatch latch) throws InterruptedException {
      while (latch.getCount() > 0) {
        wait(10);
      }
    }
  }

  /** A log in memory that echoes what is written to it, as the topic does. */
  private final class MemoryLog implements DeliveryLog {
    final List<StoredDelivery> records = new CopyOnWriteArrayList<>();
    volatile boolean away;

    @Override
    public void append(List<StoredDelivery> states) throws Away {
      if (away) {
        throw new Away("the test took it away", new IllegalStateException());
      }
      states.forEach(this::put);
    }

    @Override
    public byte[] body(int partition, long offset) {
      return records.get((int) offset).body();
    }

    synchronized void put(StoredDelivery stored) {
      records.add(stored);
      dispatcher.record(0, records.size() - 1, stored.delivery().key().toString(), stored.toJson());
    }

    Delivery last(String id) {
      return records.reversed().stream()
          .map(StoredDelivery::delivery)
          .filter(delivery -> delivery.key().id().equals(id))
          .findFirst()
          .orElseThrow();
    }
  }
}
