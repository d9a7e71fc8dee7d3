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
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last known targets of each service, on disk, for a start while the registry is away. */
public final class TargetsFile {
  private static final Logger LOG = LoggerFactory.getLogger(TargetsFile.class);

  private final Path path;
  private ObjectNode services;

  /**
   * @param path of the file; its folder exists
   */
  public TargetsFile(Path path) {
    this.path = path;
    this.services = read(path);
  }

  synchronized List<UpstreamDefinition.Target> load(String service) {
    List<UpstreamDefinition.Target> targets = new ArrayList<>();
    for (JsonNode target : services.path(service)) {
      targets.add(
          new UpstreamDefinition.Target(
              target.path("host").asText(), target.path("port").asInt(), 1));
    }
    return List.copyOf(targets);
  }

  synchronized void save(String service, List<UpstreamDefinition.Target> targets) {
    ArrayNode list = services.putArray(service);
    for (UpstreamDefinition.Target target : targets) {
      list.addObject().put("host", target.host()).put("port", target.port());
    }
    try {
      Path beside = path.resolveSibling(path.getFileName() + ".new");
      Files.write(beside, Json.write(services));
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
