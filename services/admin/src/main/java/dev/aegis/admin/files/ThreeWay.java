package dev.aegis.admin.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a person's edit comes to, when the file and the configuration may both have moved on from
 * where they last agreed.
 *
 * <p>What only the file changed is wished; what only the configuration changed stands; what both
 * changed alike is agreed on; what both changed differently is a conflict, and stands as the
 * configuration has it.
 *
 * @param wishes objects that the file wants otherwise than they stand, with null for one that shall
 *     go
 * @param conflicts objects on which file and configuration disagree
 * @param agreed the others, as the file has them. The file's state, because as long as it is not
 *     rewritten, what it says of an object that only the configuration changed is no edit
 */
record ThreeWay(
    List<Wanted> wishes, List<ObjectKey> conflicts, SortedMap<ObjectKey, ObjectNode> agreed) {
  ThreeWay {
    wishes = List.copyOf(wishes);
    conflicts = List.copyOf(conflicts);
  }

  /** An object as the file wants it, or null to have it gone. */
  record Wanted(ObjectKey key, @Nullable ObjectNode document) {}

  /**
   * @param base where both last agreed
   * @param file what the file says
   * @param configuration what is in force
   */
  static ThreeWay of(
      Map<ObjectKey, ObjectNode> base,
      Map<ObjectKey, ObjectNode> file,
      Map<ObjectKey, ObjectNode> configuration) {
    Set<ObjectKey> keys = new TreeSet<>(PluginsText.ORDER);
    keys.addAll(base.keySet());
    keys.addAll(file.keySet());
    keys.addAll(configuration.keySet());
    List<Wanted> wishes = new ArrayList<>();
    List<ObjectKey> conflicts = new ArrayList<>();
    SortedMap<ObjectKey, ObjectNode> agreed = new TreeMap<>(PluginsText.ORDER);
    for (ObjectKey key : keys) {
      ObjectNode before = base.get(key);
      ObjectNode wanted = file.get(key);
      ObjectNode stands = configuration.get(key);
      if (Objects.equals(wanted, stands) || Objects.equals(wanted, before)) {
        if (wanted != null) {
          agreed.put(key, wanted);
        }
      } else if (Objects.equals(stands, before)) {
        wishes.add(new Wanted(key, wanted));
      } else {
        conflicts.add(key);
      }
    }
    return new ThreeWay(wishes, conflicts, agreed);
  }
}
