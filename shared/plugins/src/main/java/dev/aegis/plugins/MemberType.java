package dev.aegis.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Member;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One type that members of a plugin's configuration can have: its schema, and how it is read. */
final class MemberType {
  private MemberType() {}

  /**
   * Puts the JSON Schema of {@code type} into {@code schema}.
   *
   * @throws IllegalArgumentException if members cannot have this type
   */
  static void describe(Type type, @Nullable Member member, ObjectNode schema) {
    if (type == String.class) {
      schema.put("type", "string");
    } else if (type == boolean.class) {
      schema.put("type", "boolean");
    } else if (type == int.class || type == long.class) {
      schema.put("type", "integer");
      bounds(type, member, schema);
    } else if (type == double.class) {
      schema.put("type", "number");
    } else if (type == JsonNode.class) {
      schema.put("title", "Any JSON"); // which needs no type to say so
    } else if (type instanceof Class<?> of && of.isEnum()) {
      schema.put("type", "string");
      for (Object constant : of.getEnumConstants()) {
        schema.withArray("enum").add(word(constant));
      }
    } else if (type instanceof Class<?> of && of.isRecord()) {
      ConfigType.of(of).describe(schema);
    } else if (type instanceof ParameterizedType of && of.getRawType() == List.class) {
      schema.put("type", "array");
      describe(of.getActualTypeArguments()[0], null, schema.putObject("items"));
    } else if (isMap(type) && type instanceof ParameterizedType of) {
      schema.put("type", "object");
      describe(of.getActualTypeArguments()[1], null, schema.putObject("additionalProperties"));
    } else if (type != Object.class) { // which may be anything
      throw new IllegalArgumentException("a configuration cannot have a " + type.getTypeName());
    }
  }

  private static void bounds(Type type, @Nullable Member member, ObjectNode schema) {
    schema.put("minimum", least(type, member));
    schema.put("maximum", most(type, member));
  }

  private static long least(Type type, @Nullable Member member) {
    long bound = type == int.class ? Integer.MIN_VALUE : Long.MIN_VALUE;
    return member == null ? bound : Math.max(bound, member.least());
  }

  private static long most(Type type, @Nullable Member member) {
    long bound = type == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE;
    return member == null ? bound : Math.min(bound, member.most());
  }

  /**
   * Reads a value, or says in {@code violations} why it is none.
   *
   * @param field where it stands, a JSON Pointer
   */
  static @Nullable Object read(
      Type type,
      @Nullable Member member,
      JsonNode value,
      String field,
      List<Violation> violations) {
    if (type == Object.class && !value.isNull()) {
      return AnyJson.read(value);
    } else if (type == JsonNode.class) {
      return value;
    } else if (type == String.class && value.isTextual()) {
      return value.textValue();
    } else if (type == boolean.class && value.isBoolean()) {
      return value.booleanValue();
    } else if ((type == int.class || type == long.class)
        && value.isIntegralNumber()
        && value.canConvertToLong()
        && value.longValue() >= least(type, member)
        && value.longValue() <= most(type, member)) {
      return type == int.class ? (Object) value.intValue() : (Object) value.longValue();
    } else if (type == double.class && value.isNumber() && Double.isFinite(value.doubleValue())) {
      return value.doubleValue();
    } else if (type instanceof Class<?> of && of.isEnum()) {
      for (Object constant : of.getEnumConstants()) {
        if (word(constant).equals(value.textValue())) {
          return constant;
        }
      }
    } else if (type instanceof Class<?> of && of.isRecord() && value instanceof ObjectNode object) {
      return ConfigType.of(of).read(object, field, violations);
    } else if (type instanceof ParameterizedType of
        && of.getRawType() == List.class
        && value.isArray()) {
      List<Object> read = new ArrayList<>();
      for (int i = 0; i < value.size(); i++) {
        Object one =
            read(of.getActualTypeArguments()[0], null, value.get(i), field + '/' + i, violations);
        if (one != null) {
          read.add(one);
        }
      }
      return List.copyOf(read);
    } else if (isMap(type) && type instanceof ParameterizedType of && value.isObject()) {
      Map<String, Object> read = new LinkedHashMap<>();
      value
          .properties()
          .forEach(
              entry -> {
                String at = field + '/' + entry.getKey().replace("~", "~0").replace("/", "~1");
                Object one =
                    read(of.getActualTypeArguments()[1], null, entry.getValue(), at, violations);
                if (one != null) {
                  read.put(entry.getKey(), one);
                }
              });
      return Collections.unmodifiableMap(read);
    }
    violations.add(new Violation(field, "must be " + wanted(type, member)));
    return null;
  }

  /** What stands for a member that is not there, null if there has to be one. */
  static @Nullable Object absent(Type type) {
    if (isList(type)) {
      return List.of();
    }
    return isMap(type) ? Map.of() : null;
  }

  private static String wanted(Type type, @Nullable Member member) {
    if (type == int.class || type == long.class) {
      return "a whole number from " + least(type, member) + " to " + most(type, member);
    } else if (type instanceof Class<?> of && of.isEnum()) {
      List<String> words = new ArrayList<>();
      for (Object constant : of.getEnumConstants()) {
        words.add(word(constant));
      }
      return "one of " + String.join(", ", words);
    } else if (type == String.class) {
      return "a string";
    } else if (type == boolean.class) {
      return "true or false";
    } else if (type == double.class) {
      return "a number";
    }
    return isList(type) ? "an array" : "an object";
  }

  private static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  static boolean isList(Type type) {
    return type instanceof ParameterizedType generic && generic.getRawType() == List.class;
  }

  static boolean isMap(Type type) {
    return type instanceof ParameterizedType generic
        && generic.getRawType() == Map.class
        && generic.getActualTypeArguments()[0] == String.class;
  }
}
