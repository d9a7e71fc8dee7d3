package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Http1Reply;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.pipeline.Progress.Identified;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.pipeline.Refusal.ByUpstream;
import dev.aegis.gateway.pipeline.Ruling;
import dev.aegis.gateway.pipeline.Rulings;
import dev.aegis.gateway.pipeline.Rulings.Outcome;
import dev.aegis.gateway.pipeline.Rulings.Source;
import dev.aegis.gateway.snapshot.ArbiterPlan;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.gateway.upstream.OwnRequest;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.journal.Arbiter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks the arbiter of a route whether one request may pass: a {@code GET} that tells what the
 * request is and whose, by the upstream's own way, so with its connections, health and circuit. The
 * request's body stays where it is.
 */
final class ArbiterInquiry implements Ruling.Inquiry {
  private static final int MOST_LINES = 8 * 1024;
  private static final long MOST_REPLY_BYTES = 64 * 1024;

  private final RequestExchange exchange;
  private final Edge edge;
  private final CallerLeg leg;

  /**
   * @param exchange what it is a part of
   * @param leg of the caller
   */
  ArbiterInquiry(RequestExchange exchange, Edge edge, CallerLeg leg) {
    this.exchange = exchange;
    this.edge = edge;
    this.leg = leg;
  }

  @Override
  public Ruling ask(Identified identified, ArbiterPlan arbiter) {
    Rulings rulings = edge.pipeline().rulings();
    Arbiter rules = arbiter.rules();
    Question question = new Question(identified, rules);
    if (rules.kept().isZero()) {
      return counted(call(question, arbiter), Source.ASKED);
    }
    String key = question.key(arbiter);
    Ruling known = rulings.find(key, System.nanoTime());
    if (known != null) {
      return counted(new Answer.Said(known), Source.CACHE);
    }
    Answer answer = call(question, arbiter);
    if (answer instanceof Answer.Said(Ruling ruling)) {
      rulings.remember(key, ruling, System.nanoTime() + rules.kept().toNanos());
    }
    return counted(answer, Source.ASKED);
  }

  /** What came of asking. */
  private sealed interface Answer {
    /** The arbiter has decided. */
    record Said(Ruling ruling) implements Answer {}

    /** It has not. */
    record Silent(boolean letsPass) implements Answer {}

    /** Nobody is left to decide about. */
    record Gone() implements Answer {}
  }

  private Ruling counted(Answer answer, Source source) {
    Rulings rulings = edge.pipeline().rulings();
    return switch (answer) {
      case Answer.Gone() -> new Ruling.Stops(ByCaller.CALLER_GONE);
      case Answer.Said(Ruling ruling) -> {
        Outcome outcome =
            switch (ruling) {
              case Ruling.Passes passes -> Outcome.ALLOWED;
              case Ruling.Stops stops -> Outcome.DENIED;
            };
        rulings.add(outcome, source);
        yield ruling;
      }
      case Answer.Silent(boolean letsPass) -> {
        rulings.add(letsPass ? Outcome.LET_PASS : Outcome.FAILED, source);
        yield letsPass
            ? Ruling.Passes.BARE
            : new Ruling.Stops(new Refusal.Later(ByUpstream.AUTHORIZATION_UNAVAILABLE, 1));
      }
    };
  }

  private Answer call(Question question, ArbiterPlan arbiter) {
    Arbiter rules = arbiter.rules();
    Upstream upstream = arbiter.backend().upstream();
    if (upstream == null) {
      return silent(rules, "there is no upstream \"" + arbiter.backend().id() + "\"");
    }
    Call call = new Call(question, rules);
    Exchange outcome = edge.forwarder().forward(upstream, call);
    if (outcome.fault() == Exchange.Fault.CALLER_GONE) {
      return new Answer.Gone();
    }
    if (outcome.fault() != null) {
      String fault = outcome.fault().word();
      return silent(rules, outcome.detail().isEmpty() ? fault : fault + ": " + outcome.detail());
    }
    int status = outcome.status();
    if (status == 401 || status == 403) {
      exchange.noted("the arbiter said " + status);
      return new Answer.Said(new Ruling.Stops(Refusal.Forbidden.INSTANCE));
    }
    if (status < 200 || status > 299) {
      return silent(rules, "status " + status);
    }
    String lines = call.lines();
    return lines == null
        ? silent(rules, "the fields for the backend are longer than " + MOST_LINES)
        : new Answer.Said(new Ruling.Passes(lines));
  }

