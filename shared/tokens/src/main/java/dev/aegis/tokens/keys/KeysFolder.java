package dev.aegis.tokens.keys;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last known keys of each set on disk, one file a set, for a start while its issuer is away.
 */
public final class KeysFolder {
  private static final Logger LOG = LoggerFactory.getLogger(KeysFolder.class);
  private static final String SUFFIX = ".json";

  private final Path folder;

  /**
   * @param folder is made when the first set is kept
   */
  public KeysFolder(Path folder) {
    this.folder = folder;
  }

  /** What is known of the set of this name; null when nothing is, or nothing that can be read. */
  @Nullable KnownKeys load(String name, Instant now) {
    Path file = file(name);
    try {
      ObjectNode document = Json.readObject(Files.readAllBytes(file));
      return name.equals(document.path("of").asText()) ? KnownKeys.read(document, now) : null;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      LOG.warn("The last known keys in {} cannot be read: {}", file, e.toString());
      return null;
    }
  }

  void save(String name, KnownKeys keys) {
    Path file = file(name);
    try {
      Files.createDirectories(folder);
      Path beside = file.resolveSibling(file.getFileName() + ".new");
      Files.write(beside, Json.write(keys.write().put("of", name)));
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("The last known keys could not be kept in {}: {}", file, e.toString());
    }
  }

  /** Drops the files of all sets but these. */
  void keepOnly(Set<String> names) {
    Set<Path> kept = names.stream().map(this::file).collect(Collectors.toSet());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : files) {
        if (!kept.contains(file)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (NoSuchFileException e) {
      return; // nothing was kept yet
    } catch (IOException e) {
      LOG.warn("The keys of issuers that are gone could not be dropped: {}", e.toString());
    }
  }

  private Path file(String name) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return folder.resolve(HexFormat.of().formatHex(hash) + SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("The JDK knows SHA-256", e);
    }
  }
}
