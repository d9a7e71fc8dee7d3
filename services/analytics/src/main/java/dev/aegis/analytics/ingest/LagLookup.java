package dev.aegis.analytics.ingest;

import dev.aegis.analytics.query.Lag;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kafka how many records the group has not yet committed, over all partitions and instances.
 *
 * <p>Callers that come while one is asking share the next answer, so it is never older than their
 * call and Kafka is never asked by two at once.
 */
final class LagLookup implements Lag.Probe, AutoCloseable {
  private static final long BOUND_MILLIS = 2_000;

  private final Admin admin;
  private final String group;
  private final String topic;
  private final int partitions;
  private final InstantSource clock;
  private final ReentrantLock asking = new ReentrantLock();

  /** The last answer and when it was asked for, by {@link System#nanoTime}; under the lock. */
  private @Nullable Lag last;

  private long lastAsked;

  LagLookup(Admin admin, String group, String topic, int partitions, InstantSource clock) {
    this.admin = admin;
    this.group = group;
    this.topic = topic;
    this.partitions = partitions;
    this.clock = clock;
  }

  @Override
  public Lag measure() {
    long called = System.nanoTime();
    asking.lock();
    try {
      Lag known = last;
      if (known != null && lastAsked - called >= 0) {
        return known;
      }
      lastAsked = System.nanoTime();
      Lag asked = ask();
      last = asked;
      return asked;
    } finally {
      asking.unlock();
    }
  }

  private Lag ask() {
    var at = clock.instant();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      latest.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      earliest.put(new TopicPartition(topic, partition), OffsetSpec.earliest());
    }
    try {
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BOUND_MILLIS);
      // The ends are asked for behind what is committed, so what is
      // committed in between makes the lag too large, never too small.
      var committedLater = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata();
      Map<TopicPartition, OffsetAndMetadata> committed = await(committedLater, deadline);
      var startsLater = admin.listOffsets(earliest).all();
      var endsLater = admin.listOffsets(latest).all();
      var starts = await(startsLater, deadline);
      var ends = await(endsLater, deadline);
      long lag = 0;
      for (TopicPartition partition : latest.keySet()) {
        var start = starts.get(partition);
        var end = ends.get(partition);
        if (start == null || end == null) {
          return new Lag(null, at);
        }
        OffsetAndMetadata done = committed.get(partition);
        long position = Math.max(start.offset(), done == null ? 0 : done.offset());
        lag += Math.max(0, end.offset() - position);
      }
      return new Lag(lag, at);
    } catch (ExecutionException | TimeoutException e) {
      return new Lag(null, at);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Lag(null, at);
    }
  }

  private static <T> T await(KafkaFuture<T> answer, long deadline)
      throws ExecutionException, TimeoutException, InterruptedException {
    return answer.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    admin.close(java.time.Duration.ZERO);
  }
}
