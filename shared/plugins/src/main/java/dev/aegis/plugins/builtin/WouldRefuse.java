package dev.aegis.plugins.builtin;

import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.Ongoing;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What would have been refused, from when it is found until its request has ended; then the log
 * says so, at most every ten seconds and with how many there were.
 */
final class WouldRefuse {
  private static final Logger LOG = LoggerFactory.getLogger(WouldRefuse.class);
  private static final int MOST = 4_096;
  private static final long PAUSE = Duration.ofSeconds(10).toNanos();

  private final Map<Object, String> byRequest = new ConcurrentHashMap<>();
  private long since;
  private long told = System.nanoTime() - PAUSE;

  /** Keeps the first thing that is wrong with a request. */
  void note(Request request, Verdict verdict) {
    switch (verdict) {
      case Verdict.Pass pass -> {}
      case Verdict.Refuse refuse -> {
        if (byRequest.size() >= MOST) {
          byRequest.clear(); // of requests of whose end nobody was told
        }
        byRequest.putIfAbsent(same(request), refuse.status() + " " + refuse.detail());
      }
    }
  }

  /** Tells of a request that has ended. */
  synchronized void tell(Request request) {
    String what = byRequest.remove(same(request));
    if (what == null) {
      return;
    }
    since++;
    long now = System.nanoTime();
    if (now - told >= PAUSE) {
      LOG.warn(
          "Tenant {}, route {}: {} requests would be refused, the last one, {}, with {}",
          request.tenant(),
          request.route(),
          since,
          request.id(),
          what);
      told = now;
      since = 0;
    }
  }

  /** Callers choose ids, so two requests may have one. */
  private static Object same(Request request) {
    return request instanceof Ongoing ongoing ? ongoing.ticket() : request.id();
  }

  /** How many are kept. */
  int size() {
    return byRequest.size();
  }
}
