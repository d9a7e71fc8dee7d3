package dev.aegis.plugins;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.journal.Json;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Member;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A record as the type of JSON objects: their schema, and how they are read into it. Members are
 * called like the record's components, with {@code _} between words.
 */
final class ConfigType {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Constructor<?> constructor;
  private final RecordComponent[] components;

  private ConfigType(Constructor<?> constructor, RecordComponent[] components) {
    this.constructor = constructor;
    this.components = components;
  }

  /**
   * The type of a record.
   *
   * @throws IllegalArgumentException if it is none that can be used
   */
  static ConfigType of(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException(type.getName() + " is no record");
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return new ConfigType(type.getConstructor(types), components);
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(type.getName() + " is not public");
    }
  }

  /** Puts the JSON Schema of its objects into {@code schema}. */
  void describe(ObjectNode schema) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    List<String> required = new ArrayList<>();
    for (RecordComponent component : components) {
      Member member = component.getAnnotation(Member.class);
      ObjectNode property = properties.putObject(name(component));
      MemberType.describe(component.getGenericType(), member, property);
      if (member != null) {
        property.put("description", member.value());
      }
      if (secret(component)) {
        property.put("writeOnly", true);
      }
      if (member != null && !member.otherwise().isEmpty()) {
        property.set("default", json(member.otherwise()));
      } else if (MemberType.absent(component.getGenericType()) == null) {
        required.add(name(component));
      }
    }
    required.forEach(name -> schema.withArray("required").add(name));
    schema.put("additionalProperties", false);
  }

  /**
   * Reads an object, or says in {@code violations} why it is none.
   *
   * @param field where it stands, a JSON Pointer
   */
  @Nullable Object read(ObjectNode object, String field, List<Violation> violations) {
    int before = violations.size();
    List<String> names = Arrays.stream(components).map(ConfigType::name).toList();
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                String near = NearName.of(name, names);
                String hint = near == null ? "" : "; did you mean \"" + near + "\"?";
                violations.add(new Violation(field + '/' + name, "is not known" + hint));
              }
            });
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = read(components[i], object, field, violations);
    }
    if (violations.size() > before) {
      return null;
    }
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException why) {
        violations.add(new Violation(field, String.valueOf(why.getMessage())));
        return null;
      }
      throw new IllegalArgumentException("its configuration cannot be made: " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("its configuration cannot be made: " + e, e);
    }
  }

  private static @Nullable Object read(
      RecordComponent component, ObjectNode object, String field, List<Violation> violations) {
    Member member = component.getAnnotation(Member.class);
    String at = field + '/' + name(component);
    JsonNode value = object.get(name(component));
    if (value == null && member != null && !member.otherwise().isEmpty()) {
      value = json(member.otherwise());
    }
    if (value != null) {
      return MemberType.read(component.getGenericType(), member, value, at, violations);
    }
    Object absent = MemberType.absent(component.getGenericType());
    if (absent == null) {
      violations.add(new Violation(at, "is required"));
    }
    return absent;
  }

  /** A default is JSON, or else a word that needs no quotes. */
  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }

  /** Whether a member is sealed where it is kept, and never shown. */
  static boolean secret(RecordComponent component) {
    Member member = component.getAnnotation(Member.class);
    return member != null && member.secret();
  }

  /** What a component is called in JSON. */
  static String name(RecordComponent component) {
    StringBuilder name = new StringBuilder();
    for (char c : component.getName().toCharArray()) {
      name.append(Character.isUpperCase(c) ? "_" : "").append(c);
    }
    return name.toString().toLowerCase(Locale.ROOT);
  }

  /** The whole schema of a plugin's configuration. */
  static ObjectNode schema(Class<?> type, String description) {
    ObjectNode schema = Json.object();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("description", description);
    of(type).describe(schema);
    return schema;
  }
}
