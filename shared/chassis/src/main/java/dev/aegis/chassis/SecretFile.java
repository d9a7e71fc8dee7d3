package dev.aegis.chassis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A file that holds one secret and that only its owner may read.
 *
 * <p>It appears whole and with mode 0600 or not at all, also when two processes make it at once:
 * then both read what the first one wrote.
 */
public final class SecretFile {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Set<PosixFilePermission> READ_BY_OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private SecretFile() {}

  /**
   * Reads the secret, or makes the file when there is none.
   *
   * @param file where it is
   * @param setting name of the setting that would make the file unnecessary, for messages
   * @param secret makes a new one
   * @throws StartFailure when it cannot be read or made, is empty, or others may read it
   */
  public static String readOrCreate(Path file, String setting, Supplier<String> secret)
      throws StartFailure {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      create(file, secret.get(), setting);
    }
    return read(file, setting);
  }

  /**
   * Reads the secret.
   *
   * @throws StartFailure when it cannot be read, is empty, or others may read it
   */
  public static String read(Path file, String setting) throws StartFailure {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.stream().anyMatch(READ_BY_OTHERS::contains)) {
        throw new StartFailure(
            file
                + " can be read or written by other users (mode "
                + PosixFilePermissions.toString(permissions)
                + "); run chmod 600 on it, or set "
                + setting);
      }
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new StartFailure(file + " is empty; delete it, or set " + setting);
      }
      return text;
    } catch (IOException e) {
      throw new StartFailure(
          "cannot read " + file + " (" + Reasons.of(e) + "); or set " + setting, e);
    }
  }

  /**
   * Writes {@code secret} to {@code file} unless the file exists.
   *
   * @throws StartFailure when that fails
   */
  public static void create(Path file, String secret, String setting) throws StartFailure {
    try {
      Path directory = file.toAbsolutePath().getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      Path made = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
      try {
        Files.createFile(made, OWNER_ONLY);
        try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
          ByteBuffer bytes = ByteBuffer.wrap((secret + "\n").getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
          channel.force(true);
        }
        // A link fails when the name is taken; a rename would replace another process's secret.
        Files.createLink(file, made);
      } catch (FileAlreadyExistsException e) {
        // Another process was first; its secret holds.
      } finally {
        Files.deleteIfExists(made);
      }
    } catch (IOException e) {
      throw new StartFailure(
          "cannot write " + file + " (" + Reasons.of(e) + "); or set " + setting, e);
    }
  }
}
