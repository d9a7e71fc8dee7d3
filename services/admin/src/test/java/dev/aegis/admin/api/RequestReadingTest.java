package dev.aegis.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.admin.access.Access;
import dev.aegis.admin.access.Brake;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.access.Operators;
import dev.aegis.admin.changes.Guard;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Origin;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** How paths, conditions, keys and tokens of a request are read. */
final class RequestReadingTest {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  @Test
  void aLiteralSegmentWinsOverAParameter() {
    Router router =
        new Router(
            List.of(
                operation("GET", "/admin/plugins/{id}"),
                operation("PUT", "/admin/plugins/{id}"),
                operation("GET", "/admin/plugins/catalog")));
    assertThat(router.match("GET", List.of("admin", "plugins", "catalog")))
        .isInstanceOfSatisfying(
            Router.Match.Found.class,
            found -> assertThat(found.operation().template()).isEqualTo("/admin/plugins/catalog"));
    assertThat(router.match("GET", List.of("admin", "plugins", "p")))
        .isInstanceOfSatisfying(
            Router.Match.Found.class,
            found -> assertThat(found.segments()).isEqualTo(Map.of("id", "p")));
    assertThat(router.match("PUT", List.of("admin", "plugins", "catalog")))
        .isInstanceOfSatisfying(
            Router.Match.OtherMethods.class,
            others -> assertThat(others.allowed()).containsExactly("GET"));
    assertThat(router.match("GET", List.of("admin"))).isInstanceOf(Router.Match.Nothing.class);
    assertThat(router.match("GET", List.of("admin", "plugins", "p", "")))
        .isInstanceOf(Router.Match.Nothing.class);
  }

  @Test
  void entityTagsGuard() {
    assertThat(guard("If-Match", "\"7\"")).isEqualTo(matches(7L));
    assertThat(guard("If-Match", "\"7\", \"8\" ,W/\"9\"")).isEqualTo(matches(7L, 8L));
    assertThat(guard("If-Match", "\"abc\"")).isEqualTo(matches());
    assertThat(guard("If-Match", "*")).isEqualTo(new Guard.Exists());
    assertThat(guard("If-None-Match", "*")).isEqualTo(new Guard.Absent());
    assertThat(guard()).isEqualTo(new Guard.None());
    for (String wrong : List.of("7", "\"7", "\"7\" \"8\"", "\"7\";")) {
      refused(Refusal.Reason.MALFORMED, () -> guard("If-Match", wrong));
    }
    refused(Refusal.Reason.MALFORMED, () -> guard("If-Match", "*", "If-None-Match", "*"));
    refused(Refusal.Reason.MALFORMED, () -> guard("If-None-Match", "\"7\""));
    assertThat(Preconditions.known("W/\"7\"", 7)).isTrue();
    assertThat(Preconditions.known("\"8\"", 7)).isFalse();
    assertThat(Preconditions.known(null, 7)).isFalse();
  }

  @Test
  void aKeyIsRememberedForADay() {
    IdempotencyKeys keys = new IdempotencyKeys(now::get, call -> List.of());
    AtomicInteger made = new AtomicInteger();
    Call call = call("body", "Idempotency-Key", "k");
    assertThat(keys.once(call, () -> reply(201, made)).headers())
        .doesNotContainKey(IdempotencyKeys.REPLAYED);
    assertThat(keys.once(call, () -> reply(201, made)).headers())
        .containsEntry(IdempotencyKeys.REPLAYED, "true");
    assertThat(made).hasValue(1);
    refused(
        Refusal.Reason.KEY_REUSED,
        () -> keys.once(call("other", "Idempotency-Key", "k"), () -> reply(201, made)));
    now.set(now.get().plus(Duration.ofHours(25)));
    keys.once(call, () -> reply(201, made));
    assertThat(made).hasValue(2);
  }

