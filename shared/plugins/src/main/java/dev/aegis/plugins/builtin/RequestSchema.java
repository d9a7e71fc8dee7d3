package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON Schema of draft 2020-12 that stands for itself: it refers to nothing outside. What it says
 * of documents names places and keywords, and never what stood there.
 */
final class RequestSchema {
  /** The only dialect that is understood. */
  static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int MOST_CHARACTERS = 120;
  private static final int MOST_NAMES = 1_000;
  private static final int COMPARED_AT_ONCE = 64;

  /** Knows the schema of schemas, which comes with the library. */
  private static final Schema OF_SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(SchemaLocation.of(DIALECT));

  private final JsonNode text;
  private final Schema schema;
  private final boolean compares;

  /**
   * @param compares whether items of lists may have to be told apart
   */
  RequestSchema(JsonNode text, Schema schema, boolean compares) {
    this.text = text;
    this.schema = schema;
    this.compares = compares;
  }

  /**
   * Reads a schema.
   *
   * @param said as a configuration has it; null is returned when it is empty
   * @throws IllegalArgumentException if it cannot be used
   */
  static @Nullable RequestSchema of(Map<String, Object> said) {
    if (said.isEmpty()) {
      return null;
    }
    JsonNode text = MAPPER.valueToTree(said);
    local(text);
    hold(text);
    try {
      Schema schema = registry().getSchema(text);
      schema.initializeValidators();
      return new RequestSchema(text, schema, !text.findValues("uniqueItems").isEmpty());
    } catch (SchemaException e) {
      throw new IllegalArgumentException("is no schema that can be used: " + e.getMessage());
    }
  }

  /**
   * Holds a schema against the schema of schemas.
   *
   * @throws IllegalArgumentException if it is none
   */
  static void hold(JsonNode text) {
    List<Error> wrong = OF_SCHEMAS.validate(text.toString(), InputFormat.JSON);
    if (!wrong.isEmpty()) {
      Error first = wrong.getFirst();
      throw new IllegalArgumentException(
          "is no schema of draft 2020-12: "
              + first.getInstanceLocation()
              + ' '
              + first.getMessage());
    }
  }

  /** Reads schemas, looks nowhere else for them, and bounds their patterns. */
  static SchemaRegistry registry() {
    return SchemaRegistry.withDefaultDialect(
        SpecificationVersion.DRAFT_2020_12,
        builder ->
            builder
                .schemaLoader(loader -> loader.allow(place -> false))
                .schemaRegistryConfig(
                    SchemaRegistryConfig.builder()
                        .regularExpressionFactory(LinearPattern::new)
                        .preloadSchema(true)
                        .build()));
  }

  /** Nothing is fetched, nor looked for in files or jars. */
  private static void local(JsonNode text) {
    for (Map.Entry<String, JsonNode> member : text.properties()) {
      JsonNode value = member.getValue();
      switch (member.getKey()) {
        case "$ref", "$dynamicRef" -> {
          if (value.isTextual() && !value.textValue().startsWith("#")) {
            throw new IllegalArgumentException("refers to another document: " + value.textValue());
          }
        }
        case "$schema" -> {
          if (value.isTextual() && !value.textValue().equals(DIALECT)) {
            throw new IllegalArgumentException("is of another dialect than " + DIALECT);
          }
        }
        case "pattern" -> {
          if (value.isTextual()) {
            LinearPattern _ = new LinearPattern(value.textValue());
          }
        }
        case "required", "type" -> few(value);
        case "dependentRequired" -> value.forEach(RequestSchema::few);
        case "patternProperties" -> value.fieldNames().forEachRemaining(LinearPattern::new);
        default -> {
          // Others refer to nothing.
        }
      }
    }
    for (JsonNode each : text) {
      local(each);
    }
  }

  /** The schema of schemas compares each of these names with each. */
  static void few(JsonNode names) {
    if (names.isArray() && names.size() > MOST_NAMES) {
      throw new IllegalArgumentException("names more than " + MOST_NAMES + " at once");
    }
  }

  /** What the schema itself says at a place in it. */
  JsonNode at(String pointer) {
    return text.at(pointer);
  }

  /**
   * What is wrong with a document, as places and keywords: {@code /items/0 (type)}. Empty when
   * nothing is.
   *
   * @param bytes that the document took
   * @throws Effort.Exhausted when that cannot be said in time
   */
  Set<String> faults(JsonNode document, long bytes) {
    Effort effort = new Effort(bytes);
    effort.on(
        () -> {
          if (compares) {
            compared(document);
          }
          schema.validate(effort, document);
        });
    Set<String> faults = new LinkedHashSet<>();
    for (Error error : effort.getErrors()) {
      String place = printable(place(error));
      faults.add((place.isEmpty() ? "" : place + ' ') + '(' + error.getKeyword() + ')');
    }
    return faults;
  }

  /**
   * What it takes to tell all items of its lists apart, counted in advance: the library compares
   * them in one step of its own, and whoever chooses items that hash alike makes it compare each
   * with each.
   */
  private static void compared(JsonNode document) {
    if (document.isArray()) {
      Effort.spent((long) document.size() * document.size() / COMPARED_AT_ONCE);
    }
    for (JsonNode each : document) {
      compared(each);
    }
  }

  private static String place(Error error) {
    NodePath at = error.getInstanceLocation();
    // What is missing is named by the schema; what is too much is not.
    boolean missing = error.getKeyword().equals("required") && error.getProperty() != null;
    return missing ? at + "/" + error.getProperty() : at.toString();
  }

  private static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && i < MOST_CHARACTERS; i++) {
      char c = text.charAt(i);
      shown.append(c > ' ' && c < 0x7f ? c : '?');
    }
    return text.length() > MOST_CHARACTERS ? shown + "..." : shown.toString();
  }
}
