package dev.aegis.chassis;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lines on their way to the log's file: a bounded queue, and the one thread that writes.
 *
 * <p>Who logs never waits for the disk. What the queue has no room for is dropped and counted, line
 * by line; when there is room again, one line of the log says how many are missing. What waits when
 * the process dies is lost.
 */
final class LogQueue extends UnsynchronizedAppenderBase<ILoggingEvent> {
  /** Entries of the queue; an entry is one line, or a batch of ready ones. */
  static final int ENTRIES = 1 << 13;

  /** Bytes of the queue. */
  static final long BYTES = 16L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(LogQueue.class);
  private static final long FLUSH_MILLIS = 2000;
  private static final long LAST_MILLIS = 500;
  private static final byte[] END = {};

  /** Where lines go. */
  @FunctionalInterface
  interface Sink {
    /**
     * Writes whole lines, and waits for the disk if need be.
     *
     * @return false when they are lost, because the log ends
     */
    boolean write(byte[] lines);
  }

  private final JsonLines encoder;
  private final Sink sink;
  private final CountDownLatch ending;
  private final InstantSource clock;
  private final ArrayBlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(ENTRIES);
  private final AtomicLong bytes = new AtomicLong();
  private final LongAdder lost = new LongAdder();
  private final Thread thread = Thread.ofPlatform().daemon().name("log").unstarted(this::run);
  private volatile @Nullable Instant behindSince;
  private volatile @Nullable String reason;

  /** The writing thread's own: losses that a line of the log has told of. */
  private long told;

  /** The writing thread's own: what the next line about losses begins with. */
  private @Nullable String why;

  /**
   * @param ending brought to zero when the log ends, so that nobody waits for a disk any longer
   */
  LogQueue(JsonLines encoder, Sink sink, CountDownLatch ending, InstantSource clock) {
    this.encoder = encoder;
    this.sink = sink;
    this.ending = ending;
    this.clock = clock;
  }

  @Override
  public void start() {
    super.start();
    thread.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    add(encoder.encode(event));
  }

  /** Takes whole lines, as one: they stay together. */
  void add(byte[] lines) {
    if (bytes.addAndGet(lines.length) <= BYTES && isStarted() && queue.offer(lines)) {
      return;
    }
    bytes.addAndGet(-lines.length);
    lose(lines);
  }

  private void lose(byte[] lines) {
    long count = 0;
    for (byte one : lines) {
      count += one == '\n' ? 1 : 0;
    }
    lost.add(count);
    if (behindSince == null) {
      behindSince = clock.instant();
    }
  }

  /** Hears from the writing thread how attempts to write went, null for one that succeeded. */
  void attempted(@Nullable IOException failure) {
    if (failure == null) {
      reason = null;
      return;
    }
    String now = Reasons.of(failure);
    if (reason == null) {
      reason = now;
      why = now;
      if (behindSince == null) {
        behindSince = clock.instant();
      }
      LOG.error("The log cannot be written: {}; trying again each second", now);
    }
  }

  /** Lines that are missing in the log, since the process began. */
  long lost() {
    return lost.sum();
  }

  /** Bytes that wait to be written. */
  long waiting() {
    return bytes.get();
  }

  /** Why the file cannot be written at the moment, or null. */
  @Nullable String reason() {
    return reason;
  }

  private void run() {
    try {
      while (true) {
        byte[] next = queue.take();
        if (next.length == 0) {
          break;
        }
        write(next);
        if (behindSince != null
            && reason == null
            && waiting() < BYTES / 2
            && queue.size() < ENTRIES / 2) {
          tell();
        }
      }
      if (behindSince != null && reason == null) {
        tell();
      }
      for (byte[] last = queue.poll(); last != null; last = queue.poll()) {
        write(last);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(byte[] lines) {
    boolean written = sink.write(lines);
    bytes.addAndGet(-lines.length);
    if (!written) {
      lose(lines);
    }
  }

  private void tell() {
    Instant since = behindSince;
    behindSince = null;
    long all = lost.sum();
    long more = all - told;
    told = all;
    String because = why == null ? "the disk was too slow" : why;
    why = null;
    LOG.warn("The log was behind since {} ({}): {} lines are lost", since, because, more);
  }

  /** Whether nothing is written any more. */
  boolean ended() {
    return !thread.isAlive();
  }

  /** Writes what waits, within about two seconds, and ends. */
  @Override
  public void stop() {
    if (!isStarted()) {
      return;
    }
    if (reason != null) {
      ending.countDown();
    }
    try {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MILLIS);
      boolean _ = queue.offer(END, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      ending.countDown();
      thread.join(LAST_MILLIS);
      thread.interrupt();
    } catch (InterruptedException e) {
      ending.countDown();
      Thread.currentThread().interrupt();
    }
    super.stop();
  }
}
