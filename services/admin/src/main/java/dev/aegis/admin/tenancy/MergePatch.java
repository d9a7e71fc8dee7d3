package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import java.util.Map;

/** JSON merge patch (RFC 7396 section 2). */
public final class MergePatch {
  private MergePatch() {}

  /** What {@code patch} makes of {@code target}; neither is changed. */
  public static ObjectNode apply(ObjectNode target, ObjectNode patch) {
    ObjectNode merged = target.deepCopy();
    for (Map.Entry<String, JsonNode> member : patch.properties()) {
      String name = member.getKey();
      JsonNode value = member.getValue();
      if (value.isNull()) {
        merged.remove(name);
      } else if (value instanceof ObjectNode nested) {
        ObjectNode under = merged.get(name) instanceof ObjectNode object ? object : Json.object();
        merged.set(name, apply(under, nested));
      } else {
        merged.set(name, value.deepCopy());
      }
    }
    return merged;
  }
}
