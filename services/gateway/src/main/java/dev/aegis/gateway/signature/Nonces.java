package dev.aegis.gateway.signature;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The nonces of signatures that were taken, for as long as the same signature would be taken again,
 * so that none is. Each gateway knows those that it has seen itself.
 */
public final class Nonces {
  /** Most that are remembered of one tenant. */
  static final int MOST = 100_000;

  private static final long KEPT_MILLIS =
      RequestSignature.LIFETIME.plus(RequestSignature.AHEAD).toMillis() + 1_000;

  private final Map<String, Seen> byTenant = new ConcurrentHashMap<>();

  /** What may be done with a signature. */
  public enum Answer {
    FRESH,
    SEEN,
    /** So many are remembered that none can be added. */
    FULL
  }

  /**
   * Whether a nonce is new.
   *
   * @param keyId whose it is; another key may use the same
   * @param remembers whether it is not new from now on
   */
  public Answer ask(String tenant, String keyId, String nonce, long nowMillis, boolean remembers) {
    return byTenant
        .computeIfAbsent(tenant, any -> new Seen())
        .ask(keyId + ' ' + nonce, nowMillis, remembers);
  }

  /** Those of one tenant, in the order in which they came, which is that in which they go. */
  private static final class Seen {
    private final Map<String, Long> until = new LinkedHashMap<>();

    synchronized Answer ask(String nonce, long now, boolean remembers) {
      Iterator<Long> eldest = until.values().iterator();
      while (eldest.hasNext() && eldest.next() < now) {
        eldest.remove();
      }
      if (until.containsKey(nonce)) {
        return Answer.SEEN;
      }
      if (until.size() >= MOST) {
        return Answer.FULL;
      }
      if (remembers) {
        until.put(nonce, now + KEPT_MILLIS);
      }
      return Answer.FRESH;
    }
  }
}
