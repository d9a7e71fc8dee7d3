package dev.aegis.admin.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file that is read and replaced as a whole: who looks at it sees the text before or the text
 * after, also when the machine stops in between.
 */
final class WholeFile {
  /** Most bytes of a text. */
  static final int MOST = 8 << 20;

  private final Path path;
  private final Path next;

  WholeFile(Path path) {
    this.path = path;
    this.next = path.resolveSibling("." + path.getFileName() + ".next");
  }

  Path path() {
    return path;
  }

  /**
   * Its bytes, or null when there is no file.
   *
   * @throws IOException when it cannot be read, or is longer than {@link #MOST}
   */
  byte @Nullable [] read() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MOST + 1);
      if (bytes.length > MOST) {
        throw new IOException("it is longer than " + MOST + " bytes");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Replaces the text, unless it is another one than {@code seen}.
   *
   * @param seen as it was read, null when there was no file
   * @return whether it was replaced
   */
  boolean replace(byte @Nullable [] seen, byte[] text) throws IOException {
    // A link is followed, so that it stays one and its aim gets the text.
    Path target = Files.isSymbolicLink(path) && Files.exists(path) ? path.toRealPath() : path;
    Path folder = target.toAbsolutePath().getParent();
    Path beside = folder == null ? next : folder.resolve(String.valueOf(next.getFileName()));
    if (folder != null) {
      Files.createDirectories(folder);
    }
    try {
      try (FileChannel channel =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        if (Files.exists(target)) {
          // Before there is anything in it to read.
          Files.setPosixFilePermissions(beside, Files.getPosixFilePermissions(target));
        }
        ByteBuffer bytes = ByteBuffer.wrap(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      // As late as can be: what a person saved while this was written is not replaced.
      if (!Arrays.equals(seen, read())) {
        return false;
      }
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(beside);
    }
    if (folder != null) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
    return true;
  }
}
