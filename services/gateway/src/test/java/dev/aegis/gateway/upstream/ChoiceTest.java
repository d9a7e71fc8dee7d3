package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.aegis.gateway.upstream.Choice.Share;
import dev.aegis.journal.LoadBalancing;
import dev.aegis.journal.LoadBalancing.By;
import dev.aegis.journal.LoadBalancing.ConsistentHash;
import dev.aegis.journal.LoadBalancing.LeastRequests;
import dev.aegis.journal.LoadBalancing.RandomTwo;
import dev.aegis.journal.LoadBalancing.RoundRobin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which target an attempt gets. */
final class ChoiceTest {
  private static final int MANY = 20_000;
  private static final ConsistentHash BY_SUBJECT = new ConsistentHash(By.SUBJECT, "");

  static List<LoadBalancing> all() {
    return List.of(new RoundRobin(), new LeastRequests(), new RandomTwo(), BY_SUBJECT);
  }

  /** Targets {@code a}, {@code b}, … with these weights. */
  private static List<Share> shares(int... weights) {
    List<Share> shares = new ArrayList<>();
    for (int weight : weights) {
      String host = String.valueOf((char) ('a' + shares.size()));
      shares.add(new Share(new Target(host, 80, host), weight));
    }
    return shares;
  }

  private static Choice choice(LoadBalancing how, List<Share> shares) {
    return Choice.of(how, shares, new AtomicInteger(), new Random(7)::nextInt);
  }

  private static String next(Choice choice, Asking asking) {
    Target target = choice.among(asking, any -> true);
    return target == null ? "none" : target.authority();
  }

