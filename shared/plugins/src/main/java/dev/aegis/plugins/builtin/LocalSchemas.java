package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The schemas of an OpenAPI document, which refer to each other by {@code #/components/...} and to
 * nothing else. First they are added, then they are compiled, all of them once.
 */
final class LocalSchemas {
  /** Schemas within schemas, of all of the document. */
  private static final int MOST = 10_000;

  private static final String COMPONENTS = "#/components/";

  private final ObjectNode root = JsonNodeFactory.instance.objectNode();
  private final ArrayNode added = JsonNodeFactory.instance.arrayNode();
  private final Map<String, String> byPlace = new HashMap<>();

  /** Each place that a schema stands at, and where references lead, with a place that has it. */
  private final Set<String> places = new HashSet<>();

  private final Map<String, String> references = new LinkedHashMap<>();
  private final boolean compares;

  /**
   * @param document that they are of
   */
  LocalSchemas(JsonNode document) {
    root.set("components", document.path("components"));
    root.set("added", added);
    compares = !document.findValues("uniqueItems").isEmpty();
  }

  /**
   * Takes a schema in.
   *
   * @param place of it in the document, a JSON Pointer
   * @return a reference to it
   * @throws IllegalArgumentException if it cannot be used; the message begins with the place
   */
  String add(JsonNode schema, String place) {
    String known = byPlace.get(place);
    if (known != null) {
      return known;
    }
    walk(schema, place);
    try {
      RequestSchema.hold(schema);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + ' ' + e.getMessage(), e);
    }
    added.add(schema);
    String reference = "#/added/" + (added.size() - 1);
    byPlace.put(place, reference);
    return reference;
  }

  /** Takes in a schema that is not in the document, but refers to those that are. */
  String add(ObjectNode schema) {
    added.add(schema);
    return "#/added/" + (added.size() - 1);
  }

  /** What a schema says where it refers to another one; missing where that is nothing. */
  JsonNode target(String reference) {
    try {
      return reference.startsWith(COMPONENTS)
          ? root.at(pointer(reference, ""))
          : MissingNode.getInstance();
    } catch (IllegalArgumentException e) {
      return MissingNode.getInstance(); // said where it is added
    }
  }

  /** Schemas are only where schemas are asked for: examples may look like them. */
  private void walk(JsonNode schema, String place) {
    if (!schema.isObject()) {
      places.add(place);
      return; // said by the schema of schemas, unless it is true or false
    }
    if (places.add(place) && places.size() > MOST) {
      throw new IllegalArgumentException(place + " is one schema more than " + MOST);
    }
    for (Map.Entry<String, JsonNode> member : schema.properties()) {
      JsonNode value = member.getValue();
      String at = place + '/' + escaped(member.getKey());
      switch (member.getKey()) {
        case "additionalProperties",
            "contains",
            "contentSchema",
            "else",
            "if",
            "items",
            "not",
            "propertyNames",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties" ->
            walk(value, at);
        case "allOf", "anyOf", "oneOf", "prefixItems" -> {
          for (int i = 0; i < value.size(); i++) {
            walk(value.path(i), at + '/' + i);
          }
        }
        case "$defs", "definitions", "dependentSchemas", "properties" -> members(value, at);
        case "patternProperties" -> {
          value.fieldNames().forEachRemaining(text -> pattern(text, at));
          members(value, at);
        }
        case "pattern" -> pattern(value.asText(), at);
        case "$ref" -> reference(value, at);
        case "$schema" -> {
          if (!value.asText().equals(RequestSchema.DIALECT)) {
            throw new IllegalArgumentException(
                at + " is of another dialect than " + RequestSchema.DIALECT);
          }
        }
        case "$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef" ->
            throw new IllegalArgumentException(at + " is not understood here");
        case "required", "type" -> few(value, at);
        case "dependentRequired" -> value.forEach(names -> few(names, at));
        default -> {
          // Others have no schemas in them.
        }
      }
    }
  }

  private void members(JsonNode schemas, String place) {
    for (Map.Entry<String, JsonNode> each : schemas.properties()) {
      walk(each.getValue(), place + '/' + escaped(each.getKey()));
    }
  }

  private static void pattern(String text, String place) {
    try {
      LinearPattern _ = new LinearPattern(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
    }
  }

  private static void few(JsonNode names, String place) {
    try {
      RequestSchema.few(names);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + ' ' + e.getMessage(), e);
    }
  }

  private void reference(JsonNode value, String place) {
    if (!value.asText().startsWith(COMPONENTS)) {
      throw new IllegalArgumentException(place + " must begin with " + COMPONENTS);
    }
    references.putIfAbsent(pointer(value.asText(), place), place);
  }

  /**
   * The JSON Pointer that a local reference has for its fragment.
   *
   * @param place of the reference
   * @throws IllegalArgumentException if it cannot be decoded
   */
  static String pointer(String reference, String place) {
    try {
      return PathTemplates.decoded(reference.substring(1));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + " cannot be decoded", e);
    }
  }

  /** A name as a part of a JSON Pointer (RFC 6901 section 3). */
  static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /**
   * All that were added, ready to be used by their references.
   *
   * @throws IllegalArgumentException if one cannot be used
   */
  Compiled compiled() {
    references.forEach(
        (to, place) -> {
          if (!places.contains(to)) {
            throw new IllegalArgumentException(place + " leads to no schema: " + to);
          }
        });
    return new Compiled(RequestSchema.registry().getSchema(root), compares);
  }

  /** Schemas that can be used. */
  static final class Compiled {
    private final Schema root;
    private final boolean compares;
    private final Map<String, RequestSchema> byReference = new HashMap<>();

    private Compiled(Schema root, boolean compares) {
      this.root = root;
      this.compares = compares;
    }

    /**
     * The one that {@code reference} leads to.
     *
     * @throws IllegalArgumentException if it cannot be used
     */
    RequestSchema at(String reference) {
      return byReference.computeIfAbsent(reference, this::compile);
    }

    private RequestSchema compile(String reference) {
      try {
        Schema schema = root.getSubSchema(SchemaLocation.of(reference).getFragment());
        schema.initializeValidators();
        return new RequestSchema(schema.getSchemaNode(), schema, compares);
      } catch (SchemaException e) {
        throw new IllegalArgumentException("has a schema of no use: " + e.getMessage(), e);
      }
    }
  }
}
