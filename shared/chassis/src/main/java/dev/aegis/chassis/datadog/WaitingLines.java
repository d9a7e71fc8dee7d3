package dev.aegis.chassis.datadog;

import dev.aegis.chassis.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Lines of the log that wait to be sent, in bounded memory: what there is no room for is counted
 * and dropped. Any thread adds; one takes.
 */
final class WaitingLines {
  /** What a batch costs beside its bytes. */
  private static final int OVERHEAD = 64;

  private static final int LONGEST = 1_000_000;

  private final ConcurrentLinkedQueue<byte[]> batches = new ConcurrentLinkedQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final long mostBytes;
  private final Metrics.Counter lost;

  /** The taking thread's own: the batch that is being taken apart, and how far it is. */
  private byte @Nullable [] current;

  private int at;

  WaitingLines(long mostBytes, Metrics.Counter lost) {
    this.mostBytes = mostBytes;
    this.lost = lost;
  }

  /**
   * Adds whole lines; returns at once.
   *
   * @param lines each ended by a newline; not changed afterwards
   */
  void add(byte[] lines) {
    if (lines.length == 0) {
      return;
    }
    long cost = (long) lines.length + OVERHEAD;
    if (bytes.addAndGet(cost) > mostBytes) {
      bytes.addAndGet(-cost);
      lost.add(lines(lines, 0));
    } else {
      batches.add(lines);
    }
  }

  /** The next lines, without their ends; none when none waits. */
  List<byte[]> take(int mostLines, int mostBytes) {
    List<byte[]> taken = new ArrayList<>();
    int length = 0;
    while (taken.size() < mostLines && length < mostBytes) {
      byte[] batch = current == null ? batches.poll() : current;
      if (batch == null) {
        break;
      }
      int end = at;
      while (end < batch.length && batch[end] != '\n') {
        end++;
      }
      if (end - at > LONGEST) {
        lost.add();
      } else if (end > at) {
        taken.add(Arrays.copyOfRange(batch, at, end));
        length += end - at;
      }
      at = end + 1;
      current = batch;
      if (at >= batch.length) {
        current = null;
        at = 0;
        bytes.addAndGet(-(long) batch.length - OVERHEAD);
      }
    }
    return taken;
  }

  /** Gives up what waits. The taking thread's. */
  void drop() {
    if (current != null) {
      lost.add(lines(current, at));
      current = null;
      at = 0;
    }
    byte[] batch;
    while ((batch = batches.poll()) != null) {
      lost.add(lines(batch, 0));
      bytes.addAndGet(-(long) batch.length - OVERHEAD);
    }
  }

  private static long lines(byte[] bytes, int from) {
    long lines = 0;
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        lines++;
      }
    }
    return lines;
  }
}
