package dev.aegis.gateway.introspection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.aegis.egress.Fetched;
import dev.aegis.gateway.identity.Introspector;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.introspection.AskedIssuers.Outcome;
import dev.aegis.journal.Introspection;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One issuer that is asked about tokens, and what it said lately, by the hash of the token.
 *
 * <p>All who ask about one token at a time wait for one call. There are few calls at once, and
 * whoever comes when there are as many gets no answer, so that invented tokens neither flood the
 * issuer nor pile up here. That tokens are not active is remembered apart from what active ones
 * say: the former anybody can cause.
 */
final class AskedIssuer implements Introspector {
  /** Calls at once. */
  static final int MAX_CALLS = 32;

  /** What is remembered of active tokens, and of others, in bytes as they were answered. */
  private static final long MAX_BYTES = 4L * 1024 * 1024;

  /** What stands around an answer. */
  private static final int AROUND = 256;

  /** How much longer than the call itself those wait who did not make it. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final long revision;
  private final Introspection terms;
  private final Map<String, String> headers;
  private final Questions questions;
  private final LongSupplier ticker;
  private final Consumer<Outcome> count;
  private final Semaphore calls = new Semaphore(MAX_CALLS);
  private final ConcurrentMap<String, Call> underWay = new ConcurrentHashMap<>();
  private final Cache<String, Active> active =
      Caffeine.newBuilder()
          .maximumWeight(MAX_BYTES)
          .weigher((String token, Active said) -> said.body.length + AROUND)
          .executor(Runnable::run)
          .build();
  private final Cache<String, Long> inactive =
      Caffeine.newBuilder().maximumSize(MAX_BYTES / AROUND).executor(Runnable::run).build();
  private volatile @Nullable String failure;

  /** That a token is active; as bytes, since a tree takes many times as much. */
  private static final class Active {
    private final byte[] body;
    private final long asked;

    /**
     * @param body what was answered
     * @param asked when that was asked, in nanoseconds of the ticker
     */
    Active(byte[] body, long asked) {
      this.body = body;
      this.asked = asked;
    }

    ObjectNode claims() {
      try {
        return Json.readObject(body);
      } catch (IOException e) {
        throw new IllegalStateException("It was read before", e);
      }
    }
  }

  /** A call under way, for all who ask about its token. */
  private static final class Call {
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Answer answer = new Answer.Unanswered("the call came to no end");

    void ends(Answer with) {
      answer = with;
      end.countDown();
    }

    Answer await(Duration bound) {
      try {
        return end.await(bound.toNanos(), TimeUnit.NANOSECONDS)
            ? answer
            : new Answer.Unanswered("timeout");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the request is over
        return new Answer.Unanswered("interrupted");
      }
    }
  }

  /**
   * @param revision of the issuer's definition
   * @param secret by which Aegis is known to the issuer
   * @param ticker nanoseconds that no clock can set back
   * @param count hears how each question ended that was not answered from memory
   */
  AskedIssuer(
      long revision,
      Introspection terms,
      String secret,
      Questions questions,
      LongSupplier ticker,
      Consumer<Outcome> count) {
    this.revision = revision;
    this.terms = terms;
    this.headers =
        Map.of(
            "Authorization",
            basic(terms.clientId(), secret),
            "Content-Type",
            "application/x-www-form-urlencoded",
            "Accept",
            "application/json");
    this.questions = questions;
    this.ticker = ticker;
    this.count = count;
  }

  /** Both are encoded as in forms first (RFC 6749 section 2.3.1). */
  private static String basic(String id, String secret) {
    String pair = encoded(id) + ":" + encoded(secret);
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Whether an issuer of this revision with these terms can use it. */
  boolean suits(long ofIssuer, Introspection withTerms) {
    return revision == ofIssuer && terms.equals(withTerms);
  }

  /** Why the last call had no answer; null when it had, or there was none yet. */
  @Nullable String failure() {
    return failure;
  }

  @Override
  public Answer ask(String token) {
    String name = VerifiedTokens.hash(token);
    Answer known = remembered(name);
    if (known != null) {
      return known;
    }
    Call own = new Call();
    Call other = underWay.putIfAbsent(name, own);
    if (other != null) {
      return other.await(Duration.ofMillis(terms.timeoutMillis()).plus(PATIENCE));
    }
    Answer answer = own.answer;
    try {
      // One that ended between the look and here has left its answer.
      Answer just = remembered(name);
      answer = just == null ? called(name, token) : just;
    } finally {
      underWay.remove(name, own);
      own.ends(answer);
    }
    return answer;
  }

  private @Nullable Answer remembered(String name) {
    Active said = active.getIfPresent(name);
    if (said != null) {
      if (fresh(said.asked, terms.cacheSeconds())) {
        return answer(said.claims(), said.asked);
      }
      active.asMap().remove(name, said);
    }
    Long denied = inactive.getIfPresent(name);
    if (denied != null) {
      if (fresh(denied, terms.negativeCacheSeconds())) {
        return new Answer.Inactive();
      }
      inactive.asMap().remove(name, denied);
    }
    return null;
  }

  private Answer answer(ObjectNode claims, long asked) {
    return new Answer.Active(claims, now -> fresh(asked, terms.cacheSeconds()));
  }

  /** Counted from the question: what the issuer learns after that it may not have told. */
  private boolean fresh(long asked, int seconds) {
    return ticker.getAsLong() - asked < TimeUnit.SECONDS.toNanos(seconds);
  }

  private Answer called(String name, String token) {
    if (!calls.tryAcquire()) {
      count.accept(Outcome.BUSY);
      return new Answer.Unanswered("busy");
    }
    try {
      long asked = ticker.getAsLong();
      byte[] form =
          ("token=" + encoded(token) + "&token_type_hint=access_token")
              .getBytes(StandardCharsets.US_ASCII);
      Duration limit = Duration.ofMillis(terms.timeoutMillis());
      return switch (questions.ask(terms.url(), headers, form, limit)) {
        case Fetched.Missed(String code) -> failed(code);
        case Fetched.Document document -> read(name, document.body(), asked);
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the request is over
      return new Answer.Unanswered("interrupted");
    } finally {
      calls.release();
    }
  }

  private Answer read(String name, byte[] body, long asked) {
    ObjectNode claims;
    try {
      claims = Json.readObject(body);
    } catch (IOException e) {
      return failed("not_json");
    }
    JsonNode says = claims.path("active");
    if (!says.isBoolean()) {
      return failed("no_answer");
    }
    failure = null;
    if (!says.booleanValue()) {
      count.accept(Outcome.INACTIVE);
      inactive.put(name, asked);
      return new Answer.Inactive();
    }
    count.accept(Outcome.ACTIVE);
    active.put(name, new Active(body, asked));
    return answer(claims, asked);
  }

  private Answer failed(String why) {
    failure = why;
    count.accept(Outcome.FAILED);
    return new Answer.Unanswered(why);
  }
}
