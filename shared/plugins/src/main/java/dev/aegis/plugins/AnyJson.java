package dev.aegis.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Any JSON in the JDK's own types: what a plugin gets that asks for no other. */
final class AnyJson {
  private AnyJson() {}

  /** A map, a list, a string, a number, a boolean, or null within one of these. */
  static @Nullable Object read(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        value.properties().forEach(each -> members.put(each.getKey(), read(each.getValue())));
        yield Collections.unmodifiableMap(members);
      }
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        value.forEach(each -> items.add(read(each)));
        yield Collections.unmodifiableList(items);
      }
      case STRING -> value.textValue();
      case NUMBER -> value.numberValue();
      case BOOLEAN -> value.booleanValue();
      case NULL, MISSING -> null;
      case BINARY, POJO -> throw new IllegalArgumentException("is no JSON");
    };
  }
}
