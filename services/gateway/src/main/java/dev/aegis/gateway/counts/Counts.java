package dev.aegis.gateway.counts;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often each of a closed list of things happened, since the gateway started. Counting takes no
 * lock and makes no garbage.
 *
 * @param <E> what can happen
 */
public final class Counts<E extends Enum<E>> {
  private final Map<E, LongAdder> adders;

  /** Nothing has happened yet. */
  public Counts(Class<E> type) {
    adders = new EnumMap<>(type);
    for (E each : type.getEnumConstants()) {
      adders.put(each, new LongAdder());
    }
  }

  /** Once more. */
  public void add(E what) {
    adder(what).increment();
  }

  /** How often so far. */
  public long of(E what) {
    return adder(what).sum();
  }

  private LongAdder adder(E what) {
    return Objects.requireNonNull(adders.get(what)); // each has one
  }
}
