package dev.aegis.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One file of samples, in {@code src/test/resources/dev/aegis/admin/contract}.
 *
 * <p>Its members are {@code before}, objects that are made first; {@code objects}, by the template
 * of a collection; and {@code calls}, in order, of operations that are no collection's. A {@code
 * {tenant}} is the file's own tenant wherever it stands, and {@code "file:rsa.pem"} the text of a
 * file among the journal's test certificates.
 *
 * @param name name of the file
 */
record Sample(String name, List<Before> before, List<Objects> objects, List<Call> calls) {
  private static final String FILE = "\"file:";
  private static final Path CERTIFICATES =
      Repository.root().resolve("shared/journal/src/test/resources/tls");

  /** An object that must be there. */
  record Before(String path, JsonNode body) {}

  /**
   * A collection, and documents for what can be done with one object of it.
   *
   * @param template its path
   * @param create a new object, with its id
   * @param replace what it is replaced by
   * @param patch what changes of it
   * @param invalid documents that are refused, each with the fields of its violations
   */
  record Objects(
      String template, JsonNode create, JsonNode replace, JsonNode patch, JsonNode invalid) {}

  /**
   * An operation and the status that it must be answered with.
   *
   * @param path values of the template's parameters other than the tenant
   * @param body the request's, or null
   * @param invalid bodies that are refused, each with the fields of its violations
   */
  record Call(
      String operation,
      Map<String, String> path,
      @Nullable JsonNode body,
      int status,
      JsonNode invalid) {}

  static List<Sample> all() throws Exception {
    Path folder = Path.of(Sample.class.getResource("contract").toURI());
    List<Sample> samples = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
        samples.add(read(file));
      }
    }
    return samples;
  }

  private static Sample read(Path file) throws IOException {
    String name = file.getFileName().toString().replace(".json", "");
    String text = Files.readString(file).replace("{tenant}", tenant(name));
    for (int at = text.indexOf(FILE); at >= 0; at = text.indexOf(FILE)) {
      String quoted = text.substring(at, text.indexOf('"', at + FILE.length()) + 1);
      String pem =
          Files.readString(
              CERTIFICATES.resolve(quoted.substring(FILE.length(), quoted.length() - 1)));
      text = text.replace(quoted, TextNode.valueOf(pem).toString());
    }
    JsonNode json = new ObjectMapper().readTree(text);
    List<Before> before = new ArrayList<>();
    json.path("before")
        .forEach(each -> before.add(new Before(each.path("path").asText(), each.path("body"))));
    List<Objects> objects = new ArrayList<>();
    json.path("objects")
        .properties()
        .forEach(
            each -> {
              JsonNode of = each.getValue();
              objects.add(
                  new Objects(
                      template(each.getKey(), name),
                      of.path("create"),
                      of.path("replace"),
                      of.path("patch"),
                      of.path("invalid")));
            });
    List<Call> calls = new ArrayList<>();
    json.path("calls").forEach(each -> calls.add(call(each, name)));
    return new Sample(name, before, objects, calls);
  }

  private static Call call(JsonNode json, String name) {
    Map<String, String> path = new LinkedHashMap<>();
    json.path("path")
        .properties()
        .forEach(each -> path.put(each.getKey(), each.getValue().asText()));
    return new Call(
        template(json.path("operation").asText(), name),
        path,
        json.get("body"),
        json.path("status").asInt(),
        json.path("invalid"));
  }

  private static String template(String text, String name) {
    return text.replace("/" + tenant(name), "/{tenant}");
  }

  /** The tenant of this file. */
  String tenant() {
    return tenant(name);
  }

  private static String tenant(String name) {
    return "of-" + name;
  }
}
