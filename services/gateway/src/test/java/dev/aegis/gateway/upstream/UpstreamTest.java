package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.journal.LoadBalancing;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.journal.UpstreamDefinition.Passive;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which targets are left out and for how long, on a clock of the test's own. */
final class UpstreamTest {
  private static final Passive RULES =
      new Passive(2, Duration.ofSeconds(10), Duration.ofSeconds(35), 50);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private long now = Long.MAX_VALUE - 25 * SECOND; // the clock may wrap

  private static UpstreamDefinition definition(int targets, Passive passive) {
    List<UpstreamDefinition.Target> all = new ArrayList<>();
    for (int i = 0; i < targets; i++) {
      all.add(new UpstreamDefinition.Target(String.valueOf((char) ('a' + i)), 80, 1));
    }
    return new UpstreamDefinition(
        "u",
        null,
        all,
        new LoadBalancing.RoundRobin(),
        null,
        passive,
        null,
        UpstreamDefinition.Retries.DEFAULT,
        UpstreamDefinition.Timeouts.DEFAULT,
        UpstreamDefinition.DEFAULT_MAX_ACTIVE,
        null,
        UpstreamDefinition.Bounds.NONE,
        Duration.ZERO);
  }

  private static Upstream of(int targets) {
    UpstreamDefinition definition = definition(targets, RULES);
    Upstream upstream = new Upstream("t", definition);
    upstream.targets(definition.targets());
    return upstream;
  }

  private Set<String> chosen(Upstream upstream) {
    Set<String> chosen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Target target = upstream.next(Asking.ANYONE, List.of(), now);
      if (target != null) {
        chosen.add(target.authority().substring(0, 1));
      }
    }
    return chosen;
  }

  private @Nullable Target find(Upstream upstream, String name) {
    for (int i = 0; i < 20; i++) {
      Target target = upstream.next(Asking.ANYONE, List.of(), now);
      if (target != null && target.authority().startsWith(name)) {
        return target;
      }
    }
    return null;
  }

  private void fail(Upstream upstream, Target target) {
    upstream.ended(target, Standing.BAD, now);
    upstream.ended(target, Standing.BAD, now);
  }

  @Test
  void leavesATargetOutForAWhileThatGrows() {
    Upstream upstream = of(2);
    Target bad = find(upstream, "a");
    assertThat(bad).isNotNull();
    for (int seconds : new int[] {10, 20, 35, 35}) {
      upstream.ended(bad, Standing.BAD, now);
      upstream.ended(bad, Standing.GOOD, now);
      upstream.ended(bad, Standing.UNKNOWN, now);
      upstream.ended(bad, Standing.BAD, now);
      assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b"); // not in a row
      upstream.ended(bad, Standing.BAD, now);
      assertThat(chosen(upstream)).containsExactly("b");
      now += seconds * SECOND - 1;
      assertThat(chosen(upstream)).containsExactly("b");
      now += 1;
      assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b");
    }
    now += 40 * SECOND; // long back: begins anew
    fail(upstream, bad);
    now += 10 * SECOND;
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void neverLeavesOutMoreThanItsShare() {
    for (int count = 1; count <= 7; count++) {
      Upstream upstream = of(count);
      Set<Target> all = new HashSet<>();
      for (int i = 0; i < count; i++) {
        Target target = find(upstream, String.valueOf((char) ('a' + i)));
        assertThat(target).isNotNull();
        all.add(target);
      }
      for (Target target : all) {
        fail(upstream, target);
      }
      assertThat(chosen(upstream)).hasSize(count - count / 2);
      assertThat(upstream.count(Upstream.Health.EJECTED, now)).isEqualTo(count / 2);
      assertThat(upstream.count(Upstream.Health.HEALTHY, now)).isEqualTo(count - count / 2);
    }
  }

  @Test
  void prefersOneThatIsLeftOutToOneThatHasJustFailed() {
    Upstream upstream = of(2);
    Target bad = find(upstream, "a");
    Target other = find(upstream, "b");
    assertThat(bad).isNotNull();
    assertThat(other).isNotNull();
    fail(upstream, bad);
    assertThat(upstream.next(Asking.ANYONE, List.of(other), now)).isSameAs(bad);
    assertThat(upstream.next(Asking.ANYONE, List.of(bad, other), now)).isNotNull();
  }

  @Test
  void keepsWhatItKnowsOfTargetsThatStay() {
    Upstream upstream = of(2);
    Target bad = find(upstream, "a");
    assertThat(bad).isNotNull();
    fail(upstream, bad);
    UpstreamDefinition more = definition(3, RULES);
    upstream.definition(more, null);
    upstream.targets(more.targets());
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("b", "c");
    upstream.definition(
        definition(3, new Passive(0, RULES.ejection(), RULES.maxEjection(), 50)), null);
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b", "c");
  }
}
