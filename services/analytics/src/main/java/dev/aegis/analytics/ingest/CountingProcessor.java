package dev.aegis.analytics.ingest;

import dev.aegis.analytics.rollup.Cell;
import dev.aegis.analytics.rollup.CellKey;
import dev.aegis.analytics.rollup.Granularity;
import dev.aegis.analytics.rollup.LossKey;
import dev.aegis.analytics.rollup.Observation;
import dev.aegis.analytics.rollup.Retention;
import dev.aegis.analytics.rollup.RunMark;
import dev.aegis.analytics.rollup.StatusClass;
import dev.aegis.events.Envelope;
import dev.aegis.events.MalformedEvent;
import dev.aegis.events.RequestEvent;
import dev.aegis.events.RequestsLost;
import dev.aegis.model.Ids;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the events of one partition.
 *
 * <p>Cells, marks of runs, dead records and the partition's offset are committed together, so
 * whatever ends this process, each record has been counted once or not yet.
 */
final class CountingProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  /** How long a run's mark outlives its last event: the topic's retention and a day. */
  static final Duration RUN_KEPT = Duration.ofDays(8);

  /** How often what is too old is looked for; a start is too busy for it. */
  static final Duration FORGETTING_EVERY = Duration.ofHours(1);

  /** Why a record was put aside. */
  static final String REASON_HEADER = "aegis_reason";

  /** Where it was, as {@code topic/partition/offset}. */
  static final String ORIGIN_HEADER = "aegis_origin";

  /** Most keys removed at a time, so that counting never waits for long. */
  private static final int FORGOTTEN_AT_ONCE = 20_000;

  private static final Logger LOG = LoggerFactory.getLogger(CountingProcessor.class);

  private final Retention retention;
  private final Consumer<Observation> live;
  private final Tally tally;
  private final CountingSpans spans;
  private @Nullable ProcessorContext<byte[], byte[]> context;
  private @Nullable KeyValueStore<Bytes, byte[]> cells;
  private @Nullable KeyValueStore<Bytes, byte[]> runs;

  CountingProcessor(
      Retention retention, Consumer<Observation> live, Tally tally, CountingSpans spans) {
    this.spans = spans;
    this.retention = retention;
    this.live = live;
    this.tally = tally;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> initial) {
    context = initial;
    cells = initial.getStateStore(RequestTopology.CELLS);
    runs = initial.getStateStore(RequestTopology.RUNS);
    initial.schedule(FORGETTING_EVERY, PunctuationType.WALL_CLOCK_TIME, this::forget);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    long began = spans.wanted() ? System.nanoTime() : 0;
    Envelope envelope;
    Observation one = null;
    RequestsLost lost = null;
    try {
      envelope = Envelope.read(name -> lastHeader(record.headers(), name));
      boolean loss = envelope.type().equals(RequestsLost.TYPE);
      if (!loss && !envelope.type().equals(RequestEvent.TYPE)) {
        tally.unknown();
        return;
      }
      if (record.value() == null) {
        throw new MalformedEvent("the record has no value");
      }
      if (loss) {
        lost = RequestsLost.parse(record.value());
      } else {
        one = observation(RequestEvent.parse(record.value()));
      }
    } catch (MalformedEvent | RuntimeException e) {
      putAside(record, e);
      return;
    }
    if (counted(envelope)) {
      tally.doubled();
      return;
    }
    if (one != null) {
      count(one);
      tally.counted();
      live.accept(one);
      if (spans.wanted()) {
        spans.counted(envelope, context().recordMetadata().orElse(null), began);
      }
    } else if (lost != null) {
      lose(envelope.tenant(), lost.minute().getEpochSecond() / 60, lost.count());
      tally.lost();
    }
  }

  private static byte @Nullable [] lastHeader(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null ? null : header.value();
  }

  private static Observation observation(RequestEvent event) {
    return new Observation(
        event.tenantId() == null ? "" : event.tenantId(),
        Math.floorDiv(event.startedAt().getEpochSecond(), 60L),
        event.routeId() == null ? "" : event.routeId(),
        event.method(),
        StatusClass.of(event.status()),
        event.subject() == null ? "" : event.subject(),
        event.bytesIn(),
        event.bytesOut(),
        event.durationUs(),
        event.requestId());
  }

  /** Whether this event was counted before; if not, it is marked as counted. */
  private boolean counted(Envelope envelope) {
    if (envelope.sequence() == Envelope.UNCOUNTED) {
      return false;
    }
    Bytes run = Bytes.wrap(RunMark.key(envelope.source(), envelope.run()));
    byte[] stored = runs().get(run);
    if (stored != null && envelope.sequence() <= RunMark.parse(stored).sequence()) {
      return true;
    }
    RunMark mark = new RunMark(envelope.sequence(), context().currentSystemTimeMs());
    runs().put(run, mark.toBytes());
    return false;
  }

  private void count(Observation one) {
    for (Granularity granularity : Granularity.values()) {
      Bytes key = Bytes.wrap(CellKey.of(granularity, one).toBytes());
      byte[] stored = cells().get(key);
      Cell before = stored == null ? Cell.EMPTY : Cell.parse(stored);
      cells().put(key, before.plus(one).toBytes());
    }
  }

  private void lose(String tenant, long minute, long count) {
    long kept = Math.clamp(minute, 0, Integer.MAX_VALUE);
    Bytes key = Bytes.wrap(new LossKey(Ids.isTenant(tenant) ? tenant : "", kept).toBytes());
    byte[] stored = cells().get(key);
    cells().put(key, LossKey.count(count + (stored == null ? 0 : LossKey.count(stored))));
  }

  private void putAside(Record<byte[], byte[]> record, Exception why) {
    String reason = String.valueOf(why.getMessage());
    String origin =
        context()
            .recordMetadata()
            .map(at -> at.topic() + "/" + at.partition() + "/" + at.offset())
            .orElse("?");
    LOG.atWarn()
        .addKeyValue("origin", origin)
        .log("A record cannot be counted and is put aside: {}", reason);
    Headers headers = new RecordHeaders(record.headers());
    headers.add(REASON_HEADER, reason.getBytes(StandardCharsets.UTF_8));
    headers.add(ORIGIN_HEADER, origin.getBytes(StandardCharsets.UTF_8));
    context().forward(record.withHeaders(headers), RequestTopology.DEAD);
    String name = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    lose(name, record.timestamp() / 60_000, 1);
    tally.dead();
  }

  private void forget(long nowMillis) {
    remove(runs(), null, null, entry -> RunMark.parse(entry.value).lastSeen() < before(nowMillis));
    for (Granularity granularity : Granularity.values()) {
      long firstKept = retention.firstKept(granularity, nowMillis / 60_000);
      remove(
          cells(),
          CellKey.first(granularity),
          CellKey.last(granularity),
          entry -> CellKey.parse(entry.key.get()).minute() < firstKept);
    }
    long firstLoss = retention.firstKept(Granularity.DAY, nowMillis / 60_000);
    remove(
        cells(),
        LossKey.first(),
        LossKey.last(),
        entry -> LossKey.parse(entry.key.get()).minute() < firstLoss);
  }

  private static long before(long nowMillis) {
    return nowMillis - RUN_KEPT.toMillis();
  }

  private static void remove(
      KeyValueStore<Bytes, byte[]> store,
      byte @Nullable [] from,
      byte @Nullable [] to,
      Predicate<KeyValue<Bytes, byte[]>> old) {
    List<Bytes> forgotten = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> entries =
        from == null || to == null ? store.all() : store.range(Bytes.wrap(from), Bytes.wrap(to))) {
      while (entries.hasNext() && forgotten.size() < FORGOTTEN_AT_ONCE) {
        KeyValue<Bytes, byte[]> entry = entries.next();
        if (old.test(entry)) {
          forgotten.add(entry.key);
        }
      }
    }
    forgotten.forEach(store::delete);
  }

  private ProcessorContext<byte[], byte[]> context() {
    return initialized(context);
  }

  private KeyValueStore<Bytes, byte[]> cells() {
    return initialized(cells);
  }

  private KeyValueStore<Bytes, byte[]> runs() {
    return initialized(runs);
  }

  private static <T> T initialized(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("Streams calls init() before anything else");
    }
    return value;
  }
}
