package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.plugins.builtin.ApiOperation.Body;
import dev.aegis.plugins.builtin.ApiOperation.Declared;
import dev.aegis.plugins.builtin.ApiOperation.Media;
import dev.aegis.plugins.builtin.ApiOperation.Part;
import dev.aegis.plugins.builtin.Parameters.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes of an OpenAPI document of version 3.1 what requests are held against. What it does not
 * understand it does not pass over where a rule would be lost by that.
 */
final class OpenApiReader {
  private static final String BASE_DIALECT = "https://spec.openapis.org/oas/3.1/dialect/base";
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int MOST_VALUES = 50_000;
  private static final int DEEPEST = 64;
  private static final int MOST_OPERATIONS = 1_000;

  /** Also those without operations: each is a branch of the tree that requests are looked up in. */
  private static final int MOST_PATHS = 1_000;

  /** Of one operation; so many media types may its body be of, too. */
  private static final int MOST_PARAMETERS = 100;

  /**
   * Of all operations, with their media types. Many operations may have theirs from one place, and
   * still each has a schema for each parameter.
   */
  private static final int MOST_PARAMETERS_IN_ALL = 10_000;

  /** What a parameter counts that has a schema for when it is empty, and one for when it is not. */
  private static final int OF_THREE_SCHEMAS = 3;

  private static final int MOST_TOLD = 10;
  private static final int MOST_CHARACTERS = 300;

  /** How far a reference is followed that leads to a reference. */
  private static final int MOST_REFERENCES = 10;

  /** How many schemas are looked at for the types of one parameter. */
  private static final int MOST_TYPES = 50;

  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");
  private static final Set<String> NO_METHODS =
      Set.of("$ref", "summary", "description", "servers", "parameters");
  private static final Set<String> PARTS = Set.of("path", "query", "header", "cookie");
  private static final List<String> BRANCHES = List.of("allOf", "anyOf", "oneOf");
  private static final Pattern MEDIA_TYPE = Pattern.compile("[^*/\\s]+/([^*/\\s]+|\\*)|\\*/\\*");

  /** Fields that OpenAPI has no parameters for, and those that plugins do not see. */
  private static final Set<String> NOT_HELD =
      Set.of(
          "accept",
          "content-type",
          "authorization",
          "proxy-authorization",
          "x-api-key",
          "signature",
          "signature-input");

  private final JsonNode document;
  private final LocalSchemas schemas;
  private final List<String> wrong = new ArrayList<>();
  private int count;
  private int parametersInAll;

  private OpenApiReader(JsonNode document) {
    this.document = document;
    this.schemas = new LocalSchemas(document);
  }

  /** A part of the document, and where it stands: a JSON Pointer. */
  private record Located(JsonNode node, String place) {
    Located at(String name) {
      return new Located(node.path(name), place + '/' + LocalSchemas.escaped(name));
    }
  }

  /**
   * Reads a document.
   *
   * @param said as a configuration has it
   * @param basePath what paths begin with that the document leaves out, {@code ""} for nothing
   * @throws IllegalArgumentException with up to ten places that are wrong, as JSON Pointers
   */
  static OpenApiDocument read(Map<String, Object> said, String basePath) {
    JsonNode document = MAPPER.valueToTree(said);
    if (values(document, 0) > MOST_VALUES) {
      throw new IllegalArgumentException("has more than " + MOST_VALUES + " values");
    }
    OpenApiReader reader = new OpenApiReader(document);
    try {
      return reader.read(basePath);
    } catch (IllegalArgumentException e) {
      reader.say(e);
      throw new IllegalArgumentException(String.join("; ", reader.wrong), e);
    }
  }

