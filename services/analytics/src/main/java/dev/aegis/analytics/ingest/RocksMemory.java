package dev.aegis.analytics.ingest;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * Bounds the memory of all stores together. Left alone, each store takes 50 MB for blocks and 48 MB
 * for writes, and there are two for each partition.
 *
 * <p>Streams makes it by name; what the stores share comes to it through the configuration.
 */
public final class RocksMemory implements RocksDBConfigSetter {
  private static final String SHARED = "aegis.rocksdb.shared";
  private static final long BLOCK_BYTES = 32L << 20;
  private static final long WRITE_BYTES = 16L << 20;
  private static final long WRITE_BYTES_EACH = 4L << 20;

  /** What the stores of one stream share; closed after the stream. */
  static final class Shared implements AutoCloseable {
    private final Cache blocks;
    private final WriteBufferManager writes;

    Shared() {
      RocksDB.loadLibrary();
      blocks = new LRUCache(BLOCK_BYTES);
      writes = new WriteBufferManager(WRITE_BYTES, blocks);
    }

    /** Puts it where {@link #setConfig} finds it. */
    void putInto(Map<String, Object> config) {
      config.put(SHARED, this);
    }

    @Override
    public void close() {
      writes.close();
      blocks.close();
    }
  }

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    if (configs.get(SHARED) instanceof Shared shared
        && options.tableFormatConfig() instanceof BlockBasedTableConfig table) {
      table.setBlockCache(shared.blocks).setCacheIndexAndFilterBlocks(true);
      options.setTableFormatConfig(table);
      options.setWriteBufferManager(shared.writes);
      options.setWriteBufferSize(WRITE_BYTES_EACH);
    }
  }

  @Override
  public void close(String storeName, Options options) {
    // The shared parts outlive each store.
  }
}