  /** What a request makes itself is no former life of it. */
  @Test
  void aKeyOfAFormerLifeMeansNothing() {
    AtomicReference<List<String>> lives = new AtomicReference<>(List.of());
    IdempotencyKeys keys = new IdempotencyKeys(now::get, call -> lives.get());
    AtomicInteger made = new AtomicInteger();
    Call call = call("body", "Idempotency-Key", "k");
    keys.once(
        call,
        () -> {
          lives.set(List.of("first"));
          return reply(201, made);
        });
    assertThat(keys.once(call, () -> reply(201, made)).headers())
        .containsEntry(IdempotencyKeys.REPLAYED, "true");
    lives.set(List.of("second"));
    assertThat(keys.once(call("other", "Idempotency-Key", "k"), () -> reply(201, made)).headers())
        .doesNotContainKey(IdempotencyKeys.REPLAYED);
    assertThat(made).hasValue(2);
  }

  @Test
  void aKeyIsFreeAgainAfterAFailure() {
    IdempotencyKeys keys = new IdempotencyKeys(now::get, call -> List.of());
    AtomicInteger made = new AtomicInteger();
    Call call = call("body", "Idempotency-Key", "k");
    keys.once(call, () -> reply(503, made));
    assertThatThrownBy(
            () ->
                keys.once(
                    call,
                    () -> {
                      refused(
                          Refusal.Reason.KEY_IN_PROGRESS,
                          () -> keys.once(call, () -> reply(201, made)));
                      throw new IllegalStateException("a bug");
                    }))
        .hasMessage("a bug");
    keys.once(call, () -> reply(201, made));
    assertThat(made).hasValue(2);
  }

  @Test
  void onlyTheTokenLetsIn() {
    assertThat(identify("Bearer s3cret"))
        .isEqualTo(new Access.Granted(Operator.PLATFORM_ADMINISTRATOR));
    assertThat(identify("bearer  s3cret ")).isInstanceOf(Access.Granted.class);
    assertThat(identify(null)).isEqualTo(Access.Refused.MISSING);
    assertThat(identify("Basic s3cret")).isEqualTo(Access.Refused.MISSING);
    assertThat(identify("Bearer s3cre")).isEqualTo(Access.Refused.INVALID);
    assertThat(identify("Bearer ")).isEqualTo(Access.Refused.INVALID);
  }

  private static Access identify(String authorization) {
    InstantSource clock = () -> Instant.EPOCH;
    return new Operators("s3cret", new Brake(1, 1, clock), clock)
        .identify(authorization, InetAddress.getLoopbackAddress());
  }

  @Test
  void aGuesserIsNotListenedToNotEvenWithTheToken() {
    InstantSource clock = () -> Instant.EPOCH;
    Operators operators = new Operators("s3cret", new Brake(1, 9, clock), clock);
    InetAddress guesser = InetAddress.ofLiteral("192.0.2.1");
    assertThat(operators.identify(null, guesser)).isEqualTo(Access.Refused.MISSING);
    assertThat(operators.identify("Bearer x", guesser)).isEqualTo(Access.Refused.INVALID);
    assertThat(operators.identify("Bearer s3cret", guesser)).isEqualTo(new Access.Paused(60));
    assertThat(operators.identify("Bearer s3cret", InetAddress.ofLiteral("192.0.2.2")))
        .isInstanceOf(Access.Granted.class);
  }

  private static Operation operation(String method, String template) {
    return new Operation(method, template, Set.of(), Needs.PLATFORM_READ, call -> Reply.empty(204));
  }

  private static Guard guard(String... headers) {
    return Preconditions.guard(call("", headers));
  }

  private static Guard matches(Long... revisions) {
    return new Guard.Matches(Set.of(revisions));
  }

  private static Reply reply(int status, AtomicInteger made) {
    made.incrementAndGet();
    return Reply.bytes(status, "text/plain", new byte[0]);
  }

  private static void refused(Refusal.Reason reason, ThrowingCallable attempt) {
    assertThatThrownBy(attempt)
        .isInstanceOfSatisfying(
            RefusedCall.class, refused -> assertThat(refused.why().reason()).isEqualTo(reason));
  }

  private static Call call(String body, String... headers) {
    Map<String, String> byName = new HashMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      byName.put(headers[i].toLowerCase(Locale.ROOT), headers[i + 1]);
    }
    return new Call(
        "POST",
        "/admin/tenants",
        null,
        Map.of(),
        Map.of(),
        byName,
        new Payload(body.getBytes(StandardCharsets.UTF_8)),
        Operator.PLATFORM_ADMINISTRATOR,
        new Origin("192.0.2.1", "POST", "/admin/tenants", "id"));
  }
}
