package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A fold on disk: what a service starts from when it is restarted, or when Kafka is away.
 *
 * <p>JSON lines. The first names the format, the journal (the id that Kafka gave the topic) and the
 * revision, the following ones an object each, the last how many there were, so a file that was cut
 * off is known. Objects of kinds that this version does not know stand there as all others do: what
 * a line is, says its key, to the version that reads it. Written beside the old one and then
 * renamed over it.
 */
public final class FoldFile {
  private static final int FORMAT = 1;

  private final Path path;

  /**
   * @param path of the file; its folder exists
   */
  public FoldFile(Path path) {
    this.path = path;
  }

  /**
   * A fold and the journal it follows from.
   *
   * @param journal id that Kafka gave the topic
   * @param fold the state
   */
  public record Saved(String journal, Fold fold) {}

  /** Writes the image of a fold, durably. */
  public void save(FoldImage image) throws IOException {
    Path beside = path.resolveSibling(path.getFileName() + ".new");
    try (FileOutputStream file = new FileOutputStream(beside.toFile())) {
      OutputStream out = new BufferedOutputStream(file, 1 << 16);
      ObjectNode head = Json.object();
      head.put("format", FORMAT);
      head.put("journal", image.journal());
      head.put("revision", image.revision());
      ArrayNode rejected = head.putArray("rejected");
      image.rejected().forEach(rejected::add);
      line(out, head);
      for (Entry each : image.entries()) {
        line(out, each.key(), each.revision(), each.createdAt(), each.updatedAt(), each.body());
      }
      for (UnknownEntry each : image.unknown()) {
        line(out, each.key(), each.revision(), each.createdAt(), each.updatedAt(), each.body());
      }
      line(out, Json.object().put("objects", image.entries().size() + image.unknown().size()));
      out.flush();
      file.getFD().sync();
    }
    Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Reads the fold back, or null when there is no file.
   *
   * @throws IOException when the file is not whole or not of this format
   */
  public @Nullable Saved load() throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      ObjectNode head = object(reader.readLine());
      if (head.path("format").asInt() != FORMAT) {
        throw new IOException("unknown format " + head.path("format"));
      }
      if (!head.path("revision").isIntegralNumber() || !head.path("journal").isTextual()) {
        throw new IOException("its head does not say which journal and revision");
      }
      Fold fold = new Fold();
      List<Long> rejected = new ArrayList<>();
      for (JsonNode revision : head.path("rejected")) {
        rejected.add(revision.longValue());
      }
      fold.restore(head.path("revision").asLong(), rejected);
      try (FoldLines lines = new FoldLines(reader)) {
        restore(fold, lines);
      }
      fold.entries(); // walked through once while no change waits: the next image is made fast
      return new Saved(head.path("journal").asText(), fold);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new IOException(path + " is not usable: " + e.getMessage(), e);
    }
  }

  private static void line(
      OutputStream out,
      Object key,
      long revision,
      Instant created,
      Instant updated,
      ObjectNode body)
      throws IOException {
    ObjectNode json = Json.object();
    json.put("key", key.toString());
    json.put("revision", revision);
    json.put("created_at", created.toString());
    json.put("updated_at", updated.toString());
    json.set("body", body);
    line(out, json);
  }

  private static void line(OutputStream out, ObjectNode json) throws IOException {
    out.write(Json.write(json));
    out.write('\n');
  }

  private static ObjectNode object(@Nullable String line) throws IOException {
    if (line == null) {
      throw new IOException("it ends early");
    }
    return Json.readObject(line);
  }

  /** Puts the objects back. */
  private static void restore(Fold fold, FoldLines lines) throws IOException {
    int unknown = 0;
    while (true) {
      for (FoldLines.Line line : lines.next()) {
        switch (line) {
          case FoldLines.Line.Known(Entry entry) -> fold.restore(entry);
          case FoldLines.Line.Unknown(UnknownEntry entry) -> {
            fold.restore(entry);
            unknown++;
          }
          case FoldLines.Line.End(int objects) -> {
            if (objects != fold.size() + unknown) {
              throw new IOException("it does not hold as many objects as it says");
            }
            return;
          }
        }
      }
    }
  }
}
