package dev.aegis.admin.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.Reasons;
import dev.aegis.journal.ObjectKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the file and the configuration last agreed: what an edit is measured by. It outlives a
 * restart, so that what was edited meanwhile is an edit, and what was changed elsewhere meanwhile
 * is not undone by a file that does not know it.
 *
 * <p>It is saved after the file has been written and never before. If it is older than the file,
 * both sides seem to have changed alike, which is harmless, or a conflict is reported; if it were
 * newer, the file would seem to want back what was changed.
 */
final class Agreed {
  private static final Logger LOG = LoggerFactory.getLogger(Agreed.class);

  private final WholeFile file;
  private SortedMap<ObjectKey, ObjectNode> objects = new TreeMap<>(PluginsText.ORDER);
  private SortedMap<ObjectKey, ObjectNode> saved = new TreeMap<>(PluginsText.ORDER);

  Agreed(Path path) {
    this.file = new WholeFile(path);
  }

  /** Reads what was saved. Without it every object seems to be new on both sides. */
  void load() {
    try {
      byte[] text = file.read();
      if (text != null) {
        switch (PluginsText.read(text)) {
          case PluginsText.Reading.Understood(var found) -> {
            objects = found;
            saved = new TreeMap<>(found);
          }
          case PluginsText.Reading.Broken(var faults) ->
              LOG.warn("{} is passed over: {}", file.path(), faults.getFirst());
        }
      }
    } catch (IOException e) {
      LOG.warn("{} is passed over: {}", file.path(), Reasons.of(e));
    }
  }

  SortedMap<ObjectKey, ObjectNode> objects() {
    return Collections.unmodifiableSortedMap(objects);
  }

  void set(Map<ObjectKey, ObjectNode> now) {
    SortedMap<ObjectKey, ObjectNode> sorted = new TreeMap<>(PluginsText.ORDER);
    sorted.putAll(now);
    objects = sorted;
  }

  /** Saves what has changed since it was saved last. */
  void save() throws IOException {
    if (!objects.equals(saved)) {
      file.replace(file.read(), PluginsText.write(objects));
      saved = new TreeMap<>(objects);
    }
  }
}
