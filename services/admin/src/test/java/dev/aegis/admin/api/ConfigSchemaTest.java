package dev.aegis.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What editors are told of documents. */
final class ConfigSchemaTest {
  private final ObjectNode schema = ConfigSchema.document();

  private JsonNode definition(Kind kind) {
    return schema.path("$defs").path(ConfigSchema.name(kind));
  }

  @Test
  void everyCollectionIsKnownWhereItMayStand() {
    JsonNode tenant = definition(Kind.TENANT).path("properties");
    for (Kind kind : Kind.values()) {
      String reference = "#/$defs/" + ConfigSchema.name(kind);
      boolean atTop = kind == Kind.TENANT || kind == Kind.PLUGIN;
      JsonNode whole = schema.path("properties").path(kind.collection());
      assertThat(whole.at("/items/$ref").asText()).isEqualTo(atTop ? reference : "");
      assertThat(tenant.path(kind.collection()).at("/items/$ref").asText())
          .isEqualTo(kind.belongsToTenant() ? reference : "");
      assertThat(definition(kind).path("required")).extracting(JsonNode::asText).contains("id");
    }
    assertThat(schema.path("properties").has("tests")).isTrue();
    assertThat(schema.path("required")).extracting(JsonNode::asText).containsExactly("version");
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    List<String> references = new ArrayList<>();
    schema.findValuesAsText("$ref", references);
    assertThat(references).isNotEmpty();
    for (String reference : references) {
      assertThat(schema.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
    }
  }

  /** What an export writes down, defaults included, is known. */
  @Test
  void whatIsKeptIsKnown() {
    for (Kind kind : Kind.values()) {
      ObjectNode kept = Documents.complete(kind, "x", Json.object());
      JsonNode known = definition(kind).path("properties");
      kept.fieldNames()
          .forEachRemaining(name -> assertThat(known.has(name)).as(kind + " " + name).isTrue());
      for (String secret : kind.secrets()) {
        JsonNode types = known.at("/" + secret.replace("/", "/properties/") + "/type");
        assertThat(types).extracting(JsonNode::asText).contains("string", "object", "array");
      }
    }
  }
}
