package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.plugin.Request;
import dev.aegis.plugins.builtin.Parameters.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One operation of an OpenAPI document: what its parameters and its body look like.
 *
 * @param path its parameters in the path, null without any
 * @param body null when it takes none
 */
record ApiOperation(
    @Nullable Part path, @Nullable Part query, @Nullable Part header, @Nullable Body body) {

  /**
   * The parameters that stand in one part of a request.
   *
   * @param schema of the object of all of them
   */
  record Part(RequestSchema schema, List<Declared> declared) {
    Part {
      declared = List.copyOf(declared);
    }
  }

  /**
   * A parameter.
   *
   * @param place which of the path's parameters it is, 0 in other parts
   */
  record Declared(String name, int place, Kind kind) {}

  /**
   * A body.
   *
   * @param required whether there has to be one
   * @param media what it may be, by type in lower case, which may be a range
   */
  record Body(boolean required, Map<String, Media> media) {
    Body {
      media = Map.copyOf(media);
    }

    /** What a body of this {@code Content-Type} has to be, null if there may be none of it. */
    @Nullable Media of(String contentType) {
      String type = type(contentType);
      Media exact = media.get(type);
      if (exact != null) {
        return exact;
      }
      int slash = type.indexOf('/');
      if (slash <= 0 || type.indexOf(',') >= 0 || type.indexOf(' ') >= 0) {
        return null; // two of them, of which a backend may take either, are in no range
      }
      Media range = media.get(type.substring(0, slash) + "/*");
      return range == null ? media.get("*/*") : range;
    }

    /** A media type without its parameters. */
    static String type(String contentType) {
      int end = contentType.indexOf(';');
      return (end < 0 ? contentType : contentType.substring(0, end))
          .strip()
          .toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What a body of some type has to be.
   *
   * @param schema null when any will do
   */
  record Media(@Nullable RequestSchema schema) {}

  /**
   * What is wrong with the parameters of a part, as {@link RequestSchema#faults} says it.
   *
   * @param part of {@link #path}
   * @param came the parameters of the path, as they came
   * @throws IllegalArgumentException if one cannot be decoded
   */
  static Set<String> pathFaults(Part part, List<String> came) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    long length = 0;
    for (Declared each : part.declared()) {
      String text = came.get(each.place());
      length += text.length();
      List<String> texts = new ArrayList<>();
      for (String item : items(text, each.kind())) {
        texts.add(PathTemplates.decoded(item));
      }
      object.set(each.name(), Parameters.value(texts, each.kind()));
    }
    return part.schema().faults(object, length);
  }

  /**
   * What is wrong with a query.
   *
   * @param part of {@link #query}
   * @throws IllegalArgumentException if it cannot be decoded
   */
  static Set<String> queryFaults(Part part, String query) {
    Map<String, List<String>> came = Parameters.values(query);
    if (came == null) {
      throw new IllegalArgumentException("cannot be decoded");
    }
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Declared each : part.declared()) {
      List<String> texts = came.get(each.name());
      if (texts != null) {
        object.set(each.name(), Parameters.value(texts, each.kind()));
      }
    }
    return part.schema().faults(object, query.length());
  }

  /**
   * What is wrong with a header.
   *
   * @param part of {@link #header}
   */
  static Set<String> headerFaults(Part part, Request request) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Declared each : part.declared()) {
      List<String> lines = request.headers(each.name());
      if (!lines.isEmpty()) {
        object.set(each.name(), field(lines, each.kind()));
      }
    }
    return part.schema().faults(object, 0);
  }

  private static JsonNode field(List<String> lines, Kind kind) {
    if (!kind.list()) {
      return Parameters.value(lines, kind);
    }
    List<String> texts = new ArrayList<>();
    for (String line : lines) {
      for (String item : items(line, kind)) {
        texts.add(item.strip());
      }
    }
    return Parameters.value(texts, kind);
  }

  /** Items of style {@code simple}, which stand between commas. */
  private static List<String> items(String text, Kind kind) {
    return kind.list() ? List.of(text.split(",", -1)) : List.of(text);
  }
}
