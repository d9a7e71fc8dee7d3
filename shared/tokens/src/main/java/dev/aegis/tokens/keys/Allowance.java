package dev.aegis.tokens.keys;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often tokens of one issuer that name an unknown key may have its set fetched early. Each
 * issuer has its own, so that what is sent to one tenant does not use up another's.
 */
final class Allowance {
  /** Early fetches that may follow each other at once. */
  private static final int BURST = 2;

  private static final int MAX_VAIN = 100;

  private final FetchTerms terms;
  // Guarded by this.
  private final Map<String, Long> vain = new LinkedHashMap<>();
  private long due = System.nanoTime();

  Allowance(FetchTerms terms) {
    this.terms = terms;
  }

  /** Whether there may be one now; it is counted. What is not used adds up to a burst. */
  synchronized boolean take() {
    long now = System.nanoTime();
    long pause = terms.pause().toNanos();
    long ahead = Math.max(due - now, 0);
    if (ahead > (BURST - 1) * pause) {
      return false;
    }
    due = now + ahead + pause;
    return true;
  }

  /** The set was fetched for this key, and does not have it. */
  synchronized void inVain(String keyId) {
    vain.remove(keyId);
    if (vain.size() >= MAX_VAIN) {
      vain.remove(vain.keySet().iterator().next());
    }
    vain.put(keyId, System.nanoTime());
  }

  /** Whether that was not long ago. */
  synchronized boolean wasInVain(String keyId) {
    Long since = vain.get(keyId);
    return since != null && System.nanoTime() - since < terms.absence().toNanos();
  }
}