  private static long values(JsonNode node, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("is more than " + DEEPEST + " deep");
    }
    long values = 1;
    for (JsonNode each : node) {
      values += values(each, depth + 1);
    }
    return values;
  }

  private void say(IllegalArgumentException e) {
    String what = String.valueOf(e.getMessage());
    wrong.add(what.length() > MOST_CHARACTERS ? what.substring(0, MOST_CHARACTERS) + "..." : what);
  }

  /** Goes on after what is wrong, as long as there is room to tell of more. */
  private void attempt(Runnable step) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      if (wrong.size() >= MOST_TOLD - 1) {
        throw e;
      }
      say(e);
    }
  }

  private OpenApiDocument read(String basePath) {
    about();
    Located components = new Located(document, "").at("components").at("schemas");
    for (String name : names(components.node())) {
      Located schema = components.at(name);
      attempt(() -> schemas.add(schema.node(), schema.place()));
    }
    PathTemplates<Map<String, ApiOperation>> paths = new PathTemplates<>();
    List<Consumer<LocalSchemas.Compiled>> finish = new ArrayList<>();
    Located said = new Located(document, "").at("paths");
    if (said.node().size() > MOST_PATHS) {
      throw wrong(said, "has more than " + MOST_PATHS + " paths");
    }
    for (String template : names(said.node())) {
      if (!template.startsWith("x-")) {
        attempt(() -> finish.add(path(template, said.at(template), paths)));
      }
    }
    if (wrong.isEmpty() && finish.isEmpty()) {
      throw wrong(said, "must have a path");
    }
    LocalSchemas.Compiled compiled = schemas.compiled();
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(wrong.removeLast());
    }
    finish.forEach(each -> each.accept(compiled));
    return new OpenApiDocument(basePath, paths);
  }

  private void about() {
    String version = document.path("openapi").asText();
    if (!version.startsWith("3.1.")) {
      throw new IllegalArgumentException(
          "/openapi must be 3.1 with its patch, such as 3.1.1: no other version is understood");
    }
    String dialect = document.path("jsonSchemaDialect").asText(RequestSchema.DIALECT);
    if (!dialect.equals(RequestSchema.DIALECT) && !dialect.equals(BASE_DIALECT)) {
      throw new IllegalArgumentException(
          "/jsonSchemaDialect is of another dialect than " + RequestSchema.DIALECT);
    }
  }

  /** One path; what comes of it gets its operations when schemas are compiled. */
  private Consumer<LocalSchemas.Compiled> path(
      String template, Located said, PathTemplates<Map<String, ApiOperation>> paths) {
    List<String> names;
    try {
      names = PathTemplates.parameters(template);
    } catch (IllegalArgumentException e) {
      throw wrong(said, String.valueOf(e.getMessage()));
    }
    Map<String, ApiOperation> operations = new HashMap<>();
    if (!paths.add(template, operations)) {
      throw wrong(said, "cannot be told from a path before it");
    }
    Located item = resolved(said, "pathItems");
    Map<String, Located> common = parameters(item.at("parameters"));
    Map<String, Function<LocalSchemas.Compiled, ApiOperation>> drafts = new LinkedHashMap<>();
    for (String member : names(item.node())) {
      if (METHODS.contains(member)) {
        if (++count > MOST_OPERATIONS) {
          throw wrong(item, "has more operations than " + MOST_OPERATIONS + " in all");
        }
        attempt(
            () ->
                drafts.put(
                    member.toUpperCase(Locale.ROOT), operation(item.at(member), names, common)));
      } else if (!NO_METHODS.contains(member) && !member.startsWith("x-")) {
        throw wrong(item.at(member), "is not known");
      }
    }
    return compiled ->
        drafts.forEach((method, draft) -> operations.put(method, draft.apply(compiled)));
  }

  private Function<LocalSchemas.Compiled, ApiOperation> operation(
      Located said, List<String> names, Map<String, Located> common) {
    plain(said);
    Map<String, Located> parameters = new LinkedHashMap<>(common);
    parameters.putAll(parameters(said.at("parameters")));
    for (String name : names) {
      if (!parameters.containsKey("path " + name)) {
        throw wrong(said, "has no parameter " + name + " in path, which its path names");
      }
    }
    if (parameters.size() > MOST_PARAMETERS) {
      throw wrong(said, "has more than " + MOST_PARAMETERS + " parameters");
    }
    var path = part("path", parameters, names);
    var query = part("query", parameters, names);
    var header = part("header", parameters, names);
    var body = body(said.at("requestBody"));
    return schemas ->
        new ApiOperation(
            path.apply(schemas), query.apply(schemas), header.apply(schemas), body.apply(schemas));
  }

  /** Parameters by where they stand and what they are called there. */
  private Map<String, Located> parameters(Located list) {
    Map<String, Located> parameters = new LinkedHashMap<>();
    if (!list.node().isArray() && !list.node().isMissingNode()) {
      throw wrong(list, "must be an array");
    }
    for (int i = 0; i < list.node().size(); i++) {
      Located each = new Located(list.node().path(i), list.place() + '/' + i);
      Located parameter = resolved(each, "parameters");
      String name = parameter.node().path("name").asText();
      String in = parameter.node().path("in").asText();
      if (name.isEmpty() || !PARTS.contains(in)) {
        throw wrong(parameter, "must have a name, and in: path, query, header or cookie");
      }
      if (in.equals("header")) {
        name = name.toLowerCase(Locale.ROOT);
      }
      if (parameters.putIfAbsent(in + ' ' + name, parameter) != null) {
        throw wrong(each, "is there twice");
      }
    }
    return parameters;
  }

  /**
   * The parameters of one part. They are held against an object of their schemas.
   *
   * @param names of those in the path, in turn
   */
  private Function<LocalSchemas.Compiled, @Nullable Part> part(
      String in, Map<String, Located> parameters, List<String> names) {
    List<Declared> declared = new ArrayList<>();
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    ObjectNode properties = object.putObject("properties");
    for (Located each : parameters.values()) {
      String name = each.node().path("name").asText();
      if (!each.node().path("in").asText().equals(in)
          || in.equals("header") && NOT_HELD.contains(name.toLowerCase(Locale.ROOT))) {
        continue;
      }
      boolean required = flag(each.at("required"));
      if (in.equals("path") && !names.contains(name)) {
        throw wrong(each, "is not in the path");
      }
      if (in.equals("path") && !required) {
        throw wrong(each.at("required"), "must be true of a parameter in the path");
      }
      if (required) {
        object.withArray("required").add(name);
      }
      boolean mayBeEmpty = in.equals("query") && flag(each.at("allowEmptyValue"));
      counted(each, mayBeEmpty ? OF_THREE_SCHEMAS : 1);
      ObjectNode property = properties.putObject(name);
      if (mayBeEmpty) {
        property.putObject("if").put("const", "");
        property = property.putObject("else");
      }
      declared.add(new Declared(name, Math.max(0, names.indexOf(name)), kind(in, each)));
      property.put("$ref", schemas.add(each.at("schema").node(), each.at("schema").place()));
    }
    if (declared.isEmpty()) {
      return _ -> null;
    }
    String reference = schemas.add(object);
    return compiled -> new Part(compiled.at(reference), declared);
  }

  private void counted(Located where, int more) {
    parametersInAll += more;
    if (parametersInAll > MOST_PARAMETERS_IN_ALL) {
      throw wrong(
          where,
          "is one more than " + MOST_PARAMETERS_IN_ALL + " parameters and media types in all");
    }
  }

  /** What the texts of a parameter become, if it is written in a way that is understood. */
  private Kind kind(String in, Located parameter) {
    if (parameter.node().has("content")) {
      throw wrong(parameter.at("content"), "is not understood of a parameter; schema is");
    }
    Located schema = parameter.at("schema");
    if (schema.node().isMissingNode()) {
      throw wrong(parameter, "must have a schema");
    }
    String usual = in.equals("query") ? "form" : "simple";
    if (!parameter.node().path("style").asText(usual).equals(usual)) {
      throw wrong(parameter.at("style"), "is not understood in " + in + "; " + usual + " is");
    }
    Set<String> types = new LinkedHashSet<>();
    Set<String> items = new LinkedHashSet<>();
    types(schema.node(), types, items, new int[1]);
    if (types.contains("object")) {
      throw wrong(schema, "is of an object, which is not understood of a parameter");
    }
    if (types.contains("array") && in.equals("query") && !explodes(parameter)) {
      throw wrong(parameter.at("explode"), "must be true of a list in query");
    }
    return new Kind(types, items);
  }

  private static boolean explodes(Located parameter) {
    return !parameter.node().has("explode") || flag(parameter.at("explode"));
  }

  /**
   * Collects the types that a schema names, also by reference and in its branches.
   *
   * @param looked how many schemas have been looked at
   */
  private void types(JsonNode schema, Set<String> types, Set<String> items, int[] looked) {
    if (++looked[0] > MOST_TYPES) {
      return; // in a circle, or nearly; texts stay texts
    }
    types.addAll(Parameters.types(schema));
    if (schema.has("items")) {
      types(schema.path("items"), items, new LinkedHashSet<>(), looked);
    }
    if (schema.has("$ref")) {
      types(schemas.target(schema.path("$ref").asText()), types, items, looked);
    }
    for (String branches : BRANCHES) {
      schema.path(branches).forEach(each -> types(each, types, items, looked));
    }
  }

  private Function<LocalSchemas.Compiled, @Nullable Body> body(Located said) {
    if (said.node().isMissingNode()) {
      return _ -> null;
    }
    Located body = resolved(said, "requestBodies");
    boolean required = flag(body.at("required"));
    Located content = body.at("content");
    Map<String, String> references = new LinkedHashMap<>();
    for (String type : names(content.node())) {
      plain(content.at(type));
      Located schema = content.at(type).at("schema");
      String reference =
          schema.node().isMissingNode() ? "" : schemas.add(schema.node(), schema.place());
      if (!MEDIA_TYPE.matcher(Body.type(type)).matches()) {
        throw wrong(content.at(type), "is no media type, nor a range of them");
      }
      if (references.putIfAbsent(Body.type(type), reference) != null) {
        throw wrong(content.at(type), "is there twice");
      }
    }
    if (references.isEmpty() || references.size() > MOST_PARAMETERS) {
      throw wrong(content, "must have a media type, and at most " + MOST_PARAMETERS);
    }
    counted(content, references.size());
    return compiled -> {
      Map<String, Media> media = new HashMap<>();
      references.forEach(
          (type, reference) ->
              media.put(type, new Media(reference.isEmpty() ? null : compiled.at(reference))));
      return new Body(required, media);
    };
  }

  /** What a part of the document is, or refers to among the components of its kind. */
  private Located resolved(Located said, String kind) {
    Located at = said;
    String within = "#/components/" + kind + '/';
    for (int i = 0; i < MOST_REFERENCES; i++) {
      if (!at.node().isObject()) {
        throw wrong(at, "must be an object");
      }
      JsonNode reference = at.node().get("$ref");
      if (reference == null) {
        return at;
      }
      if (!reference.asText().startsWith(within)) {
        throw wrong(at.at("$ref"), "must begin with " + within);
      }
      for (String member : names(at.node())) {
        if (METHODS.contains(member) || member.equals("parameters")) {
          throw wrong(at.at(member), "cannot be beside $ref");
        }
      }
      String pointer = LocalSchemas.pointer(reference.asText(), at.at("$ref").place());
      JsonNode target = document.at(pointer);
      if (target.isMissingNode()) {
        throw wrong(at.at("$ref"), "leads nowhere");
      }
      at = new Located(target, pointer);
    }
    throw wrong(said, "refers in a circle, or too far");
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** An object that stands here itself: a reference would be passed over, and its rules with it. */
  private static void plain(Located said) {
    if (!said.node().isObject()) {
      throw wrong(said, "must be an object");
    }
    if (said.node().has("$ref")) {
      throw wrong(said.at("$ref"), "is not understood here");
    }
  }

  private static boolean flag(Located said) {
    if (!said.node().isMissingNode() && !said.node().isBoolean()) {
      throw wrong(said, "must be true or false");
    }
    return said.node().asBoolean();
  }

  private static IllegalArgumentException wrong(Located where, String what) {
    return new IllegalArgumentException(where.place() + ' ' + what);
  }
}
