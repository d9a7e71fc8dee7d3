package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.events.UpstreamEvent;
import dev.aegis.events.UpstreamEvent.Reason;
import dev.aegis.events.UpstreamEvent.TargetTurned;
import dev.aegis.journal.LoadBalancing;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.journal.UpstreamDefinition.Check;
import dev.aegis.journal.UpstreamDefinition.Passive;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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

  private final List<UpstreamEvent> heard = new ArrayList<>();
  private long now = Long.MAX_VALUE - 25 * SECOND; // the clock may wrap

  private static UpstreamDefinition definition(int targets, Passive passive) {
    return definition(targets, passive, null);
  }

  private static UpstreamDefinition definition(
      int targets, Passive passive, UpstreamDefinition.@Nullable Active active) {
    List<UpstreamDefinition.Target> all = new ArrayList<>();
    for (int i = 0; i < targets; i++) {
      all.add(new UpstreamDefinition.Target(String.valueOf((char) ('a' + i)), 80, 1));
    }
    return new UpstreamDefinition(
        "u",
        new TargetSource.Fixed(all),
        new LoadBalancing.RoundRobin(),
        active,
        passive,
        null,
        UpstreamDefinition.Retries.DEFAULT,
        UpstreamDefinition.Timeouts.DEFAULT,
        UpstreamDefinition.DEFAULT_MAX_ACTIVE,
        UpstreamDefinition.Protocol.HTTP1,
        null,
        UpstreamDefinition.Bounds.NONE,
        Duration.ZERO);
  }

  private static List<UpstreamDefinition.Target> targets(UpstreamDefinition definition) {
    return ((TargetSource.Fixed) definition.source()).targets();
  }

  private Upstream of(int targets) {
    UpstreamDefinition definition = definition(targets, RULES);
    Upstream upstream =
        new Upstream("t", definition, null, heard::add, InstantSource.fixed(Instant.EPOCH));
    upstream.targets(targets(definition));
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

  /** Hedges have turns of their own, and never go where nothing else would go. */
  @Test
  void findsOtherTargetsForHedges() {
    Upstream upstream = of(3);
    Target first = find(upstream, "a");
    Target other = find(upstream, "b");
    assertThat(first).isNotNull();
    assertThat(other).isNotNull();
    Set<Target> hedges = new HashSet<>();
    Set<Target> firsts = new HashSet<>();
    for (int i = 0; i < 6; i++) {
      firsts.add(upstream.next(Asking.ANYONE, List.of(), now));
      hedges.add(upstream.beside(Asking.ANYONE, first, List.of(), now));
    }
    assertThat(firsts).hasSize(3);
    assertThat(hedges).hasSize(2).contains(other).doesNotContain(first);
    assertThat(upstream.beside(Asking.ANYONE, first, List.of(other), now)).isNotSameAs(other);
    fail(upstream, other);
    for (int i = 0; i < 6; i++) {
      assertThat(upstream.beside(Asking.ANYONE, first, List.of(), now)).isNotSameAs(other);
    }
  }

  /** RFC 2782: a target of another priority is for when there is none of this one. */
  @Test
  void findsNoTargetOfAnotherPriorityForHedges() {
    Upstream upstream = of(1);
    upstream.targets(
        List.of(
            new UpstreamDefinition.Target("a", 80, 1, 0),
            new UpstreamDefinition.Target("b", 80, 1, 1)));
    Target first = find(upstream, "a");
    assertThat(first).isNotNull();
    assertThat(upstream.beside(Asking.ANYONE, first, List.of(), now)).isNull();
    upstream.targets(List.of(new UpstreamDefinition.Target("c", 80, 1)));
    assertThat(upstream.beside(Asking.ANYONE, first, List.of(), now)).isNull();
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
    upstream.targets(targets(more));
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("b", "c");
    upstream.definition(
        definition(3, new Passive(0, RULES.ejection(), RULES.maxEjection(), 50)), null);
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void tellsOnceThatATargetIsLeftOutAndOnceThatItIsGoodAgain() {
    Upstream upstream = of(2);
    Target bad = find(upstream, "a");
    assertThat(bad).isNotNull();
    fail(upstream, bad);
    upstream.ended(bad, Standing.GOOD, now); // of before, or for want of another
    fail(upstream, bad);
    now += 10 * SECOND;
    fail(upstream, bad); // as bad as ever
    now += 20 * SECOND;
    assertThat(heard).containsExactly(turned("a:80", Reason.EJECTED, false));
    upstream.ended(bad, Standing.UNKNOWN, now);
    upstream.ended(bad, Standing.GOOD, now);
    upstream.ended(bad, Standing.GOOD, now);
    assertThat(heard)
        .containsExactly(
            turned("a:80", Reason.EJECTED, false), turned("a:80", Reason.EJECTED, true));
    heard.clear();
    fail(upstream, bad);
    upstream.definition(
        definition(2, new Passive(0, RULES.ejection(), RULES.maxEjection(), 50)), null);
    upstream.ended(bad, Standing.GOOD, now + 100 * SECOND);
    assertThat(heard)
        .containsExactly(
            turned("a:80", Reason.EJECTED, false), turned("a:80", Reason.EJECTED, true));
  }

  @Test
  void tellsOfChecksAndNotOfTargetsThatAreGone() {
    Upstream upstream = of(2);
    Target down = find(upstream, "a");
    Target gone = find(upstream, "b");
    assertThat(down).isNotNull();
    assertThat(gone).isNotNull();
    UpstreamDefinition.Active checks =
        new UpstreamDefinition.Active(
            new Check.Connects(), Duration.ofSeconds(1), Duration.ofSeconds(1), 1, 1);
    UpstreamDefinition checked = definition(2, RULES, checks);
    upstream.definition(checked, null);
    upstream.targets(targets(checked).subList(0, 1));
    assertThat(upstream.checked(gone, false, checks)).isTrue();
    upstream.checked(down, false, checks);
    upstream.checked(down, false, checks);
    assertThat(heard).containsExactly(turned("a:80", Reason.HEALTH_CHECK, false));
    upstream.checked(down, true, checks);
    upstream.checked(down, false, checks);
    upstream.definition(definition(1, RULES), null); // nobody checks any more
    upstream.checked(down, false, checks); // it was under way
    assertThat(heard)
        .extracting(event -> event.event().type())
        .containsExactly(
            "upstream.unhealthy", "upstream.recovered", "upstream.unhealthy", "upstream.recovered");
  }

  @Test
  void tellsNothingOfTargetsThatLeftWhileRequestsWereUnderWay() {
    Upstream upstream = of(3);
    Target gone = find(upstream, "a");
    assertThat(gone).isNotNull();
    upstream.targets(targets(definition(3, RULES)).subList(1, 3));
    fail(upstream, gone);
    assertThat(heard).isEmpty();
  }

  @Test
  void goesToTheNextPriorityOnlyWhenItMustAndThereTakesTurns() {
    Upstream upstream = of(2);
    upstream.targets(
        List.of(
            new UpstreamDefinition.Target("a", 80, 1, 1),
            new UpstreamDefinition.Target("b", 80, 1, 1),
            new UpstreamDefinition.Target("c", 80, 1, 2),
            new UpstreamDefinition.Target("d", 80, 1, 2)));
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b");
    Target first = find(upstream, "a");
    Target second = find(upstream, "b");
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
    Set<String> spare = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Target target = upstream.next(Asking.ANYONE, List.of(first, second), now);
      assertThat(target).isNotNull();
      spare.add(target.authority().substring(0, 1));
    }
    assertThat(spare).containsExactlyInAnyOrder("c", "d");
    fail(upstream, first);
    assertThat(chosen(upstream)).containsExactly("b");
    fail(upstream, second);
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("c", "d");
  }

  @Test
  void takesTurnsAlsoAmongTargetsThatAreAllLeftOut() {
    UpstreamDefinition definition =
        definition(2, new Passive(2, RULES.ejection(), RULES.maxEjection(), 100));
    Upstream upstream = new Upstream("t", definition);
    upstream.targets(targets(definition));
    for (String name : List.of("a", "b")) {
      Target target = find(upstream, name);
      assertThat(target).isNotNull();
      fail(upstream, target);
    }
    assertThat(upstream.count(Upstream.Health.EJECTED, now)).isEqualTo(2);
    assertThat(chosen(upstream)).containsExactlyInAnyOrder("a", "b");
  }

  private static UpstreamEvent turned(String target, Reason reason, boolean healthy) {
    return new TargetTurned("t", "u", target, reason, healthy, Instant.EPOCH);
  }
}
