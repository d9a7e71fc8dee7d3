package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;

/**
 * The JSON Schema of configuration documents, for editors, made of the API's own description: what
 * an object may have there, it may have in a document.
 */
final class ConfigSchema {
  static final String PATH = "/admin/config/schema.json";

  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
  private static final String DESCRIBED = "#/components/schemas/";
  private static final String DEFINED = "#/$defs/";
  private static final String PROPERTIES = "properties";
  private static final String DESCRIPTION = "description";

  private ConfigSchema() {}

  static ObjectNode document() {
    ObjectNode schemas;
    try {
      if (!(Json.readObject(OpenApi.document()).at("/components/schemas")
          instanceof ObjectNode described)) {
        throw new IllegalStateException("The description has schemas");
      }
      schemas = described;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ObjectNode definitions = Json.object();
    for (Map.Entry<String, JsonNode> schema : schemas.properties()) {
      definitions.set(schema.getKey(), moved(schema.getValue()));
    }
    for (Kind kind : Kind.values()) {
      declared(kind, definitions.withObject("/" + name(kind)));
    }
    ObjectNode config = definitions.withObject("/Config").deepCopy();
    definitions.remove("Config");
    ObjectNode members = config.withObject("/" + PROPERTIES);
    ObjectNode tenant = definitions.withObject("/" + name(Kind.TENANT) + "/" + PROPERTIES);
    for (Kind kind : Kind.values()) {
      ObjectNode listed = list(kind, members.path(kind.collection()).path(DESCRIPTION).asText(""));
      if (kind == Kind.TENANT || kind == Kind.PLUGIN) {
        members.set(kind.collection(), listed);
      }
      if (kind.belongsToTenant()) {
        tenant.set(kind.collection(), list(kind, ""));
      }
    }
    ObjectNode document = Json.object().put("$schema", DIALECT).put("title", "Aegis configuration");
    document.setAll(config);
    return document.set("$defs", definitions);
  }

  /** The name of the kind's schema in the description, such as {@code ApiKey}. */
  static String name(Kind kind) {
    StringBuilder name = new StringBuilder();
    for (String word : kind.name().split("_")) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }

  private static ObjectNode list(Kind kind, String description) {
    ObjectNode list = Json.object().put("type", "array");
    if (!description.isEmpty()) {
      list.put(DESCRIPTION, description);
    }
    list.putObject("items").put("$ref", DEFINED + name(kind));
    return list;
  }

  /**
   * An object as it may stand in a document: its id is required, secrets may be as they are kept.
   */
  private static void declared(Kind kind, ObjectNode schema) {
    ArrayNode required = schema.withArray("required");
    boolean named = false;
    for (JsonNode member : required) {
      named |= member.asText().equals("id");
    }
    if (!named) {
      required.add("id");
    }
    for (String secret : kind.secrets()) {
      StringBuilder at = new StringBuilder();
      for (String step : secret.split("/")) {
        at.append('/').append(PROPERTIES).append('/').append(step);
      }
      String described = schema.at(at + "/" + DESCRIPTION).asText("");
      ObjectNode kept = schema.withObject(at.toString());
      kept.removeAll();
      kept.put(DESCRIPTION, (described + " In clear, or as an export has it.").strip());
      kept.putArray("type").add("string").add("object").add("array").add("null");
    }
  }

  /** A copy whose references lead to definitions of this schema. */
  private static JsonNode moved(JsonNode schema) {
    if (schema instanceof ObjectNode object) {
      ObjectNode copy = Json.object();
      for (Map.Entry<String, JsonNode> member : object.properties()) {
        JsonNode value = member.getValue();
        copy.set(
            member.getKey(),
            member.getKey().equals("$ref")
                ? TextNode.valueOf(value.asText().replace(DESCRIBED, DEFINED))
                : moved(value));
      }
      return copy;
    }
    if (schema instanceof ArrayNode array) {
      ArrayNode copy = array.arrayNode();
      array.forEach(item -> copy.add(moved(item)));
      return copy;
    }
    return schema;
  }
}
