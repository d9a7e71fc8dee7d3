package dev.aegis.gateway.upstream;

import dev.aegis.journal.UpstreamDefinition.Passive;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether a target is left out for a while because its attempts kept ending badly. Each time that
 * follows soon is twice as long as the one before.
 *
 * <p>Time is an argument: nanoseconds of a monotonic clock.
 */
final class Ejection {
  private static final int MAX_DOUBLINGS = 16;

  private final AtomicInteger consecutive = new AtomicInteger();
  // Written by one thread at a time, see eject.
  private volatile boolean ejected;
  private volatile long until;
  private int times;
  private volatile boolean told;

  /** An attempt ended well. */
  void good() {
    if (consecutive.get() != 0) { // as a rule it is, and nobody writes
      consecutive.set(0);
    }
  }

  /** An attempt ended badly. Returns whether that was one too many in a row. */
  boolean bad(Passive rules) {
    return consecutive.incrementAndGet() >= rules.failures();
  }

  /** Leaves it out from now on. One thread at a time. */
  void eject(Passive rules, long now) {
    long most = rules.maxEjection().toNanos();
    // Long back and well: what was before is forgotten.
    times = ejected && now - until < most ? Math.min(times + 1, MAX_DOUBLINGS) : 0;
    long length = Math.min(most, rules.ejection().toNanos() << times);
    consecutive.set(0);
    until = now + Math.max(length, rules.ejection().toNanos());
    ejected = true;
  }

  /** Whether it has been told that it is left out, and not yet that it is good again. */
  boolean told() {
    return told;
  }

  /** It has been told. One thread at a time. */
  void told(boolean leftOut) {
    told = leftOut;
  }

  /** Whether it is left out. */
  boolean lasts(long now) {
    return ejected && now - until < 0;
  }

  /** The part of its share that it gets, see {@link Warming}: it came back when this was over. */
  double part(long now, long length) {
    return ejected ? Warming.part(until, now, length) : 1;
  }

  /** Back at once, as when nobody is to be left out any more. */
  void end() {
    ejected = false;
    consecutive.set(0);
  }
}
