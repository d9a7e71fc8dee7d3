package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;
import dev.aegis.journal.UpstreamDefinition.Protocol;
import dev.aegis.journal.UpstreamDefinition.Retries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** All attempts to carry one request: to whom the next one goes, and when there is none. */
final class Attempts {
  private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");

  private final Upstream upstream;
  private final Outbound outbound;
  private final Relay relay;
  private final Message message;
  private final Deadlines deadlines;
  private final Retries rules;
  private final Protocol protocol;
  private final boolean idempotent;
  private final boolean bounded;
  private final long end;
  private int made;
  private @Nullable Attempt hedge;
  private @Nullable Target target;
  private Failed last = new Failed(Fault.NO_TARGET, "there is no target");
  private List<Target> unreachable = List.of();

  private Attempts(
      Upstream upstream, Protocol protocol, Outbound outbound, Relay relay, Deadlines deadlines)
      throws Failed {
    this.upstream = upstream;
    this.protocol = protocol;
    this.outbound = outbound;
    this.relay = relay;
    this.deadlines = deadlines;
    this.message = Message.of(outbound, protocol == Protocol.HTTP2 && outbound.takesTrailers());
    this.rules = upstream.retries();
    this.idempotent = IDEMPOTENT.contains(outbound.method());
    Duration whole = closer(upstream.timeouts().request(), outbound.within());
    this.bounded = !whole.isZero();
    this.end = System.nanoTime() + whole.toNanos();
  }

  /** Of two bounds, of which zero is none. */
  private static Duration closer(Duration one, Duration other) {
    return other.isZero() || !one.isZero() && one.compareTo(other) < 0 ? one : other;
  }

  /** Carries a request, blocking until the reply is through. */
  static Exchange carry(Upstream upstream, Outbound outbound, Relay relay, Deadlines deadlines) {
    Attempts attempts;
    try {
      attempts = new Attempts(upstream, upstream.protocol(), outbound, relay, deadlines);
    } catch (Failed e) {
      return relay.outcome(e.fault(), e.detail(), null, 0);
    }
    return attempts.carry();
  }

  private Exchange carry() {
    while (true) {
      Attempt attempt = next();
      if (attempt == null) {
        break;
      }
      made++;
      target = attempt.target();
      boolean again;
      boolean stale;
      try (Race race = mayBeHedged() ? new Race(this, relay, outbound, message, attempt) : null) {
        answer(ask(attempt, race));
        return relay.outcome(null, "", target, made);
      } catch (Failed e) {
        last = e;
        stale = stale(attempt, e);
        again = again(e, stale);
      } finally {
        outbound.forgetGone();
        attempt.end();
      }
      if (!again || bounded && System.nanoTime() - end >= 0) {
        break;
      }
      if (!stale) {
        unreachable = plus(unreachable, attempt.target());
        rest();
      }
    }
    return relay.outcome(last.fault(), last.detail(), target, made);
  }

  /** The next one with its seat, null when there is no target, or none has room in time. */
  private @Nullable Attempt next() {
    Target next = upstream.next(outbound, unreachable, System.nanoTime());
    if (next == null) {
      return null;
    }
    long patience = Math.min(upstream.timeouts().connect().toNanos(), left());
    // When one idle connection was stale, so may be all of them: what follows is a new one.
    Attempt attempt = Attempt.begin(upstream, next, patience, made == 0);
    if (attempt != null) {
      attempt.noteIn(outbound.trace());
    } else if (made == 0) {
      last = new Failed(Fault.OVERLOADED, "all connections are in use");
    }
    return attempt;
  }

  /** Asks its target, and perhaps another; returns whose reply has come. */
  private Attempt ask(Attempt attempt, @Nullable Race race) throws Failed {
    if (race == null) {
      open(attempt, repeatable());
      relay.ask(attempt, message);
      return attempt;
    }
    try {
      return race.run(rules.hedgeAfter());
    } finally {
      hedge = race.hedge();
      if (hedge != null) {
        made++;
        target = hedge.target();
        unreachable = plus(unreachable, hedge.target());
      }
    }
  }

