package dev.aegis.analytics.ingest;

import dev.aegis.analytics.rollup.Observation;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.bus.Topics;
import dev.aegis.tracing.Spans;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The way of a request event: read, told from a double, counted in a cell of each length; or, when
 * it cannot be read, put aside.
 */
final class RequestTopology {
  /** Cells and losses, by their stored keys. */
  static final String CELLS = "cells";

  /** How far each publisher's run has been counted. */
  static final String RUNS = "runs";

  /** Where records go that cannot be read. */
  static final String DEAD = "dead";

  private static final String SOURCE = "requests";
  private static final String COUNTING = "counting";

  private RequestTopology() {}

  /**
   * The topology.
   *
   * @param live told of each request that was counted; returns at once
   * @param tally told of what came
   * @param spans where spans of requests that are traced go
   */
  static Topology of(Retention retention, Consumer<Observation> live, Tally tally, Spans spans) {
    CountingSpans made = new CountingSpans(spans, InstantSource.system());
    Topology topology = new Topology();
    topology.addSource(
        AutoOffsetReset.earliest(),
        SOURCE,
        arrival(),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer(),
        Topics.REQUESTS);
    topology.addProcessor(
        COUNTING,
        new ProcessorSupplier<byte[], byte[], byte[], byte[]>() {
          @Override
          public Processor<byte[], byte[], byte[], byte[]> get() {
            return new CountingProcessor(retention, live, tally, made);
          }

          @Override
          public Set<StoreBuilder<?>> stores() {
            return Set.of(store(CELLS), store(RUNS));
          }
        },
        SOURCE);
    topology.addSink(
        DEAD,
        Topics.dead(Topics.REQUESTS),
        new ByteArraySerializer(),
        new ByteArraySerializer(),
        COUNTING);
    return topology;
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
        .withCachingEnabled()
        .withLoggingEnabled(Map.of());
  }

  /**
   * When a record came to Kafka; one without a time, which Streams would stop at, counts as now.
   */
  private static TimestampExtractor arrival() {
    return (record, partitionTime) ->
        record.timestamp() >= 0 ? record.timestamp() : Math.max(0, partitionTime);
  }
}
