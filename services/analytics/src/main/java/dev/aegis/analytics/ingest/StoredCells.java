package dev.aegis.analytics.ingest;

import dev.aegis.analytics.query.Cells;
import dev.aegis.analytics.query.NotReady;
import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.CellKey;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.LossKey;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** The cells in the stores of a running stream, one store for each partition. */
final class StoredCells implements Cells {
  /** Opens the stores. */
  @FunctionalInterface
  interface Stores {
    /**
     * The store of each partition of the topic.
     *
     * @throws NotReady when one of them is not to be had here now
     */
    List<ReadOnlyKeyValueStore<Bytes, byte[]>> open() throws NotReady;
  }

  private final Stores stores;

  StoredCells(Stores stores) {
    this.stores = stores;
  }

  @Override
  public void scan(
      Granularity granularity, @Nullable String tenant, long from, long to, Visitor visitor)
      throws NotReady {
    try {
      for (ReadOnlyKeyValueStore<Bytes, byte[]> store : stores.open()) {
        if (tenant == null) {
          scanAll(store, granularity, from, to, visitor);
        } else {
          scan(store, granularity, tenant, from, to, visitor);
        }
      }
    } catch (InvalidStateStoreException e) {
      throw moved(e);
    }
  }

  private static void scan(
      ReadOnlyKeyValueStore<Bytes, byte[]> store,
      Granularity granularity,
      String tenant,
      long from,
      long to,
      Visitor visitor) {
    // The upper end of a range is inclusive; no stored key is as short as this one.
    try (KeyValueIterator<Bytes, byte[]> entries =
        store.range(
            Bytes.wrap(CellKey.from(granularity, tenant, from)),
            Bytes.wrap(CellKey.from(granularity, tenant, to)))) {
      while (entries.hasNext()) {
        KeyValue<Bytes, byte[]> entry = entries.next();
        visitor.visit(CellKey.parse(entry.key.get()), Cell.parse(entry.value));
      }
    }
  }

  /** Reads tenant by tenant: the cells of a tenant lie in order of time, those of all do not. */
  private static void scanAll(
      ReadOnlyKeyValueStore<Bytes, byte[]> store,
      Granularity granularity,
      long from,
      long to,
      Visitor visitor) {
    byte[] at = CellKey.first(granularity);
    while (true) {
      String tenant;
      try (KeyValueIterator<Bytes, byte[]> entries =
          store.range(Bytes.wrap(at), Bytes.wrap(CellKey.last(granularity)))) {
        if (!entries.hasNext()) {
          return;
        }
        tenant = CellKey.parse(entries.peekNextKey().get()).tenant();
      }
      scan(store, granularity, tenant, from, to, visitor);
      at = CellKey.behind(granularity, tenant);
    }
  }

  @Override
  public long lost(@Nullable String tenant, long from, long to) throws NotReady {
    byte[] first = tenant == null ? LossKey.first() : new LossKey(tenant, from).toBytes();
    byte[] last = tenant == null ? LossKey.last() : new LossKey(tenant, to - 1).toBytes();
    long lost = 0;
    try {
      for (ReadOnlyKeyValueStore<Bytes, byte[]> store : stores.open()) {
        try (KeyValueIterator<Bytes, byte[]> entries =
            store.range(Bytes.wrap(first), Bytes.wrap(last))) {
          while (entries.hasNext()) {
            KeyValue<Bytes, byte[]> entry = entries.next();
            long minute = LossKey.parse(entry.key.get()).minute();
            if (minute >= from && minute < to) {
              lost += LossKey.count(entry.value);
            }
          }
        }
      }
    } catch (InvalidStateStoreException e) {
      throw moved(e);
    }
    return lost;
  }

  private static NotReady moved(InvalidStateStoreException e) {
    return new NotReady("The counts are being moved to or from another instance.", e);
  }
}
