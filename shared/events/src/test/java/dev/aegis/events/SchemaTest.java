package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each schema describes the golden files of its type, and what is written is described in full. */
class SchemaTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path SCHEMAS = Path.of("src/main/resources/dev/aegis/events");

  static List<Path> golden() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      return files.sorted().toList();
    }
  }

  static List<Path> schemas() throws IOException {
    try (Stream<Path> files = Files.list(SCHEMAS)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("golden")
  void goldenFilesAreValid(Path file) throws Exception {
    String name = file.getFileName().toString();
    String type = name.substring(0, name.indexOf(".v1") + 3);
    assertThat(schema(type).validate(tree(Files.readAllBytes(file)))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void everySchemaHasAGoldenFileAndItsName(Path file) throws Exception {
    String name = file.getFileName().toString().replace(".schema.json", "");
    assertThat(golden()).anyMatch(golden -> golden.getFileName().toString().startsWith(name));
    JsonNode schema = tree(Files.readAllBytes(file));
    assertThat(schema.path("$id").asText()).isEqualTo("urn:aegis:event:" + name);
    schema
        .path("required")
        .forEach(member -> assertThat(schema.path("properties").has(member.asText())).isTrue());
  }

  @Test
  void everythingThatIsWrittenIsDescribed() throws Exception {
    JsonNode written = tree(Files.readAllBytes(GOLDEN.resolve("aegis.request.v1.full.json")));
    JsonNode described = resource("aegis.request.v1").path("properties");
    assertThat(names(described)).isEqualTo(names(written));
  }

  @Test
  void whatIsWrongIsNotValid() throws Exception {
    JsonNode without = tree("{\"request_id\":\"x\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(schema("aegis.request.v1").validate(without)).isNotEmpty();
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(entry -> entry.getKey()).toList();
  }

  private static Schema schema(String type) throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(resource(type));
  }

  private static JsonNode resource(String type) throws IOException {
    try (InputStream file = Envelope.class.getResourceAsStream(type + ".schema.json")) {
      return tree(file.readAllBytes());
    }
  }

  private static JsonNode tree(byte[] json) throws IOException {
    return new ObjectMapper().readTree(json);
  }
}
