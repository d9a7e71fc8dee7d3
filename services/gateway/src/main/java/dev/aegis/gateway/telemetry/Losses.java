package dev.aegis.gateway.telemetry;

import dev.aegis.bus.OutgoingEvent;
import dev.aegis.bus.Topics;
import dev.aegis.events.Envelope;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.RequestsLost;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Requests of which no event went out, by tenant and minute, until the analytics can be told how
 * many they miss. Kept in memory only: what a gateway has not told when it is killed, nobody knows.
 */
final class Losses {
  /** Beyond it tenants are not told apart any more. */
  private static final int MOST = 10_000;

  private record Key(String tenant, long minute) {}

  private final Map<Key, Long> counts = new ConcurrentHashMap<>();

  /** Notes a request. For any thread. */
  void add(RequestEvent event) {
    String tenant = event.tenantId();
    long minute = Math.floorDiv(event.startedAt().getEpochSecond(), 60L);
    Key own = new Key(tenant == null ? Envelope.NO_TENANT : tenant, minute);
    boolean room = counts.size() < MOST || counts.containsKey(own);
    counts.merge(room ? own : new Key(Envelope.NO_TENANT, minute), 1L, Long::sum);
  }

  boolean isEmpty() {
    return counts.isEmpty();
  }

  /**
   * Tells of them, and forgets what was taken.
   *
   * @param publish whether the event was taken
   */
  void tell(Predicate<OutgoingEvent> publish) {
    for (Key key : List.copyOf(counts.keySet())) {
      Long count = counts.remove(key);
      if (count == null) {
        continue;
      }
      Instant minute = Instant.ofEpochSecond(key.minute() * 60);
      OutgoingEvent event =
          new OutgoingEvent(
              Topics.REQUESTS,
              key.tenant(),
              RequestsLost.TYPE,
              key.tenant(),
              minute.toEpochMilli(),
              new RequestsLost(minute, count).toJson());
      if (!publish.test(event)) {
        counts.merge(key, count, Long::sum);
        return;
      }
    }
  }
}
