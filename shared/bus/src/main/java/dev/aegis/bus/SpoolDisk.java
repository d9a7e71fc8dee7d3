package dev.aegis.bus;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The spool as the publisher sees it: a disk that may fail. Failures are counted, said once per
 * change of state, and tried again after a second; none is thrown.
 */
final class SpoolDisk {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolDisk.class);
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

  private final Path folder;
  private final long maxBytes;
  private @Nullable Spool spool;
  private @Nullable Pending ahead;
  private long errors;
  private boolean failing;
  private long failedAt;

  /** What became of an event. */
  enum Written {
    YES,
    /** The bound is reached. */
    FULL,
    FAILED
  }

  SpoolDisk(Path folder, long maxBytes) {
    this.folder = folder;
    this.maxBytes = maxBytes;
  }

  /** Opens the spool when it is not open and it is time to try. */
  void open() {
    if (spool != null || resting()) {
      return;
    }
    try {
      spool = new Spool(folder, maxBytes);
      works();
    } catch (IOException e) {
      failed(e);
    }
  }

  long maxBytes() {
    return maxBytes;
  }

  long errors() {
    return errors;
  }

  /** Events that wait to be sent. */
  long waiting() {
    Spool open = spool;
    return (open == null ? 0 : open.waiting()) + (ahead == null ? 0 : 1);
  }

  /** What it takes on disk. */
  long bytes() {
    Spool open = spool;
    return open == null ? 0 : open.bytes();
  }

  /** Whether a write would be tried. */
  boolean usable() {
    open();
    return spool != null && !resting();
  }

  /** Adds an event at the end. */
  Written append(Pending pending) {
    open();
    Spool open = spool;
    if (open == null || resting()) {
      return Written.FAILED;
    }
    try {
      Written written = open.append(pending) ? Written.YES : Written.FULL;
      works();
      return written;
    } catch (IOException e) {
      failed(e);
      return Written.FAILED;
    }
  }

  /** The next event, left in place; null when there is none, or it cannot be read now. */
  @Nullable Pending peek() {
    Spool open = spool;
    if (ahead != null || open == null || resting()) {
      return ahead;
    }
    try {
      ahead = open.next();
      return ahead;
    } catch (IOException e) {
      failed(e);
      return null;
    }
  }

  /** Takes off what {@link #peek} gave. */
  void taken() {
    ahead = null;
  }

  /** Counts everything as read: it is on its way already. */
  void passOver() {
    Spool open = spool;
    ahead = null;
    if (open != null) {
      open.passOver();
    }
  }

  /** Notes that events up to {@code end} are through. */
  void through(SpoolPosition end) {
    Spool open = spool;
    if (open == null || resting()) {
      return;
    }
    try {
      open.commit(end);
      open.savePosition();
    } catch (IOException e) {
      failed(e);
    }
  }

  @Nullable FileDescriptor unsynchronised() {
    Spool open = spool;
    if (open == null) {
      return null;
    }
    try {
      return open.unsynchronised();
    } catch (IOException e) {
      failed(e);
      return null;
    }
  }

  void close(SpoolPosition end) {
    Spool open = spool;
    spool = null;
    if (open == null) {
      return;
    }
    try {
      open.commit(end);
    } catch (IOException e) {
      failed(e);
    }
    try {
      open.close();
    } catch (IOException e) {
      failed(e);
    }
  }

  private boolean resting() {
    return failing && System.nanoTime() - failedAt < RETRY_NANOS;
  }

  private void works() {
    if (failing) {
      LOG.info("The spool in {} works again", folder);
    }
    failing = false;
  }

  /** Notes a failure. */
  void failed(IOException e) {
    errors++;
    failedAt = System.nanoTime();
    if (!failing) {
      LOG.error("The spool in {} fails: {}", folder, Clients.reason(e));
    }
    failing = true;
  }
}
