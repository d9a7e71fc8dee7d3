package dev.aegis.bus;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on disk, in order: a queue of files in one folder that belongs to one process at a time.
 *
 * <p>Three places in it: up to {@code committed} events are through and files are deleted; up to
 * {@code read} they were handed out and may be sent again after a crash; behind that they wait. Not
 * thread-safe. A record goes to the operating system at once, so it outlives the process; when it
 * outlives the machine is up to who calls {@link #unsynchronised}.
 */
final class Spool implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final String SUFFIX = ".events";
  private static final int MIN_SEGMENT = 64 << 10;
  private static final int MAX_SEGMENT = 8 << 20;

  private final Path folder;
  private final long maxBytes;
  private final long segmentBytes;
  private final FileChannel lockChannel;
  private final FileLock lock;
  private final RandomAccessFile positionFile;
  private final SpoolRecords records = new SpoolRecords();

  /** Length of each file by number. */
  private final NavigableMap<Long, Long> segments = new TreeMap<>();

  private SpoolPosition committed = SpoolPosition.START;
  private SpoolPosition persisted = SpoolPosition.START;
  private SpoolPosition read = SpoolPosition.START;
  private long waiting;
  private long bytes;
  private @Nullable RandomAccessFile writing;
  private long writingSegment;
  private @Nullable InputStream reading;
  private SpoolPosition readingAt = SpoolPosition.START;

  /**
   * Opens the spool and finds what an earlier process left.
   *
   * @param folder made when it is missing
   * @param maxBytes most bytes that it takes on disk
   * @throws IOException when the folder cannot be used, or another process uses it
   */
  Spool(Path folder, long maxBytes) throws IOException {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.segmentBytes = Math.clamp(maxBytes / 16, MIN_SEGMENT, MAX_SEGMENT);
    Files.createDirectories(folder);
    lockChannel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    RandomAccessFile position = null;
    try {
      lock = lock();
      position = new RandomAccessFile(folder.resolve("position").toFile(), "rw");
      find(position);
      positionFile = position;
    } catch (IOException | RuntimeException e) {
      if (position != null) {
        position.close();
      }
      lockChannel.close();
      throw e;
    }
  }

  /** Events that wait to be read. */
  long waiting() {
    return waiting;
  }

  /** Bytes on disk. */
  long bytes() {
    return bytes;
  }

  /**
   * Adds an event at the end and tells it where.
   *
   * @return false when the bound is reached
   * @throws IOException when the disk failed; what was written before is still whole
   */
  boolean append(Pending pending) throws IOException {
    byte[] record = records.write(pending);
    if (bytes + record.length > maxBytes) {
      return false;
    }
    RandomAccessFile file = writing;
    long offset = file == null ? 0 : segments.getOrDefault(writingSegment, 0L);
    if (file == null || offset + record.length > segmentBytes && offset > 0) {
      file = nextSegment();
      offset = 0;
    }
    try {
      file.seek(offset);
      file.write(record);
    } catch (IOException e) {
      abandon(file, offset);
      throw e;
    }
    segments.put(writingSegment, offset + record.length);
    bytes += record.length;
    waiting++;
    pending.spooledTo(new SpoolPosition(writingSegment, offset + record.length));
    return true;
  }

  /** Counts everything in the spool as read: it is on its way already. */
  void passOver() {
    waiting = 0;
    if (!segments.isEmpty()) {
      read = new SpoolPosition(segments.lastKey(), segments.lastEntry().getValue());
    }
  }

  /** The next event, or null when all were read. */
  @Nullable Pending next() throws IOException {
    while (true) {
      Long segment = segments.ceilingKey(read.segment());
      if (segment == null) {
        waiting = 0;
        return null;
      }
      if (segment != read.segment()) {
        read = new SpoolPosition(segment, 0);
      }
      long length = segments.getOrDefault(segment, 0L);
      if (read.offset() >= length) {
        Long after = segments.higherKey(segment);
        if (after == null) {
          waiting = 0;
          return null;
        }
        read = new SpoolPosition(after, 0);
        continue;
      }
      Pending pending = nextIn(segment);
      if (pending != null) {
        waiting = Math.max(0, waiting - 1);
        return pending;
      }
    }
  }

  /** Notes that events up to {@code end} are through, and deletes files that hold no others. */
  void commit(SpoolPosition end) throws IOException {
    if (end.compareTo(committed) > 0) {
      committed = end;
    }
    while (!segments.isEmpty()) {
      long first = segments.firstKey();
      boolean through =
          first < committed.segment()
              || first == committed.segment()
                  && committed.offset() >= segments.firstEntry().getValue()
              || first != writingSegment && segments.firstEntry().getValue() == 0;
      if (!through) {
        return;
      }
      delete(first);
    }
  }

  /** Writes down how far events are through. */
  void savePosition() throws IOException {
    if (committed.equals(persisted)) {
      return;
    }
    ByteBuffer position = ByteBuffer.allocate(24);
    position.putLong(committed.segment()).putLong(committed.offset()).putLong(checksum(committed));
    positionFile.seek(0);
    positionFile.write(position.array());
    persisted = committed;
  }

  /** The file being written, to be synchronised without holding up who writes; null when none. */
  @Nullable FileDescriptor unsynchronised() throws IOException {
    RandomAccessFile file = writing;
    return file == null ? null : file.getFD();
  }

  @Override
  public void close() throws IOException {
    try {
      savePosition();
      synchronise();
    } finally {
      closeReading();
      closeWriting();
      positionFile.close();
      lock.release();
      lockChannel.close();
    }
  }

  private FileLock lock() throws IOException {
    FileLock got;
    try {
      got = lockChannel.tryLock();
    } catch (OverlappingFileLockException e) {
      throw new IOException(folder + " is in use by another publisher of this process", e);
    }
    if (got == null) {
      throw new IOException(folder + " is in use by another process");
    }
    return got;
  }

  private void find(RandomAccessFile position) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        if (name.endsWith(SUFFIX)) {
          try {
            long number = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
            segments.put(number, Files.size(file));
          } catch (NumberFormatException e) {
            LOG.warn("{} is not a file of the spool; left alone", file);
          }
        }
      }
    }
    byte[] saved = new byte[24];
    if (position.length() == saved.length) {
      position.readFully(saved);
      ByteBuffer buffer = ByteBuffer.wrap(saved);
      SpoolPosition at = new SpoolPosition(buffer.getLong(), buffer.getLong());
      if (buffer.getLong() == checksum(at)) {
        committed = at;
        persisted = at;
      }
    }
    bytes = segments.values().stream().mapToLong(Long::longValue).sum();
    writingSegment = Math.max(segments.isEmpty() ? 0 : segments.lastKey(), committed.segment());
    read = committed;
    commit(committed);
    for (long segment : segments.keySet()) {
      waiting += count(segment, segment == committed.segment() ? committed.offset() : 0);
    }
  }

  private long count(long segment, long from) throws IOException {
    long count = 0;
    long left = segments.getOrDefault(segment, 0L) - from;
    if (left <= 0) {
      return 0;
    }
    try (InputStream in = open(segment)) {
      in.skipNBytes(from);
      for (int length = SpoolRecords.skip(in, left);
          length > 0;
          length = SpoolRecords.skip(in, left)) {
        count++;
        left -= length;
      }
    }
    return count;
  }

  /** The next event of a file, or null when the rest of the file is unreadable. */
  private @Nullable Pending nextIn(long segment) throws IOException {
    InputStream in = reading;
    if (in == null || !read.equals(readingAt)) {
      closeReading();
      in = open(segment);
      reading = in;
      in.skipNBytes(read.offset());
    }
    long length = segments.getOrDefault(segment, 0L);
    try {
      SpoolRecords.Read next = SpoolRecords.read(in);
      read = new SpoolPosition(segment, read.offset() + next.length());
      readingAt = read;
      next.pending().spooledTo(read);
      return next.pending();
    } catch (IOException e) {
      closeReading();
      LOG.warn(
          "{} bytes at the end of {} are left out: {}",
          length - read.offset(),
          file(segment),
          e.getMessage());
      segments.put(segment, read.offset());
      bytes -= length - read.offset();
      return null;
    }
  }

  /** Not by a channel: an interrupt of the reader would look like the end of the file. */
  private InputStream open(long segment) throws IOException {
    return new BufferedInputStream(new FileInputStream(file(segment).toFile()), 1 << 16);
  }

  private void synchronise() throws IOException {
    FileDescriptor file = unsynchronised();
    if (file != null) {
      file.sync();
    }
  }

  private RandomAccessFile nextSegment() throws IOException {
    synchronise();
    closeWriting();
    long number = writingSegment + 1;
    RandomAccessFile file = new RandomAccessFile(file(number).toFile(), "rw");
    writing = file;
    writingSegment = number;
    segments.put(number, 0L);
    return file;
  }

  /** Takes back a write that failed; when even that fails, the file ends here. */
  private void abandon(RandomAccessFile file, long length) {
    try {
      file.setLength(length);
    } catch (IOException e) {
      closeWriting();
    }
  }

  private void delete(long segment) throws IOException {
    if (segment == readingAt.segment()) {
      closeReading();
    }
    if (segment == writingSegment) {
      closeWriting();
    }
    Files.deleteIfExists(file(segment));
    Long length = segments.remove(segment);
    bytes -= length == null ? 0 : length;
  }

  private void closeReading() throws IOException {
    InputStream in = reading;
    reading = null;
    if (in != null) {
      in.close();
    }
  }

  private void closeWriting() {
    RandomAccessFile file = writing;
    writing = null;
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.debug("A file of the spool did not close", e);
      }
    }
  }

  private Path file(long segment) {
    return folder.resolve(String.format(Locale.ROOT, "%019d", segment) + SUFFIX);
  }

  private static long checksum(SpoolPosition position) {
    return (position.segment() * 31 + position.offset()) ^ 0x61656769735f7370L;
  }
}
