package dev.aegis.chassis;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The open file of a log, which does not give up: what cannot be written is tried again until it
 * can be, or the log ends.
 *
 * <p>What it is given is whole lines. A write that only half succeeds is taken back; where that is
 * not possible, and where a process died in the middle of one, the next line begins on a line of
 * its own. The file may be renamed, removed or cut by others, and its folder removed: within a
 * second, or with the next line, the log goes on in a file of the name that it has to have. One
 * thread writes.
 */
final class LogFile extends OutputStream {
  private static final long AGAIN_MILLIS = 1000;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path path;
  private final CountDownLatch ending;
  private final Consumer<@Nullable IOException> heard;
  private @Nullable FileChannel channel;
  private @Nullable Object key;
  private long lookedAt;
  private boolean failing;

  /**
   * @param ending at zero, what cannot be written at once is given up
   * @param heard told of each attempt that failed, and with null of the first success thereafter
   */
  LogFile(Path path, CountDownLatch ending, Consumer<@Nullable IOException> heard) {
    this.path = path;
    this.ending = ending;
    this.heard = heard;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  /**
   * Writes all of it, however long that takes.
   *
   * @throws IOException when the log ends before that
   */
  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    while (true) {
      try {
        whole(ByteBuffer.wrap(bytes, offset, length));
        if (failing) {
          failing = false;
          heard.accept(null);
        }
        return;
      } catch (IOException e) {
        failing = true;
        heard.accept(e);
        shut();
        if (ended()) {
          throw e;
        }
      }
    }
  }

  private boolean ended() {
    try {
      return ending.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Writes all or nothing, as far as the file lets itself be cut. */
  private void whole(ByteBuffer lines) throws IOException {
    FileChannel open = open();
    long before = open.size();
    try {
      while (lines.hasRemaining()) {
        open.write(lines);
      }
    } catch (IOException e) {
      try {
        open.truncate(before);
      } catch (IOException cut) {
        e.addSuppressed(cut); // What remains is ended by the next opening.
      }
      throw e;
    }
  }

  private FileChannel open() throws IOException {
    FileChannel open = channel;
    long now = System.nanoTime();
    if (open != null && now - lookedAt >= LOOK_NANOS) {
      lookedAt = now;
      if (!Objects.equals(key, keyOf(path))) {
        shut();
        open = null;
      }
    }
    if (open == null) {
      Path directory = path.getParent();
      if (directory != null && !Files.isDirectory(directory)) {
        Files.createDirectories(directory);
      }
      open = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      channel = open;
      key = keyOf(path);
      lookedAt = now;
      if (torn()) {
        whole(ByteBuffer.wrap(new byte[] {'\n'}));
      }
    }
    return open;
  }

  /** What tells the file of this name from one that takes its place, null when there is none. */
  private static @Nullable Object keyOf(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (IOException _) {
      return null;
    }
  }

  /** Whether the file ends in the middle of a line. */
  private boolean torn() throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long length = file.length();
      if (length == 0) {
        return false;
      }
      file.seek(length - 1);
      return file.read() != '\n';
    }
  }

  private void shut() {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        heard.accept(e);
      }
    }
  }

  @Override
  public void close() {
    shut();
  }
}
