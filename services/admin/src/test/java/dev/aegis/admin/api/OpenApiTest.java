package dev.aegis.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.admin.access.Brake;
import dev.aegis.admin.access.Operators;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.journal.IssuerDefinition;
import dev.aegis.journal.Kind;
import dev.aegis.journal.WebhookEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The description and the API say the same. */
final class OpenApiTest {
  private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");

  private final JsonNode document = read();
  private final AdminApi api =
      new AdminApi(
          new Operators("token", new Brake(1, 1, InstantSource.system()), InstantSource.system()),
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          InstantSource.system());

  private static JsonNode read() {
    try {
      return new ObjectMapper().readTree(OpenApi.document());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyOperationIsDescribedAndNoOther() {
    Set<String> described = new TreeSet<>();
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
                            described.add(
                                member.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                          }
                        }));
    Set<String> registered = new TreeSet<>();
    for (Operation operation : api.operations()) {
      registered.add(operation.method() + " " + operation.template());
    }
    assertThat(described).isEqualTo(registered);
  }

  @Test
  void queryParametersAreDescribed() {
    Map<String, Set<String>> described = new TreeMap<>();
    Map<String, Set<String>> known = new TreeMap<>();
    for (Operation operation : api.operations()) {
      if (operation.parameters().contains(Operation.ANY_PARAMETER)) {
        continue;
      }
      String name = operation.method() + " " + operation.template();
      JsonNode path = document.path("paths").path(operation.template());
      JsonNode node = path.path(operation.method().toLowerCase(Locale.ROOT));
      Set<String> query = new TreeSet<>();
      Set<String> inPath = new TreeSet<>();
      for (JsonNode list : List.of(path.path("parameters"), node.path("parameters"))) {
        for (JsonNode parameter : list) {
          JsonNode resolved = resolved(parameter);
          switch (resolved.path("in").asText()) {
            case "query" -> query.add(resolved.path("name").asText());
            case "path" -> inPath.add(resolved.path("name").asText());
            default -> {}
          }
        }
      }
      Set<String> inTemplate = new TreeSet<>();
      for (String segment : operation.pattern()) {
        if (segment.startsWith("{")) {
          inTemplate.add(segment.substring(1, segment.length() - 1));
        }
      }
      assertThat(inPath).as(name).isEqualTo(inTemplate);
      described.put(name, query);
      known.put(name, new TreeSet<>(operation.parameters()));
    }
    assertThat(described).isEqualTo(known);
  }

  @Test
  void everyReferenceLeadsSomewhereAndEveryIdIsUsedOnce() {
    List<String> references = new ArrayList<>();
    document.findValuesAsText("$ref", references);
    for (String reference : references) {
      assertThat(document.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
    }
    List<String> ids = document.findValuesAsText("operationId");
    assertThat(new HashSet<>(ids)).hasSameSizeAs(ids);
  }

  @Test
  void openOperationsSayThatTheyAre() {
    for (Operation operation : api.operations()) {
      JsonNode node =
          document
              .path("paths")
              .path(operation.template())
              .path(operation.method().toLowerCase(Locale.ROOT));
      assertThat(node.has("security")).as(operation.template()).isEqualTo(operation.needs().open());
    }
  }

  @Test
  void closedListsAreTheJournals() {
    JsonNode schemas = document.at("/components/schemas");
    assertThat(texts(schemas.at("/Issuer/properties/algorithms/items/enum")))
        .isEqualTo(IssuerDefinition.ALGORITHMS);
    List<String> events = new ArrayList<>(WebhookEvents.TYPES);
    events.add("*");
    assertThat(texts(schemas.at("/Webhook/properties/events/items/enum"))).isEqualTo(events);
    List<String> kinds = Stream.of(Kind.values()).map(Documents::noun).toList();
    assertThat(texts(schemas.at("/Revision/properties/kind/enum"))).isEqualTo(kinds);
    assertThat(texts(schemas.at("/RevisionDetail/properties/kind/enum"))).isEqualTo(kinds);
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