  /** Whether it is hedged when {@link Retries#hedgeAfter} is over: once in all. */
  private boolean mayBeHedged() {
    return !rules.hedgeAfter().isZero()
        && hedge == null
        && made < rules.attempts()
        && idempotent
        && repeatable()
        && outbound.awaited()
        && outbound.beyond() == null;
  }

  /** Begins a hedge of one with {@code first}, null when there is none to be had. */
  @Nullable Attempt hedge(Target first) {
    long now = System.nanoTime();
    Target other = upstream.beside(outbound, first, unreachable, now);
    Attempt second = other == null ? null : Attempt.begin(upstream, other, 0, true);
    if (second != null && !upstream.budget().take(rules, now)) {
      second.end();
      return null;
    }
    if (second != null) {
      second.noteIn(outbound.trace());
    }
    return second;
  }

  /** Whether a reply with this status is dropped if there may be a better one. */
  boolean drops(int status) {
    return rules.statuses().contains(status);
  }

  /** Finds its way to the target, with the bounds that hold for it. */
  void open(Attempt attempt, boolean repeatable) throws Failed {
    Duration connect = upstream.timeouts().connect();
    long left = left();
    Duration bound =
        connect.toNanos() <= left ? connect : Duration.ofNanos(Math.max(left, 1_000_000));
    attempt.open(protocol, bound, deadlines);
    TargetLeg leg = attempt.leg();
    leg.bound(upstream.timeouts().idle(), upstream.timeouts().firstByte());
    if (!rules.perTry().isZero() && repeatable) {
      long tried = System.nanoTime() + rules.perTry().toNanos();
      leg.end(bounded && end - tried < 0 ? end : tried);
    } else if (bounded) {
      leg.end(end);
    }
  }

  /** Passes its reply on, unless another attempt may get a better one. */
  private void answer(Attempt attempt) throws Failed {
    target = attempt.target();
    relay.took(attempt);
    int status = attempt.status();
    if (made < rules.attempts()
        && idempotent
        && drops(status)
        && repeatable()
        && upstream.budget().take(rules, System.nanoTime())) {
      attempt.close();
      attempt.says(Standing.of(status));
      throw Failed.dropped(status);
    }
    relay.answer(attempt, bounded, end);
    attempt.says(Standing.of(status));
  }

  /** Whether nothing was wrong but that an idle connection had ended, which costs nothing. */
  private boolean stale(Attempt attempt, Failed why) {
    return hedge == null && attempt.rested() && why.fault() == Fault.UPSTREAM_FAILED && safe(why);
  }

  private boolean again(Failed why, boolean stale) {
    if (why.status() > 0) {
      return true; // the budget was asked before the reply was dropped
    }
    boolean given = why.fault() == Fault.UPSTREAM_TIMEOUT && !rules.perTry().isZero();
    return made < rules.attempts()
        && (given || why.fault() == Fault.UPSTREAM_FAILED)
        && (why.isUnreached() || safe(why))
        && (stale || upstream.budget().take(rules, System.nanoTime()));
  }

  private boolean safe(Failed why) {
    return (idempotent || why.isUntouched()) && repeatable();
  }

  /** Whether the whole request can be sent again: a target that has begun to answer has had it. */
  private boolean repeatable() {
    return !message.streamed() && !relay.answered();
  }

  /** Nanoseconds until it must be over. */
  private long left() {
    return bounded ? end - System.nanoTime() : Long.MAX_VALUE;
  }

  /** Up to the back-off, at random, so that requests which failed together do not come together. */
  private void rest() {
    long most = rules.backoff().toNanos() << made - 1;
    if (most > 0) {
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most));
    }
  }

  private static List<Target> plus(List<Target> targets, Target one) {
    List<Target> more = new ArrayList<>(targets);
    more.add(one);
    return more;
  }
}
