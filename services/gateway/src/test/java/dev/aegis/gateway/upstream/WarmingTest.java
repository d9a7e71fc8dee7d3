package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.aegis.journal.LoadBalancing;
import dev.aegis.journal.TargetSource;
import dev.aegis.journal.UpstreamDefinition;
import dev.aegis.journal.UpstreamDefinition.Active;
import dev.aegis.journal.UpstreamDefinition.Check;
import dev.aegis.journal.UpstreamDefinition.Passive;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets that have just come, on a clock of the test's own. */
final class WarmingTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int REQUESTS = 20_000;
  private static final Map<String, LoadBalancing> WAYS =
      Map.of(
          "round_robin",
          new LoadBalancing.RoundRobin(),
          "random_two",
          new LoadBalancing.RandomTwo(),
          "least_requests",
          new LoadBalancing.LeastRequests());

  private static UpstreamDefinition definition(String way, int... weights) {
    List<UpstreamDefinition.Target> targets = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      targets.add(new UpstreamDefinition.Target(String.valueOf((char) ('a' + i)), 80, weights[i]));
    }
    return new UpstreamDefinition(
        "u",
        new TargetSource.Fixed(targets),
        WAYS.get(way),
        null,
        new Passive(1, Duration.ofSeconds(10), Duration.ofSeconds(10), 50),
        null,
        UpstreamDefinition.Retries.DEFAULT,
        UpstreamDefinition.Timeouts.DEFAULT,
        UpstreamDefinition.DEFAULT_MAX_ACTIVE,
        UpstreamDefinition.Protocol.HTTP1,
        null,
        UpstreamDefinition.Bounds.NONE,
        Duration.ofSeconds(10));
  }

  private static List<UpstreamDefinition.Target> targets(UpstreamDefinition definition) {
    return ((TargetSource.Fixed) definition.source()).targets();
  }

  /** The part of the requests that the last target gets. */
  private static double share(Upstream upstream, String host, long now) {
    int count = 0;
    for (int i = 0; i < REQUESTS; i++) {
      Target target = upstream.next(Asking.ANYONE, List.of(), now);
      assertThat(target).isNotNull();
      if (target.host().equals(host)) {
        count++;
      }
    }
    return (double) count / REQUESTS;
  }

  @ParameterizedTest
  @CsvSource({"0, 0.1", "0.5, 0.1", "1, 0.1", "2, 0.2", "5, 0.5", "9.9, 0.99", "10, 1", "99, 1"})
  void aTargetGetsMoreWithTime(double seconds, double part) {
    Warming warming = new Warming();
    long begun = Long.MAX_VALUE - 5 * SECOND; // the clock may wrap
    assertThat(warming.part(begun, 10 * SECOND)).isEqualTo(1);
    warming.begin(begun);
    assertThat(warming.part(begun + (long) (seconds * SECOND), 10 * SECOND))
        .isEqualTo(part, within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(strings = {"round_robin", "random_two", "least_requests"})
  void whoComesToOthersComesSlowly(String way) {
    Upstream upstream = new Upstream("t", definition(way, 1));
    upstream.targets(targets(definition(way, 1)), 0);
    // The first ones have nobody to leave the requests to.
    assertThat(share(upstream, "a", 0)).isEqualTo(1);
    upstream.targets(targets(definition(way, 1, 1)), 0);
    double early = share(upstream, "b", SECOND);
    double halfway = share(upstream, "b", 5 * SECOND);
    double warm = share(upstream, "b", 10 * SECOND);
    assertThat(early).isCloseTo(0.05, within(0.02));
    assertThat(halfway).isCloseTo(0.25, within(0.04));
    assertThat(warm).isCloseTo(0.5, within(0.02));
  }

  @Test
  void weightsCount() {
    Upstream upstream = new Upstream("t", definition("round_robin", 1));
    upstream.targets(targets(definition("round_robin", 1)), 0);
    upstream.targets(targets(definition("round_robin", 1, 3)), 0);
    assertThat(share(upstream, "b", 5 * SECOND)).isCloseTo(0.375, within(0.04));
    assertThat(share(upstream, "b", 10 * SECOND)).isCloseTo(0.75, within(0.02));
  }

  @Test
  void whoWasLeftOutComesBackSlowly() {
    UpstreamDefinition definition = definition("round_robin", 1, 1);
    Upstream upstream = new Upstream("t", definition);
    upstream.targets(targets(definition), 0);
    assertThat(share(upstream, "b", 0)).isCloseTo(0.5, within(0.02));
    Target bad =
        upstream.all().stream()
            .filter(target -> target.host().equals("b"))
            .findFirst()
            .orElseThrow();
    upstream.ended(bad, Standing.BAD, 0);
    assertThat(share(upstream, "b", 9 * SECOND)).isEqualTo(0);
    assertThat(share(upstream, "b", 11 * SECOND)).isCloseTo(0.05, within(0.02));
    assertThat(share(upstream, "b", 15 * SECOND)).isCloseTo(0.25, within(0.04));
    assertThat(share(upstream, "b", 20 * SECOND)).isCloseTo(0.5, within(0.02));
  }

  /** Somebody has to serve, however cold. */
  @Test
  void whoIsAloneGetsAll() {
    UpstreamDefinition definition = definition("round_robin", 1, 1);
    Upstream upstream = new Upstream("t", definition);
    upstream.targets(targets(definition), 0);
    upstream.all().forEach(target -> target.warming().begin(0));
    for (Target target : upstream.all()) {
      if (target.host().equals("a")) {
        Active rules =
            new Active(new Check.Connects(), Duration.ofSeconds(1), Duration.ofSeconds(1), 1, 1);
        target.vitality().begin(0, 0);
        target.vitality().checked(false, rules);
      }
    }
    assertThat(share(upstream, "b", 0)).isEqualTo(1);
  }
}
