package dev.aegis.gateway.admission;

/**
 * The counts of one caller of which this gateway takes shares from those of all gateways. What it
 * was granted it spends without asking; until it is told that there is no more in this window, it
 * also spends up to one share in advance. So all gateways together admit at most one share of each
 * of them more than the limit.
 *
 * <p>What is left of a share when its window ends is gone. Whoever looks at it has its lock.
 */
final class LeasedCell extends Meter.Cell {
  /** How long after a refusal nothing more is asked for. */
  private static final long PAUSE_MILLIS = 1_000;

  private final Bound bound;
  private final long share;
  private long window = Long.MIN_VALUE;
  private long spent;
  private long granted;

  /** What all gateways had left, by the last answer. */
  private long left;

  private boolean exhausted;
  private boolean asked;
  private long pausedUntil;

  LeasedCell(Meter meter, long share) {
    super(meter);
    this.bound = meter.bounds().getFirst();
    this.share = share;
  }

  @Override
  boolean fits(Meter meter, long epochMillis, long cost) {
    long now = epochMillis / bound.lengthMillis();
    if (now > window) {
      window = now;
      spent = 0;
      granted = 0;
      left = bound.limit();
      exhausted = false;
      pausedUntil = 0;
    }
    return cost <= balance();
  }

  private long balance() {
    long inAll = granted + (exhausted ? 0 : share);
    return Math.max(Math.min(inAll, bound.limit()) - spent, 0);
  }

  @Override
  Count count(Meter meter, long epochMillis, long cost, boolean counts) {
    boolean fits = cost <= balance();
    if (counts) {
      spent += cost;
    }
    long reset = (window + 1) * bound.lengthMillis() - epochMillis;
    long millis = fits || exhausted ? reset : Math.min(reset, PAUSE_MILLIS); // an answer is due
    long remaining = Math.min(granted + left, bound.limit()) - spent;
    return Count.of(fits, bound, Math.max(remaining, 0), Math.clamp(millis, 0, reset), 0);
  }

  /** Whether it is time to ask for more; who is told so has to ask. */
  boolean wants(long epochMillis) {
    if (asked || epochMillis < pausedUntil || granted - spent >= Math.ceilDiv(share, 2)) {
      return false;
    }
    asked = true;
    return true;
  }

  /** A question: what to ask for, in which window. */
  record Asked(long window, long units) {}

  /** To have one share at hand, when what was spent in advance is paid for. */
  Asked asked() {
    return new Asked(window, Math.clamp(share + spent - granted, 1, bound.limit()));
  }

  /** So much is this gateway's, and so much is left for all. */
  void granted(Asked question, long units, long leftForAll) {
    asked = false;
    if (question.window() == window) {
      granted += units;
      left = leftForAll;
    }
  }

  /** There is nothing left in the window. */
  void refused(Asked question, long epochMillis) {
    asked = false;
    if (question.window() == window) {
      exhausted = true;
      left = 0;
      pausedUntil = epochMillis + PAUSE_MILLIS;
    }
  }

  /** Nobody knows. */
  void unanswered() {
    asked = false;
  }
}
