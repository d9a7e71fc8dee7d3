package dev.aegis.gateway.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.UpstreamDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last known targets of each source, on disk, for a start while the registry is away. Those of
 * sources that nobody goes by any more leave it at {@link #forgetUnused}, not before: a source that
 * is exchanged for another way of asking for the same is still known then.
 */
public final class TargetsFile {
  private static final Logger LOG = LoggerFactory.getLogger(TargetsFile.class);

  private final Path path;
  // Guarded by this.
  private final ObjectNode sources;
  private final Map<String, Integer> uses = new HashMap<>();

  /**
   * @param path of the file; its folder exists
   */
  public TargetsFile(Path path) {
    this.path = path;
    this.sources = read(path);
  }

  /** Somebody goes by this source from now on; {@link #unused} must follow. */
  synchronized void used(String source) {
    uses.merge(source, 1, Integer::sum);
  }

  /** Whoever went by this source does not any more. */
  synchronized void unused(String source) {
    uses.computeIfPresent(source, (same, count) -> count == 1 ? null : count - 1);
  }

  /** Drops what is known of sources that nobody goes by. */
  public synchronized void forgetUnused() {
    List<String> known = new ArrayList<>();
    sources.fieldNames().forEachRemaining(known::add);
    known.removeAll(uses.keySet());
    if (!known.isEmpty()) {
      sources.remove(known);
      write();
    }
  }

  /** Null when the source was never known. */
  synchronized @Nullable List<UpstreamDefinition.Target> load(String source) {
    if (!sources.has(source)) {
      return null;
    }
    List<UpstreamDefinition.Target> targets = new ArrayList<>();
    for (JsonNode target : sources.path(source)) {
      targets.add(
          new UpstreamDefinition.Target(
              target.path("host").asText(),
              target.path("port").asInt(),
              target.path("weight").asInt(1),
              target.path("priority").asInt(0)));
    }
    return List.copyOf(targets);
  }

  synchronized void save(String source, List<UpstreamDefinition.Target> targets) {
    ArrayNode list = sources.putArray(source);
    for (UpstreamDefinition.Target target : targets) {
      list.addObject()
          .put("host", target.host())
          .put("port", target.port())
          .put("weight", target.weight())
          .put("priority", target.priority());
    }
    write();
  }

  private void write() {
    try {
      Path beside = path.resolveSibling(path.getFileName() + ".new");
      Files.write(beside, Json.write(sources));
      Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("The last known targets could not be kept in {}: {}", path, e.toString());
    }
  }

  private static ObjectNode read(Path path) {
    try {
      return Json.readObject(Files.readAllBytes(path));
    } catch (NoSuchFileException e) {
      return Json.object();
    } catch (IOException e) {
      LOG.warn("The last known targets in {} cannot be read: {}", path, e.toString());
      return Json.object();
    }
  }
}
