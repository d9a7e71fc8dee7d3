package dev.aegis.gateway.introspection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.egress.Fetched;
import dev.aegis.gateway.identity.Introspector;
import dev.aegis.gateway.identity.Introspector.Answer;
import dev.aegis.gateway.introspection.AskedIssuers.Outcome;
import dev.aegis.journal.Introspection;
import dev.aegis.journal.ObjectKey;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What issuers say of tokens, how long that is remembered, and how often they are asked. */
final class AskedIssuersTest {
  private static final ObjectKey KEY = ObjectKey.parse("tenants/a/issuers/i");
  private static final String ACTIVE = "{\"active\":true,\"sub\":\"alice\"}";

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // passes its end
  private final List<String> forms = new CopyOnWriteArrayList<>();
  private final List<Map<String, String>> headers = new CopyOnWriteArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile Fetched reply = new Fetched.Document(ACTIVE.getBytes(UTF_8), null);
  private volatile boolean held;

  private final AskedIssuers issuers =
      new AskedIssuers(
          (place, sent, form, limit) -> {
            headers.add(sent);
            forms.add(new String(form, UTF_8));
            if (held) {
              released.await();
            }
            return reply;
          },
          nanos::get);

  private Introspector asked(int cache, int negative) {
    return asked(1, cache, negative);
  }

  private Introspector asked(long revision, int cache, int negative) {
    Introspection terms =
        new Introspection(URI.create("https://idp.test/i"), "a:b", null, cache, negative, 2_000);
    return issuers.put("a", KEY, revision, terms, "päss word");
  }

