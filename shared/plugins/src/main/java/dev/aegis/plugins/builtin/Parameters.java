package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.plugin.Request;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands in a query or a header as the object that a schema speaks of. A text becomes what the
 * {@code type} of its member of {@code properties} names, where it is that; one that is there
 * several times is a list.
 */
final class Parameters {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int MOST_DIGITS = 100;

  private Parameters() {}

  /** What texts become: by which types, and if they are a list its items by which. */
  record Kind(Set<String> types, Set<String> items) {
    Kind {
      types = Set.copyOf(types);
      items = Set.copyOf(items);
    }

    boolean list() {
      return types.contains("array");
    }
  }

  /** The parameters of a query; null when it cannot be read. */
  static @Nullable ObjectNode query(String query, RequestSchema schema) {
    Map<String, List<String>> values = values(query);
    return values == null ? null : object(values, schema);
  }

  /** The texts of the parameters of a query; null when it cannot be read. */
  static @Nullable Map<String, List<String>> values(String query) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    try {
      for (String each : query.split("&", -1)) {
        if (!each.isEmpty()) {
          int end = each.indexOf('=');
          values
              .computeIfAbsent(
                  decoded(end < 0 ? each : each.substring(0, end)), name -> new ArrayList<>())
              .add(end < 0 ? "" : decoded(each.substring(end + 1)));
        }
      }
    } catch (IllegalArgumentException e) {
      return null; // said by who asked
    }
    return values;
  }

  /** Those fields of a header that the schema names. */
  static ObjectNode header(Request request, RequestSchema schema) {
    Set<String> names = new LinkedHashSet<>();
    schema.at("/properties").fieldNames().forEachRemaining(names::add);
    schema.at("/required").forEach(name -> names.add(name.asText()));
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String name : names) {
      List<String> lines = request.headers(name.toLowerCase(Locale.ROOT));
      if (!lines.isEmpty()) {
        values.put(name, lines);
      }
    }
    return object(values, schema);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static ObjectNode object(Map<String, List<String>> values, RequestSchema schema) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    JsonNode properties = schema.at("/properties");
    values.forEach(
        (name, texts) -> {
          JsonNode said = properties.path(name);
          object.set(name, value(texts, new Kind(types(said), types(said.path("items")))));
        });
    return object;
  }

  /** What texts become, of which there is at least one. */
  static JsonNode value(List<String> texts, Kind kind) {
    if (texts.size() == 1 && !kind.list()) {
      return value(texts.getFirst(), kind.types());
    }
    ArrayNode items = JsonNodeFactory.instance.arrayNode();
    texts.forEach(text -> items.add(value(text, kind.items())));
    return items;
  }

  /** The types that a schema names itself. */
  static Set<String> types(JsonNode schema) {
    JsonNode type = schema.path("type");
    if (type.isTextual()) {
      return Set.of(type.textValue());
    }
    Set<String> types = new LinkedHashSet<>();
    type.forEach(each -> types.add(each.asText()));
    return types;
  }

  private static JsonNode value(String text, Set<String> types) {
    if (types.contains("boolean") && (text.equals("true") || text.equals("false"))) {
      return BooleanNode.valueOf(text.equals("true"));
    }
    if ((types.contains("integer") || types.contains("number")) && numeric(text)) {
      try {
        return MAPPER.readTree(text);
      } catch (JsonProcessingException e) {
        return TextNode.valueOf(text); // such as 1-2, which is none
      }
    }
    return TextNode.valueOf(text);
  }

  private static boolean numeric(String text) {
    if (text.isEmpty() || text.length() > MOST_DIGITS) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && c != '-' && c != '.') {
        return false;
      }
    }
    return true;
  }
}
