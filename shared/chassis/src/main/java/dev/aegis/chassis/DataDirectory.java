package dev.aegis.chassis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The directory that holds everything a process keeps. */
public final class DataDirectory {
  private DataDirectory() {}

  /**
   * Makes {@code directory} when it is missing, and proves that it can be written.
   *
   * @return its absolute path
   * @throws StartFailure with one line that names the directory and the setting
   */
  public static Path prepare(Path directory) throws StartFailure {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute);
      Files.delete(Files.createTempFile(absolute, ".write", null));
      return absolute;
    } catch (IOException e) {
      throw new StartFailure(
          "cannot write to the data directory "
              + absolute
              + " ("
              + Reasons.of(e)
              + "); choose another with --data or AEGIS_DATA",
          e);
    }
  }
}
