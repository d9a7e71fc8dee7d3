package dev.aegis.analytics.ingest;

import dev.aegis.analytics.query.Cells;
import dev.aegis.analytics.query.Lag;
import dev.aegis.analytics.query.NotReady;
import dev.aegis.analytics.rollup.Observation;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.bus.BusSettings;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.Topics;
import dev.aegis.tracing.Spans;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running count of requests: follows {@code aegis.requests}, and answers what it has counted.
 *
 * <p>Kafka need not be there when it starts; it is looked for until it is.
 */
public final class RequestCounting implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RequestCounting.class);

  /**
   * Enough to commit. A stop that takes longer is like a kill: the stores are rebuilt afterwards.
   */
  private static final Duration CLOSE_BOUND = Duration.ofMillis(2_500);

  private static final long RETRY_MILLIS = 500;
  private static final long LAG_EVERY_MILLIS = 1_000;
  private static final long ADMIN_BOUND_SECONDS = 10;

  private final StreamSettings settings;
  private final Retention retention;
  private final InstantSource clock;
  private final Consumer<Observation> live;
  private final Tally tally;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Spans spans;
  private final Thread follower;
  private volatile @Nullable Running running;
  private volatile @Nullable Lag lastLag;

  /** What there is once Kafka has been found. */
  private record Running(
      KafkaStreams streams, LagLookup lag, RocksMemory.Shared memory, int partitions) {}

  /**
   * A count that has not begun.
   *
   * @param directory where the stores lie; reused after a restart
   * @param node name of this process, unique among the instances
   * @param live told of each request that was counted; returns at once
   * @param tally told of what came
   * @param spans where spans of requests that are traced go
   */
  public RequestCounting(
      BusSettings bus,
      Path directory,
      String node,
      Retention retention,
      InstantSource clock,
      Consumer<Observation> live,
      Tally tally,
      Spans spans) {
    this.spans = spans;
    this.settings = new StreamSettings(bus, directory, node);
    this.retention = retention;
    this.clock = clock;
    this.live = live;
    this.tally = tally;
    this.follower = Thread.ofVirtual().name("analytics-follower").unstarted(this::follow);
  }

  /** Begins; returns at once. */
  public void start() {
    follower.start();
  }

  /** Whether everything counted can be asked for. */
  public boolean ready() {
    Running now = running;
    return now != null && now.streams().state() == KafkaStreams.State.RUNNING;
  }

  /** Whether Kafka answered when it was last asked, about a second ago. */
  public boolean connected() {
    Lag lag = lastLag;
    return lag != null && lag.records() != null;
  }

  /** The lag about a second ago, null when Kafka did not tell. */
  public @Nullable Long lastLag() {
    Lag lag = lastLag;
    return lag == null ? null : lag.records();
  }

  /** What has been counted. */
  public Cells cells() {
    return new StoredCells(this::stores);
  }

  /** How far the count is behind, asked anew. */
  public Lag lag() {
    Running now = running;
    Lag lag = now == null ? new Lag(null, clock.instant()) : now.lag().measure();
    lastLag = lag;
    return lag;
  }

  private List<ReadOnlyKeyValueStore<Bytes, byte[]>> stores() throws NotReady {
    Running now = running;
    if (now == null) {
      throw new NotReady("Kafka has not been found yet.");
    }
    KafkaStreams.State state = now.streams().state();
    if (state != KafkaStreams.State.RUNNING) {
      throw new NotReady("The counts are being restored; the stream is " + state + ".");
    }
    List<ReadOnlyKeyValueStore<Bytes, byte[]>> stores = new ArrayList<>();
    for (int partition = 0; partition < now.partitions(); partition++) {
      try {
        stores.add(
            now.streams()
                .store(
                    StoreQueryParameters.fromNameAndType(
                            RequestTopology.CELLS,
                            QueryableStoreTypes.<Bytes, byte[]>keyValueStore())
                        .withPartition(partition)));
      } catch (InvalidStateStoreException e) {
        throw new NotReady("Partition " + partition + " is not counted by this instance.", e);
      }
    }
    return stores;
  }

  private void follow() {
    try {
      Running found = find();
      while (found != null && !closing.await(LAG_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
        lag();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tries until the stream has been started; null when this is closed first. */
  private @Nullable Running find() throws InterruptedException {
    String lastReason = "";
    do {
      try {
        Running found = begin();
        running = found;
        return found;
      } catch (BusUnavailable | KafkaException e) {
        String reason = String.valueOf(e.getMessage());
        if (!reason.equals(lastReason)) {
          LOG.warn("Counting cannot begin yet, trying on: {}", reason);
          lastReason = reason;
        }
      }
    } while (!closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS));
    return null;
  }

  private Running begin() throws BusUnavailable, InterruptedException {
    Topics.ensure(settings.bus());
    Admin admin = Admin.create(settings.admin());
    RocksMemory.Shared memory = new RocksMemory.Shared();
    KafkaStreams streams = null;
    try {
      int partitions = partitions(admin);
      Map<String, Object> config = settings.streams();
      memory.putInto(config);
      streams =
          new KafkaStreams(
              RequestTopology.of(retention, live, tally, spans), new StreamsConfig(config));
      streams.setUncaughtExceptionHandler(RequestCounting::failed);
      streams.start();
      LagLookup lag =
          new LagLookup(admin, StreamSettings.APPLICATION, Topics.REQUESTS, partitions, clock);
      return new Running(streams, lag, memory, partitions);
    } catch (BusUnavailable | RuntimeException | InterruptedException e) {
      if (streams != null) {
        streams.close(CLOSE_BOUND);
      }
      memory.close();
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private static int partitions(Admin admin) throws BusUnavailable, InterruptedException {
    try {
      var described =
          admin
              .describeTopics(List.of(Topics.REQUESTS))
              .allTopicNames()
              .get(ADMIN_BOUND_SECONDS, TimeUnit.SECONDS);
      return new HashMap<>(described).values().iterator().next().partitions().size();
    } catch (ExecutionException | TimeoutException e) {
      throw new BusUnavailable(Topics.REQUESTS + " cannot be described", e);
    }
  }

  /** A stream thread is replaced whatever it died of: counting goes on where it was committed. */
  private static StreamThreadExceptionResponse failed(Throwable failure) {
    LOG.error("Counting failed and goes on from the last commit", failure);
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return StreamThreadExceptionResponse.REPLACE_THREAD;
  }

  /** Commits what was counted and stops, within a few seconds. */
  @Override
  public void close() {
    closing.countDown();
    follower.interrupt();
    try {
      follower.join(CLOSE_BOUND.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Running now = running;
    running = null;
    if (now != null) {
      now.streams().close(CLOSE_BOUND);
      now.lag().close();
      now.memory().close();
    }
  }
}
