package dev.aegis.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is kept in how much memory, and for how long. */
final class ReplyCacheTest {
  private final AtomicLong nanos = new AtomicLong();

  private ReplyCache cache(long maxBytes) {
    return new ReplyCache(maxBytes, InstantSource.fixed(Instant.EPOCH), nanos::get);
  }

  private static Question question(String path) throws Exception {
    return question("a", path);
  }

  private static Question question(String tenant, String path) throws Exception {
    RequestHead head = new RequestHead();
    head.read(input("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n"));
    Resource resource = new Resource(tenant, "a.test", path, "");
    return new Question(new CachePlan("all\n1", 10_000), resource, "u", head, false);
  }

  private static Input input(String text) {
    return Input.stored(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Lets a reply of this size pass through; whether it is there then. */
  private static boolean kept(ReplyCache cache, String path, int size, String lines)
      throws Exception {
    return kept(cache, question(path), size, lines);
  }

  private static boolean kept(ReplyCache cache, Question question, int size, String lines)
      throws Exception {
    assertThat(cache.ask(question)).isInstanceOf(Answer.Miss.class);
    pass(cache, question, size, lines);
    return cache.ask(question) instanceof Answer.Hit;
  }

  private static void pass(ReplyCache cache, Question question, int size, String lines)
      throws Exception {
    ResponseHead head = new ResponseHead();
    Input from =
        input(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: "
                + size
                + "\r\n"
                + lines
                + "\r\n"
                + "a".repeat(size));
    head.read(from);
    Body body = Body.of(head, "GET", from);
    if (cache.ask(question) instanceof Answer.Miss miss) {
      try (ReplyCache.Gathering gathering = cache.gather(question, miss, head, body)) {
        if (gathering != null) {
          gathering.add(new byte[size], 0, size);
          gathering.keep();
        }
      }
    }
  }

  @Test
  void whatFindsNoRoomIsNotKeptAndTakesNone() throws Exception {
    ReplyCache cache = cache(10_000);
    for (int i = 0; i < 3; i++) {
      assertThat(kept(cache, "/large", 2_501, "")).isFalse();
      assertThat(kept(cache, "/fits" + i, 2_500, "")).isTrue();
    }
  }

  @Test
  void allOfThemTogetherAreBounded() throws Exception {
    ReplyCache cache = cache(10_000);
    int hits = 0;
    for (int i = 0; i < 100; i++) {
      kept(cache, "/" + i, 2_000, "");
    }
    for (int i = 0; i < 100; i++) {
      hits += cache.ask(question("/" + i)) instanceof Answer.Hit ? 1 : 0;
    }
    assertThat(hits).isBetween(1, 5);
  }

  /** How many of these paths of a tenant are there. */
  private static long hits(ReplyCache cache, String tenant, int paths) throws Exception {
    long hits = 0;
    for (int i = 0; i < paths; i++) {
      hits += cache.ask(question(tenant, "/" + i)) instanceof Answer.Hit ? 1 : 0;
    }
    return hits;
  }

  @Test
  void nobodyLosesAnythingToWhoHasMoreThanAnEqualShare() throws Exception {
    ReplyCache cache = cache(40_000); // room for 15
    for (int i = 0; i < 100; i++) {
      kept(cache, question("a", "/" + i), 2_000, "");
    }
    assertThat(hits(cache, "a", 100)).isBetween(12L, 15L); // alone it may have all
    for (int i = 0; i < 7; i++) {
      assertThat(kept(cache, question("b", "/" + i), 2_000, "")).isTrue();
    }
    for (int i = 100; i < 300; i++) {
      kept(cache, question("a", "/" + i), 2_000, "");
    }
    assertThat(hits(cache, "b", 7)).isEqualTo(7);
    assertThat(hits(cache, "a", 300)).isBetween(6L, 8L);
    assertThat(cache.bytes()).isBetween(30_000L, 40_000L);
    for (int i = 100; i < 150; i++) { // now b is the one that wants more than its share
      kept(cache, question("b", "/" + i), 2_000, "");
    }
    assertThat(hits(cache, "a", 300)).isGreaterThanOrEqualTo(6);
  }

  @Test
  void whatIsUsedIsGivenUpLast() throws Exception {
    ReplyCache cache = cache(40_000);
    kept(cache, question("b", "/0"), 2_000, "");
    assertThat(kept(cache, "/used", 2_000, "")).isTrue();
    for (int i = 0; i < 100; i++) {
      kept(cache, "/" + i, 2_000, "");
      assertThat(cache.ask(question("/used"))).isInstanceOf(Answer.Hit.class);
    }
  }

  @Test
  void weighsWhatIsThereAndNothingElse() throws Exception {
    ReplyCache cache = cache(1 << 20);
    for (int i = 0; i < 3; i++) { // the second and third take the place of the one before
      kept(cache, "/x", 1_000, "Age: 10\r\n");
      kept(cache, question("b", "/x"), 1_000, "");
      nanos.addAndGet(60_000_000_000L);
    }
    assertThat(cache.bytes()).isBetween(3_000L, 4_000L); // nobody has looked since
    cache.keepOnly(Set.of("a", "b"));
    assertThat(cache.bytes()).isZero();
    kept(cache, "/x", 1_000, "");
    kept(cache, question("b", "/x"), 1_000, "");
    cache.keepOnly(Set.of("b"));
    assertThat(cache.ask(question("/x"))).isInstanceOf(Answer.Miss.class);
    assertThat(cache.ask(question("b", "/x"))).isInstanceOf(Answer.Hit.class);
    cache.invalidate(question("b", "/x").resource());
    assertThat(cache.bytes()).isZero();
  }

  @Test
  void weighsRightWhateverComesAtOnce() throws Exception {
    ReplyCache cache = cache(100_000);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Random random = new Random(i);
        all.add(threads.submit(() -> stir(cache, random)));
      }
      for (Future<?> each : all) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
    assertThat(cache.bytes()).isBetween(0L, 100_000L);
    cache.keepOnly(Set.of());
    assertThat(cache.bytes()).isZero();
  }

  private @Nullable Void stir(ReplyCache cache, Random random) throws Exception {
    for (int i = 0; i < 5_000; i++) {
      Question question = question("t" + random.nextInt(5), "/" + random.nextInt(20));
      switch (random.nextInt(20)) {
        case 0 -> cache.invalidate(question.resource());
        case 1 -> nanos.addAndGet(1_000_000_000L);
        case 2 -> cache.keepOnly(Set.of("t0", "t1", "t2", "t3"));
        default -> pass(cache, question, random.nextInt(4_000), "");
      }
    }
    return null;
  }

  @Test
  void withoutMemoryNothingIsKept() throws Exception {
    assertThat(kept(cache(0), "/x", 0, "")).isFalse();
    assertThat(kept(cache(0), "/x", 10, "")).isFalse();
  }

  @Test
  void aHeadThatCouldNotBeReadAgainIsNotKept() throws Exception {
    assertThat(kept(cache(1 << 20), "/x", 10, "a: b\r\n".repeat(125))).isTrue();
    assertThat(kept(cache(1 << 20), "/x", 10, "a: b\r\n".repeat(126))).isFalse(); // and a Date
  }

  @Test
  void isGoodForAsLongAsItIsFresh() throws Exception {
    ReplyCache cache = cache(1 << 20);
    assertThat(kept(cache, "/x", 10, "Age: 10\r\n")).isTrue();
    nanos.addAndGet(49_999_999_999L);
    assertThat(cache.ask(question("/x")))
        .isInstanceOfSatisfying(Answer.Hit.class, hit -> assertThat(hit.age()).isEqualTo(59));
    nanos.addAndGet(1);
    assertThat(cache.ask(question("/x"))).isInstanceOf(Answer.Miss.class);
  }
}