  private void says(String body) {
    reply = new Fetched.Document(body.getBytes(UTF_8), null);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void asksAsTheClientThatItIs() {
    assertThat(asked(30, 10).ask("a+b/c=")).isInstanceOf(Answer.Active.class);
    assertThat(forms).containsExactly("token=a%2Bb%2Fc%3D&token_type_hint=access_token");
    // RFC 6749 section 2.3.1: both are encoded as in forms before they are put together.
    String basic = Base64.getEncoder().encodeToString("a%3Ab:p%C3%A4ss+word".getBytes(UTF_8));
    assertThat(headers.getFirst())
        .containsEntry("Authorization", "Basic " + basic)
        .containsEntry("Content-Type", "application/x-www-form-urlencoded");
  }

  @Test
  void remembersThatATokenIsActiveForSoLong() {
    Introspector introspector = asked(30, 10);
    Answer.Active first = (Answer.Active) introspector.ask("t");
    assertThat(first.claims().path("sub").asText()).isEqualTo("alice");
    pass(Duration.ofSeconds(30).minusNanos(1));
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Active.class);
    assertThat(first.proof().holds(Instant.MAX)).isTrue();
    assertThat(forms).hasSize(1);
    pass(Duration.ofNanos(1));
    assertThat(first.proof().holds(Instant.MIN)).isFalse();
    says("{\"active\":false}");
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Inactive.class);
    assertThat(forms).hasSize(2);
  }

  @Test
  void remembersThatATokenIsNotActiveForSoLong() {
    Introspector introspector = asked(30, 10);
    says("{\"active\":false,\"sub\":\"alice\"}");
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Inactive.class);
    says(ACTIVE);
    pass(Duration.ofSeconds(10).minusNanos(1));
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Inactive.class);
    assertThat(introspector.ask("other")).isInstanceOf(Answer.Active.class);
    pass(Duration.ofNanos(1));
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Active.class);
    assertThat(forms).hasSize(3);
  }

  @Test
  void remembersNothingIfItMayNot() {
    Introspector introspector = asked(0, 0);
    Answer.Active first = (Answer.Active) introspector.ask("t");
    assertThat(first.proof().holds(Instant.MIN)).isFalse();
    introspector.ask("t");
    says("{\"active\":false}");
    introspector.ask("t");
    introspector.ask("t");
    assertThat(forms).hasSize(4);
  }

  /** Whoever does not answer is asked again by the next request: that is not remembered. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no",
        "[]",
        "null",
        "{}",
        "{\"active\":null}",
        "{\"active\":\"true\"}",
        "{\"active\":1}",
        "{\"active\":true,\"active\":true}",
        "{\"active\":true,\"sub\":\"a\",\"sub\":\"b\"}",
        "{\"active\":true} {}",
        "{\"active\":true"
      })
  void takesNothingElseForAnAnswer(String body) {
    Introspector introspector = asked(30, 10);
    says(body);
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Unanswered.class);
    assertThat(issuers.findings()).hasSize(1);
    assertThat(issuers.unanswered()).isEqualTo(1);
    says(ACTIVE);
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Active.class);
    assertThat(issuers.findings()).isEmpty();
    assertThat(issuers.count(Outcome.FAILED)).isEqualTo(1);
    assertThat(issuers.count(Outcome.ACTIVE)).isEqualTo(1);
  }

  @Test
  void goesByTheLastAnswerOnlyWithinItsTime() {
    Introspector introspector = asked(30, 10);
    introspector.ask("t");
    reply = new Fetched.Missed("connect_failed");
    pass(Duration.ofSeconds(29));
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Active.class);
    pass(Duration.ofSeconds(1));
    assertThat(introspector.ask("t")).isEqualTo(new Answer.Unanswered("connect_failed"));
    assertThat(issuers.findings().getFirst().message()).contains("connect_failed");
  }

  @Test
  void allWhoAskAboutOneTokenWaitForOneCall() throws Exception {
    Introspector introspector = asked(0, 0);
    held = true;
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      AtomicLong begun = new AtomicLong();
      for (int i = 0; i < 200; i++) {
        answers.add(
            callers.submit(
                () -> {
                  begun.incrementAndGet();
                  return introspector.ask("t");
                }));
      }
      await().until(() -> begun.get() == 200 && forms.size() == 1);
      released.countDown();
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isInstanceOf(Answer.Active.class);
      }
    }
  }

  /**
   * Invented tokens get no answer beyond the bound; what is remembered is answered all the same.
   */
  @Test
  void hasFewCallsUnderWay() throws Exception {
    Introspector introspector = asked(30, 10);
    introspector.ask("known");
    held = true;
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < AskedIssuer.MAX_CALLS; i++) {
        String token = "t" + i;
        answers.add(callers.submit(() -> introspector.ask(token)));
      }
      await().until(() -> forms.size() == AskedIssuer.MAX_CALLS + 1);
      assertThat(introspector.ask("one-more")).isEqualTo(new Answer.Unanswered("busy"));
      assertThat(introspector.ask("known")).isInstanceOf(Answer.Active.class);
      assertThat(issuers.count(Outcome.BUSY)).isEqualTo(1);
      assertThat(issuers.findings()).isEmpty();
      released.countDown();
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isInstanceOf(Answer.Active.class);
      }
      assertThat(introspector.ask("one-more")).isInstanceOf(Answer.Active.class);
    }
  }

  /** What nobody may cause but the issuer is not pushed out by what anybody can. */
  @Test
  void inventedTokensPushOutNoActiveOne() {
    Introspector introspector = asked(3_600, 300);
    introspector.ask("known");
    says("{\"active\":false}");
    for (int i = 0; i < 60_000; i++) {
      introspector.ask("invented-" + i);
    }
    int before = forms.size();
    assertThat(introspector.ask("known")).isInstanceOf(Answer.Active.class);
    assertThat(forms).hasSize(before);
  }

  @Test
  void keepsWithinItsMemory() {
    Introspector introspector = asked(3_600, 300);
    says("{\"active\":true,\"filler\":\"" + "x".repeat(60_000) + "\"}");
    for (int i = 0; i < 200; i++) {
      introspector.ask("t" + i);
    }
    forms.clear();
    for (int i = 0; i < 200; i++) {
      introspector.ask("t" + i);
    }
    assertThat(forms).hasSizeGreaterThan(100);
  }

  @Test
  void anotherDefinitionRemembersNothing() {
    Introspector introspector = asked(1, 30, 10);
    introspector.ask("t");
    assertThat(asked(1, 30, 10)).isSameAs(introspector);
    Introspector changed = asked(2, 30, 10);
    assertThat(changed).isNotSameAs(introspector);
    changed.ask("t");
    assertThat(forms).hasSize(2);
    reply = new Fetched.Missed("timeout");
    changed.ask("u");
    assertThat(issuers.findings()).hasSize(1);
    issuers.keepOnly("a", Set.of(KEY));
    assertThat(issuers.findings()).hasSize(1);
    issuers.keepOnly("a", Set.of());
    assertThat(issuers.findings()).isEmpty();
    assertThat(asked(2, 30, 10)).isNotSameAs(changed);
  }

  @Test
  void aRequestThatIsOverKeepsNobodyWaiting() {
    Introspector introspector = asked(30, 10);
    held = true;
    Thread.currentThread().interrupt();
    assertThat(introspector.ask("t")).isEqualTo(new Answer.Unanswered("interrupted"));
    assertThat(Thread.interrupted()).isTrue();
    held = false;
    assertThat(introspector.ask("t")).isInstanceOf(Answer.Active.class);
  }
}
