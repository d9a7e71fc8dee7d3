package dev.aegis.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import dev.aegis.admin.AdminInstance.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the API's description (OpenAPI 3.1, whose schemas are JSON Schema 2020-12) says, held
 * against what the API does.
 */
final class Described {
  private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");

  /** Fields that any reply may have, whatever it answers. */
  private static final Set<String> COMMON =
      Set.of(
          "cache-control",
          "connection",
          "content-length",
          "content-type",
          "date",
          "transfer-encoding",
          "x-content-type-options",
          "x-request-id");

  private final JsonNode document;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder ->
              builder.schemaRegistryConfig(
                  SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
  private final Map<JsonNode, Schema> schemas = new HashMap<>();

  Described(JsonNode document) {
    this.document = document;
  }

  /** Every operation as {@code METHOD template}. */
  Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    document
        .path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        member -> {
                          if (METHODS.contains(member.getKey())) {
                            operations.add(
                                member.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                          }
                        }));
    return operations;
  }

  boolean has(String operation) {
    return !operation(operation).isMissingNode();
  }

  boolean takesBody(String operation) {
    return operation(operation).has("requestBody");
  }

  boolean needsBody(String operation) {
    return operation(operation).at("/requestBody/required").asBoolean();
  }

  boolean open(String operation) {
    return operation(operation).has("security");
  }

  boolean takes(String operation, String parameter) {
    for (JsonNode each : operation(operation).path("parameters")) {
      if (resolved(each).path("name").asText().equals(parameter)) {
        return true;
      }
    }
    return false;
  }

  /** What of a request's body its schema does not allow. */
  List<String> faults(String operation, JsonNode body) {
    JsonNode contents = operation(operation).at("/requestBody/content");
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> content : contents.properties()) {
      check(content.getValue().path("schema"), body, content.getKey(), faults);
    }
    return faults;
  }

  /** What of a reply the description does not say: its status, a header, its type, its body. */
  List<String> faults(String operation, boolean head, Answer answer) {
    JsonNode reply =
        resolved(operation(operation).path("responses").path(Integer.toString(answer.status())));
    if (reply.isMissingNode()) {
      return List.of("status " + answer.status() + " is not described: " + answer.text());
    }
    List<String> faults = new ArrayList<>();
    answer
        .response()
        .headers()
        .map()
        .forEach((name, values) -> header(reply, name, values.getFirst(), faults));
    String type = answer.header("Content-Type");
    if (type == null) {
      if (reply.has("content")) {
        faults.add("has no Content-Type");
      }
      return faults;
    }
    String named = type.split(";", 2)[0]; // the description leaves parameters out
    JsonNode content = reply.path("content").path(named);
    if (content.isMissingNode()) {
      faults.add("type " + type + " is not described for " + answer.status());
    } else if (head) {
      if (answer.response().body().length != 0) {
        faults.add("a reply to HEAD has a body");
      }
    } else {
      JsonNode body = named.endsWith("json") ? answer.json() : TextNode.valueOf(answer.text());
      check(content.path("schema"), body, "body", faults);
    }
    return faults;
  }

  private void header(JsonNode reply, String name, String value, List<String> faults) {
    if (COMMON.contains(name.toLowerCase(Locale.ROOT))) {
      return;
    }
    for (Map.Entry<String, JsonNode> header : reply.path("headers").properties()) {
      if (header.getKey().equalsIgnoreCase(name)) {
        JsonNode schema = resolved(header.getValue()).path("schema");
        boolean number = schema.path("type").asText().equals("integer");
        check(
            schema,
            number ? IntNode.valueOf(Integer.parseInt(value)) : TextNode.valueOf(value),
            name,
            faults);
        return;
      }
    }
    faults.add("header " + name + " is not described");
  }

  private void check(JsonNode schema, JsonNode value, String where, List<String> faults) {
    schemas
        .computeIfAbsent(schema, this::compiled)
        .validate(value)
        .forEach(error -> faults.add(where + " " + error));
  }

  /** The schema as a document of its own, in which references of the description still lead. */
  private Schema compiled(JsonNode schema) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.putArray("allOf").add(schema);
    root.set("components", document.path("components"));
    return registry.getSchema(root);
  }

  private JsonNode operation(String operation) {
    String[] parts = operation.split(" ", 2);
    return document.path("paths").path(parts[1]).path(parts[0].toLowerCase(Locale.ROOT));
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }
}
