package dev.aegis.webhooks.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.webhooks.delivery.FairPool.Bounds;
import dev.aegis.webhooks.delivery.FairPool.Turn;
import dev.aegis.webhooks.subscription.EndpointKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class FairPoolTest {
  @Property(tries = 300)
  void keepsItsBoundsAndForgetsNothing(
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 8) Integer> places,
      @ForAll @IntRange(min = 1, max = 3) int endpoint,
      @ForAll @IntRange(min = 1, max = 4) int tenant,
      @ForAll @IntRange(min = 1, max = 6) int total) {
    FairPool<Integer> pool = new FairPool<>(new Bounds(endpoint, tenant, total));
    List<Turn<Integer>> running = new ArrayList<>();
    Map<String, List<Integer>> served = new HashMap<>();
    int next = 0;
    for (int place : places) {
      pool.offer("t" + place / 3, "e" + place % 3, next++);
      if (next % 2 == 0 && !running.isEmpty()) {
        Turn<Integer> done = running.removeFirst();
        pool.release(done.tenant(), done.endpoint());
      }
      take(pool, running, served);
      assertBounds(running, endpoint, tenant, total);
    }
    while (!running.isEmpty()) {
      Turn<Integer> done = running.removeFirst();
      pool.release(done.tenant(), done.endpoint());
      take(pool, running, served);
      assertBounds(running, endpoint, tenant, total);
    }
    assertThat(served.values().stream().mapToInt(List::size).sum()).isEqualTo(places.size());
    assertThat(served.values()).allSatisfy(items -> assertThat(items).isSorted());
    assertThat(pool.running()).isZero();
  }

  private static void take(
      FairPool<Integer> pool, List<Turn<Integer>> running, Map<String, List<Integer>> served) {
    for (Turn<Integer> turn = pool.next(); turn != null; turn = pool.next()) {
      running.add(turn);
      served
          .computeIfAbsent(turn.tenant() + "/" + turn.endpoint(), key -> new ArrayList<>())
          .add(turn.item());
    }
  }

  private static void assertBounds(
      List<Turn<Integer>> running, int endpoint, int tenant, int total) {
    Map<String, Integer> byTenant = new HashMap<>();
    Map<String, Integer> byEndpoint = new HashMap<>();
    for (Turn<Integer> turn : running) {
      byTenant.merge(turn.tenant(), 1, Integer::sum);
      byEndpoint.merge(turn.tenant() + "/" + turn.endpoint(), 1, Integer::sum);
    }
    assertThat(running).hasSizeLessThanOrEqualTo(total);
    assertThat(byTenant.values()).allMatch(count -> count <= tenant);
    assertThat(byEndpoint.values()).allMatch(count -> count <= endpoint);
  }

  @Test
  void letsTenantsTakeTurnsHoweverMuchOneBrings() {
    FairPool<String> pool = new FairPool<>(new Bounds(10, 10, 1));
    for (int i = 0; i < 100; i++) {
      pool.offer("loud", "e", "loud");
    }
    pool.offer("quiet", "e", "quiet");
    pool.offer("quiet", "e", "quiet");

    List<String> order = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Turn<String> turn = pool.next();
      order.add(turn.item());
      pool.release(turn.tenant(), turn.endpoint());
    }

    assertThat(order).containsExactly("loud", "quiet", "loud", "quiet");
  }

  @Test
  void keepsSlotsForLivingEndpointsHoweverManyAreDead() {
    Lanes<String> lanes = new Lanes<>(new Bounds(4, 8, 8));
    for (int i = 0; i < 20; i++) {
      EndpointKey dead = new EndpointKey("acme", "dead" + i);
      lanes.went(dead, false);
      lanes.went(dead, false);
      for (int j = 0; j < 5; j++) {
        lanes.offer(dead, "dead");
      }
    }
    int taken = 0;
    while (lanes.next() != null) {
      taken++;
    }
    assertThat(taken).isEqualTo(2);

    lanes.offer(new EndpointKey("acme", "alive"), "alive");

    assertThat(lanes.next().item()).isEqualTo("alive");
  }

  @Test
  void movesWhatWaitsWhenAnEndpointComesBack() {
    Lanes<String> lanes = new Lanes<>(new Bounds(2, 8, 8));
    EndpointKey endpoint = new EndpointKey("acme", "hook");
    lanes.went(endpoint, false);
    lanes.went(endpoint, false);
    lanes.offer(endpoint, "1");
    lanes.offer(endpoint, "2");
    lanes.offer(endpoint, "3");
    Lanes.Slot<String> probe = lanes.next();
    assertThat(probe.item()).isEqualTo("1");
    assertThat(lanes.next()).isNull();

    lanes.release(probe);
    lanes.went(endpoint, true);

    assertThat(lanes.next().item()).isEqualTo("2");
    assertThat(lanes.next().item()).isEqualTo("3");
    assertThat(lanes.running()).isEqualTo(2);
  }
}
