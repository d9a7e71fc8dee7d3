package dev.aegis.plugins.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What OpenAPI documents may take of the gateway's memory and time. */
final class OpenApiBoundsTest {
  private static Map<String, Object> document(
      Map<String, Object> paths, Map<String, Object> components) {
    return Map.of("openapi", "3.1.0", "paths", paths, "components", components);
  }

  /** Operations that have their parameters from one place still have a schema for each. */
  private static Map<String, Object> shared(int paths, boolean mayBeEmpty) {
    List<Object> parameters = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      parameters.add(
          Map.of("name", "q" + i, "in", "query", "allowEmptyValue", mayBeEmpty, "schema", true));
    }
    Map<String, Object> item = new HashMap<>();
    item.put("parameters", parameters);
    for (String method :
        List.of("get", "put", "post", "delete", "options", "head", "patch", "trace")) {
      item.put(method, Map.of());
    }
    Map<String, Object> all = new HashMap<>();
    for (int i = 0; i < paths; i++) {
      all.put("/p" + i, Map.of("$ref", "#/components/pathItems/x"));
    }
    return document(all, Map.of("pathItems", Map.of("x", item)));
  }

  @Test
  void parametersOfAllOperationsAreCounted() {
    assertThatCode(() -> OpenApiReader.read(shared(12, false), "")).doesNotThrowAnyException();
    assertThatThrownBy(() -> OpenApiReader.read(shared(13, false), ""))
        .hasMessageContaining("is one more than 10000 parameters and media types in all");
    assertThatThrownBy(() -> OpenApiReader.read(shared(5, true), ""))
        .hasMessageContaining("is one more than 10000 parameters and media types in all");
  }

  @Test
  void mediaTypesOfAllOperationsAreCounted() {
    Map<String, Object> content = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      content.put("a/b" + i, Map.of());
    }
    Map<String, Object> operation =
        Map.of("requestBody", Map.of("$ref", "#/components/requestBodies/x"));
    Map<String, Object> paths = new HashMap<>();
    Map<String, Object> document =
        document(paths, Map.of("requestBodies", Map.of("x", Map.of("content", content))));
    for (int i = 0; i < 100; i++) {
      paths.put("/p" + i, Map.of("post", operation));
    }
    assertThatCode(() -> OpenApiReader.read(document, "")).doesNotThrowAnyException();
    paths.put("/more", Map.of("post", operation));
    assertThatThrownBy(() -> OpenApiReader.read(document, ""))
        .hasMessageContaining("is one more than 10000 parameters and media types in all");
  }

  @Test
  void pathsAndTheirSegmentsAreCounted() {
    Map<String, Object> paths = new HashMap<>();
    for (int i = 0; i < 999; i++) {
      paths.put("/p" + i, Map.of());
    }
    paths.put("/a".repeat(100), Map.of());
    Map<String, Object> document = document(paths, Map.of());
    assertThatCode(() -> OpenApiReader.read(document, "")).doesNotThrowAnyException();
    paths.put("/more", Map.of());
    assertThatThrownBy(() -> OpenApiReader.read(document, ""))
        .hasMessage("/paths has more than 1000 paths");
    assertThatThrownBy(
            () -> OpenApiReader.read(document(Map.of("/a".repeat(101), Map.of()), Map.of()), ""))
        .hasMessageContaining("...");
    assertThatThrownBy(() -> PathTemplates.parameters("/a".repeat(101)))
        .hasMessage("has more than 100 segments");
  }

  /**
   * Each segment is tried as a parameter and as it is, and decoded once for that: counted by the
   * bytes that a search takes of memory.
   */
  @Test
  void aPathIsDecodedOnce() {
    PathTemplates<String> templates = new PathTemplates<>();
    for (int i = 0; i < 1 << 9; i++) {
      StringBuilder template = new StringBuilder();
      for (int bit = 0; bit < 9; bit++) {
        template.append((i >> bit & 1) == 0 ? "/a" : "/{p}");
      }
      templates.add(template + "/end", "");
    }
    assertThat(templates.find("/b" + "/a".repeat(8) + "/end")).isNotNull();
    assertThat(templates.find("/b" + "/a".repeat(8) + "/none")).isNull();
    String path = "/a".repeat(9) + '/' + "%C3%A9".repeat(5_000);
    assertThat(templates.find(path)).isNull();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThat(templates.find(path)).isNull();
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2_000_000);
  }

  @Test
  void longPathsAreLookedUpNoDeeperThanTemplatesAre() {
    PathTemplates<String> templates = new PathTemplates<>();
    templates.add("/{p}".repeat(100), "found");
    assertThat(templates.find("/a".repeat(16_000))).isNull();
    assertThat(templates.find("/a".repeat(101))).isNull();
    assertThat(templates.find("/a".repeat(99) + '/')).isNull();
    assertThat(templates.find("/a".repeat(100))).isNotNull();
  }

  /** A document is compiled for the tenant that has it, and not again for each one below. */
  @Test
  void documentsThatSayTheSameAreCompiledOnce() {
    OpenApiDocuments documents = new OpenApiDocuments();
    OpenApiDocument first = documents.of(shared(2, false), "");
    assertThat(documents.of(shared(2, false), "")).isSameAs(first);
    assertThat(documents.of(shared(2, false), "/v1")).isNotSameAs(first);
    assertThat(documents.of(shared(3, false), "")).isNotSameAs(first);
    assertThat(documents.of(shared(2, false), "")).isSameAs(first);
  }

  /** Also where a configuration is checked, and where a filter is made of it. */
  @Test
  void configurationsOfOneDocumentShareIt() {
    Map<String, Object> document = shared(12, false);
    RequestValidation.Config config = config(document);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    OpenApiReader.read(document, "");
    long once = threads.getCurrentThreadAllocatedBytes() - before;
    before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10; i++) {
      new RequestValidation().configure(config);
      config(document);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(once);
  }

  private static RequestValidation.Config config(Map<String, Object> document) {
    return new RequestValidation.Config(
        Map.of(),
        Map.of(),
        Map.of(),
        false,
        document,
        "",
        RequestValidation.Unknown.REFUSE,
        RequestValidation.Mode.ENFORCE,
        400,
        5,
        100);
  }
}