  /** How many of {@link #MANY} requests of different subjects each target gets. */
  private static Map<String, Integer> counted(Choice choice) {
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < MANY; i++) {
      counts.merge(next(choice, Asking.of("user-" + i)), 1, Integer::sum);
    }
    return counts;
  }

  @ParameterizedTest
  @MethodSource("all")
  void hasNoneAmongNone(LoadBalancing how) {
    assertThat(choice(how, List.of()).among(Asking.ANYONE, any -> true)).isNull();
    assertThat(choice(how, shares(1, 2)).among(Asking.ANYONE, any -> false)).isNull();
  }

  @ParameterizedTest
  @MethodSource("all")
  void findsTheOneThatIsFit(LoadBalancing how) {
    List<Share> shares = shares(1, 1000, 1, 5);
    Choice choice = choice(how, shares);
    for (Share only : shares) {
      for (int i = 0; i < 50; i++) {
        assertThat(choice.among(Asking.of("s" + i), target -> target == only.target()))
            .isSameAs(only.target());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void usesAllOfThem(LoadBalancing how) {
    Map<String, Integer> counts = counted(choice(how, shares(1, 1, 1, 1)));
    assertThat(counts).containsOnlyKeys("a", "b", "c", "d");
    counts.values().forEach(count -> assertThat(count).isCloseTo(MANY / 4, within(MANY / 50)));
  }

  @Test
  void takesTurnsByWeight() {
    Choice choice = choice(new RoundRobin(), shares(5, 1, 1));
    StringBuilder turns = new StringBuilder();
    for (int i = 0; i < 14; i++) {
      turns.append(next(choice, Asking.ANYONE));
    }
    assertThat(turns.toString()).isEqualTo("aabacaaaabacaa");
  }

  @Test
  void looksForTheFewestRequestsByWeight() {
    List<Share> shares = shares(1, 3);
    Choice choice = choice(new LeastRequests(), shares);
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      Target target = choice.among(Asking.ANYONE, any -> true);
      assertThat(target).isNotNull();
      target.begin(); // none of them ends
      counts.merge(target.authority(), 1, Integer::sum);
    }
    assertThat(counts).isEqualTo(Map.of("a", 10, "b", 30));
    for (int i = 0; i < 10; i++) {
      shares.getFirst().target().end();
    }
    assertThat(next(choice, Asking.ANYONE)).isEqualTo("a");
  }

  @Test
  void givesTheLessBusyOfTwo() {
    List<Share> shares = shares(1, 1);
    Choice choice = choice(new RandomTwo(), shares);
    shares.getFirst().target().begin();
    for (int i = 0; i < 50; i++) {
      assertThat(next(choice, Asking.ANYONE)).isEqualTo("b"); // both are always drawn
    }
    // The busiest of all never wins, whatever is drawn.
    List<Share> more = shares(1, 1, 1, 1);
    more.get(2).target().begin();
    assertThat(counted(choice(new RandomTwo(), more))).containsOnlyKeys("a", "b", "d");
  }

  @Test
  void hashesByWeight() {
    Map<String, Integer> counts = counted(choice(BY_SUBJECT, shares(1, 2, 1)));
    assertThat(counts.get("b")).isCloseTo(MANY / 2, within(MANY / 50));
    assertThat(counts.get("a")).isCloseTo(MANY / 4, within(MANY / 50));
  }

  /** Nobody moves but those who must, and these spread over all that stay. */
  @Test
  void movesOnlyTheKeysOfATargetThatLeaves() {
    List<Share> shares = shares(1, 1, 1, 1, 1);
    Choice before = choice(BY_SUBJECT, shares);
    List<Share> fewer = new ArrayList<>(shares);
    Target gone = fewer.remove(2).target();
    Choice after = choice(BY_SUBJECT, fewer);
    Map<String, Integer> moved = new HashMap<>();
    for (int i = 0; i < MANY; i++) {
      Asking asking = Asking.of("user-" + i);
      String was = next(before, asking);
      String is = next(after, asking);
      if (was.equals(gone.authority())) {
        moved.merge(is, 1, Integer::sum);
        // A target that is there but not fit is the same as one that is not there.
        assertThat(before.among(asking, target -> target != gone))
            .isSameAs(after.among(asking, any -> true));
      } else {
        assertThat(is).isEqualTo(was);
      }
    }
    assertThat(moved).containsOnlyKeys("a", "b", "d", "e");
    moved.values().forEach(count -> assertThat(count).isCloseTo(MANY / 20, within(MANY / 100)));
  }

  @Test
  void hashesWhatItIsToldTo() {
    List<Share> shares = shares(1, 1, 1, 1, 1, 1, 1, 1);
    for (int i = 0; i < 100; i++) {
      String key = "key-" + i;
      String place = next(choice(BY_SUBJECT, shares), Asking.of(key));
      Map<String, String> fields = Map.of("x-shard", key, "cookie", "a=b; sid=" + key);
      Asking asking = new Asking("10.0.0." + i, "someone", fields);
      assertThat(next(choice(new ConsistentHash(By.HEADER, "x-shard"), shares), asking))
          .isEqualTo(place);
      assertThat(next(choice(new ConsistentHash(By.COOKIE, "sid"), shares), asking))
          .isEqualTo(place);
      assertThat(next(choice(new ConsistentHash(By.IP, ""), shares), new Asking(key, "x", fields)))
          .isEqualTo(place);
      // Without what it is placed by, the address places a request.
      assertThat(next(choice(BY_SUBJECT, shares), new Asking(key, null, fields))).isEqualTo(place);
      assertThat(
              next(
                  choice(new ConsistentHash(By.COOKIE, "b"), shares), new Asking(key, "x", fields)))
          .isEqualTo(place);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "sid=1 | 1",
        "a=b; sid=1 | 1",
        "sid=1; a=b | 1",
        "xsid=2; sid=1 | 1",
        "sid=; a=b | ''",
        "sid | -",
        "si=1 | -",
        "a=sid=1 | -",
        "- | -",
        "; ;sid=1 | 1",
        "sid=a=b | a=b",
        "SID=1 | -"
      })
  void findsACookie(String line, String value) {
    assertThat(Choice.cookie(line, "sid")).isEqualTo(value);
  }
}
