package dev.aegis.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is kept in how much memory, and for how long. */
final class ReplyCacheTest {
  private final AtomicLong nanos = new AtomicLong();

  private ReplyCache cache(long maxBytes) {
    return new ReplyCache(maxBytes, InstantSource.fixed(Instant.EPOCH), nanos::get);
  }

  private static Question question(String path) throws Exception {
    RequestHead head = new RequestHead();
    head.read(input("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n"));
    Resource resource = new Resource("a", "a.test", path, "");
    return new Question(new CachePlan("all\n1", 10_000), resource, "u", head, false);
  }

  private static Input input(String text) {
    return Input.stored(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Lets a reply of this size pass through; whether it is there then. */
  private static boolean kept(ReplyCache cache, String path, int size, String lines)
      throws Exception {
    Question question = question(path);
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
    assertThat(cache.ask(question)).isInstanceOf(Answer.Miss.class);
    if (cache.ask(question) instanceof Answer.Miss miss) {
      try (ReplyCache.Gathering gathering = cache.gather(question, miss, head, body)) {
        if (gathering != null) {
          gathering.add(new byte[size], 0, size);
          gathering.keep();
        }
      }
    }
    return cache.ask(question) instanceof Answer.Hit;
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