  private Answer silent(Arbiter rules, String why) {
    exchange.noted("the arbiter gave no answer: " + why);
    return new Answer.Silent(rules.letsPass());
  }

  /** What an arbiter is told of a request. */
  private final class Question {
    private final Identified identified;
    private final RequestHead head;
    private final Arbiter rules;

    Question(Identified identified, Arbiter rules) {
      this.identified = identified;
      this.head = identified.inbound().head();
      this.rules = rules;
    }

    @Nullable Principal principal() {
      return identified.principalOrNull();
    }

    /** The whole head, but for the blank line. */
    void put(Output out) {
      out.put("GET ");
      out.put(rules.path());
      out.put(" HTTP/1.1");
      out.endLine();
      out.header("Host", head.authority());
      out.header("X-Request-Id", identified.inbound().requestId());
      told(out::header);
    }

    /** All that an answer may depend on, as a text that differs when that does. */
    String key(ArbiterPlan arbiter) {
      StringBuilder key = new StringBuilder(identified.matched().tenant().id());
      key.append('\n').append(arbiter.route()).append('\n').append(head.authority());
      told((name, value) -> key.append('\n').append(name).append(':').append(value));
      return key.toString();
    }

    private void told(Line line) {
      line.of("X-Forwarded-Method", head.method());
      line.of("X-Forwarded-Proto", exchange.secure() ? "https" : "http");
      line.of("X-Forwarded-Host", head.authority());
      line.of("X-Forwarded-Uri", head.path() + head.query());
      line.of("X-Forwarded-For", identified.inbound().address());
      String tenant = identified.matched().tenant().id();
      line.of("X-Tenant-Id", tenant);
      Principal principal = principal();
      if (principal != null) {
        line.of("X-User-Id", principal.subject());
        if (!principal.tenant().equals(tenant)) {
          line.of("X-User-Tenant-Id", principal.tenant());
        }
        line.of("X-User-Roles", String.join(",", principal.roles()));
      }
      for (String name : rules.headers()) {
        if (exchange.trace() != null && name.equals(Field.TRACEPARENT.text())) {
          continue; // it gets one that names the call itself
        }
        for (String value : head.eachValue(name)) {
          line.of(name, value);
        }
      }
    }
  }

  /** Takes a header line. */
  private interface Line {
    void of(String name, String value);
  }

  /** One call. */
  private final class Call implements OwnRequest {
    private final Question question;
    private final Arbiter rules;
    private final Body body = Body.stored(new byte[0]);
    private final ReplyTo reply = new Http1Reply(new Unread(), true);
    private @Nullable String lines = "";

    Call(Question question, Arbiter rules) {
      this.question = question;
      this.rules = rules;
    }

    /** What the backend is told, null when that is too much. */
    @Nullable String lines() {
      return lines;
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public void head(Output out) {
      question.put(out);
    }

    @Override
    public @Nullable Trace trace() {
      return exchange.trace();
    }

    @Override
    public Body body() {
      return body;
    }

    @Override
    public Duration within() {
      return rules.timeout();
    }

    @Override
    public Body.@Nullable Copy replied(ResponseHead head, Body content) {
      StringBuilder taken = new StringBuilder();
      for (String name : rules.replyHeaders()) {
        for (String value : head.eachValue(name)) {
          taken.append(name).append(": ").append(value).append("\r\n");
        }
      }
      lines = taken.length() > MOST_LINES ? null : taken.toString();
      return null;
    }

    @Override
    public String address() {
      return question.identified.inbound().address();
    }

    @Override
    public @Nullable String subject() {
      Principal principal = question.principal();
      return principal == null ? null : principal.subject();
    }

    @Override
    public @Nullable String field(String name) {
      return question.head.value(name);
    }

    @Override
    public boolean awaited() {
      return true;
    }

    @Override
    public ReplyTo caller() {
      return reply;
    }

    @Override
    public void whenGone(Runnable action, boolean bodyIsRead) {
      leg.whenGone(action, false); // nobody reads the caller's body meanwhile
    }

    @Override
    public void forgetGone() {
      leg.forgetGone();
    }

    @Override
    public boolean gone() {
      return leg.gone();
    }

    @Override
    public long mostReplyBytes() {
      return MOST_REPLY_BYTES;
    }
  }

  /** Where the rest of an answer ends. */
  private static final class Unread extends Output {
    Unread() {
      super(1024, 16 * 1024);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) {
      // What it says to people is not passed on.
    }
  }
}
