package dev.aegis.admin.access;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;

/**
 * Slows down whoever guesses tokens: an address from which too many were wrong is not listened to
 * for the rest of {@link #WINDOW}, not even with a right one, since the answer would tell.
 *
 * <p>When too many were wrong from all addresses together, one that was wrong once is not listened
 * to any more. An address from which none was wrong always is, so nobody is kept out by others.
 *
 * <p>Of IPv6 the first 64 bits count as the address: the rest is the caller's to choose.
 */
public final class Brake {
  /** How long a wrong token counts. */
  public static final Duration WINDOW = Duration.ofMinutes(1);

  /** Most addresses that are remembered; the oldest are forgotten first. */
  static final int MOST_ADDRESSES = 10_000;

  private static final int PREFIX_BYTES = 8;

  private final int mostOfOne;
  private final int mostOfAll;
  private final InstantSource clock;
  private final LinkedHashMap<String, Wrong> addresses = new LinkedHashMap<>();
  private final Deque<Instant> all = new ArrayDeque<>();

  /** Wrong tokens of one address since the first of them. */
  private record Wrong(Instant since, int count) {}

  /**
   * @param mostOfOne wrong tokens of one address within the window, at least 1
   * @param mostOfAll wrong tokens of all of them together
   * @param clock moves the window
   */
  public Brake(int mostOfOne, int mostOfAll, InstantSource clock) {
    this.mostOfOne = mostOfOne;
    this.mostOfAll = mostOfAll;
    this.clock = clock;
  }

  /** How long the address is not listened to, in seconds; 0 when it is. */
  public synchronized long pause(InetAddress address) {
    Instant now = clock.instant();
    forget(now);
    Wrong wrong = addresses.get(name(address));
    int most = all.size() >= mostOfAll ? 1 : mostOfOne;
    return wrong == null || wrong.count() < most
        ? 0
        : Math.max(
            1, Duration.between(now, wrong.since().plus(WINDOW)).plusMillis(999).toSeconds());
  }

  /** Notes a wrong token from the address. */
  public synchronized void wrong(InetAddress address) {
    Instant now = clock.instant();
    forget(now);
    String name = name(address);
    Wrong before = addresses.get(name);
    addresses.put(
        name, before == null ? new Wrong(now, 1) : new Wrong(before.since(), before.count() + 1));
    if (addresses.size() > MOST_ADDRESSES) {
      addresses.pollFirstEntry();
    }
    all.addLast(now);
    if (all.size() > mostOfAll) {
      all.removeFirst();
    }
  }

  /** How many addresses are remembered. */
  synchronized int remembered() {
    return addresses.size();
  }

  /** What was put in first began first, so it is over first. */
  private void forget(Instant now) {
    Instant over = now.minus(WINDOW);
    Iterator<Wrong> oldest = addresses.values().iterator();
    while (oldest.hasNext() && !oldest.next().since().isAfter(over)) {
      oldest.remove();
    }
    while (!all.isEmpty() && !all.getFirst().isAfter(over)) {
      all.removeFirst();
    }
  }

  private static String name(InetAddress address) {
    byte[] bytes = address.getAddress();
    return HexFormat.of().formatHex(bytes.length == 4 ? bytes : Arrays.copyOf(bytes, PREFIX_BYTES));
  }
}
