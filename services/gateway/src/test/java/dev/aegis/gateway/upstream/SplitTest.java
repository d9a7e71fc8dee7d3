package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.aegis.gateway.upstream.Split.Share;
import dev.aegis.journal.LoadBalancing.By;
import dev.aegis.journal.LoadBalancing.ConsistentHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which upstream of a route gets a request. */
final class SplitTest {
  private static final int MANY = 20_000;
  private static final ConsistentHash BY_SUBJECT = new ConsistentHash(By.SUBJECT, "");

  /** Upstreams {@code a}, {@code b}, … with these weights. */
  private static Split split(@Nullable ConsistentHash by, int... weights) {
    List<Share> shares = new ArrayList<>();
    for (int weight : weights) {
      String id = String.valueOf((char) ('a' + shares.size()));
      shares.add(new Share(new Backend(id, null), weight));
    }
    return Split.of(shares, by, "x-variant", new Random(7)::nextInt);
  }

  private static Asking variant(String value) {
    return new Asking("127.0.0.1", "someone", Map.of("x-variant", value));
  }

  private static Map<String, Integer> counted(Split split) {
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < MANY; i++) {
      counts.merge(split.choose(Asking.of("user-" + i)).id(), 1, Integer::sum);
    }
    return counts;
  }

  @Test
  void eachGetsWhatItsWeightSays() {
    for (@Nullable ConsistentHash by : new @Nullable ConsistentHash[] {null, BY_SUBJECT}) {
      Map<String, Integer> counts = counted(split(by, 95, 5, 0));
      assertThat(counts).containsOnlyKeys("a", "b");
      assertThat(counts.get("b")).isCloseTo(MANY / 20, within(MANY / 100));
    }
  }

  @Test
  void whatIsTiedStaysAndOnlyWhatMustMoves() {
    Split before = split(BY_SUBJECT, 95, 5);
    Split after = split(BY_SUBJECT, 80, 20);
    for (int i = 0; i < MANY; i++) {
      Asking user = Asking.of("user-" + i);
      String first = before.choose(user).id();
      assertThat(before.choose(user).id()).isEqualTo(first);
      if (first.equals("b")) {
        assertThat(after.choose(user).id()).isEqualTo("b");
      }
    }
  }

  @Test
  void aCookieTies() {
    Split split = split(new ConsistentHash(By.COOKIE, "who"), 1, 1);
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      Asking with = new Asking("10.0.0." + i, null, Map.of("cookie", "a=b; who=" + 7));
      counts.merge(split.choose(with).id(), 1, Integer::sum);
    }
    assertThat(counts).hasSize(1);
  }

  @Test
  void theFieldNamesOneEvenWithoutWeight() {
    for (@Nullable ConsistentHash by : new @Nullable ConsistentHash[] {null, BY_SUBJECT}) {
      Split split = split(by, 1, 1, 0);
      for (String id : List.of("a", "b", "c")) {
        assertThat(split.choose(variant(id)).id()).isEqualTo(id);
      }
      for (String unknown : List.of("", "d", "A", "a,b")) {
        assertThat(split.choose(variant(unknown)).id()).isIn("a", "b");
      }
    }
  }

  @Test
  void oneIsAllThereIs() {
    Backend only = new Backend("u", null);
    assertThat(Split.one(only).only()).isSameAs(only);
    assertThat(Split.one(only).choose(variant("other"))).isSameAs(only);
    assertThat(split(null, 1, 1).only()).isNull();
  }
}
