package dev.aegis.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.SealedMember;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The secret members in the configurations of one plugin's object, found by the type of the
 * configuration: each is sealed as a whole.
 */
final class SecretMembers {
  private final Class<?> type;
  private final MasterKey key;
  private final ObjectKey owner;

  /**
   * @param type the record that configurations are read into
   * @param key seals and opens them
   * @param owner the object that they are sealed for
   */
  SecretMembers(Class<?> type, MasterKey key, ObjectKey owner) {
    this.type = type;
    this.key = key;
    this.owner = owner;
  }

  /** What is done with one. */
  private interface Visit {
    void at(ObjectNode holder, String name, String field);
  }

  /**
   * Seals those of {@code config} that stand there in clear, and takes from {@code before} those
   * that do not stand there.
   *
   * @param before the same object's configuration as it is kept, or null
   */
  void seal(ObjectNode config, @Nullable ObjectNode before) {
    if (before != null) {
      keep(type, config, before);
    }
    each(
        type,
        config,
        "",
        (holder, name, field) -> {
          JsonNode value = holder.path(name);
          if (!value.isMissingNode() && !value.isNull() && !SealedMember.is(value)) {
            holder.set(name, SealedMember.seal(key, owner, value));
          }
        });
  }

  /**
   * A configuration with its secrets in clear, also those that have stood there in clear before
   * their plugin said that they are secret.
   *
   * @throws SealedForOthers when one cannot be opened
   */
  Opened open(ObjectNode config) {
    ObjectNode clear = config.deepCopy();
    List<String> texts = new ArrayList<>();
    each(
        type,
        clear,
        "",
        (holder, name, field) -> {
          JsonNode value = holder.path(name);
          if (SealedMember.is(value)) {
            try {
              value = SealedMember.open(key, owner, value);
            } catch (IllegalArgumentException e) {
              throw new SealedForOthers(field, String.valueOf(e.getMessage()));
            }
            holder.set(name, value);
          }
          texts(value, texts);
        });
    return new Opened(clear, texts);
  }

  /** One cannot be opened by this process, or for this object. */
  static final class SealedForOthers extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String field;

    SealedForOthers(String field, String why) {
      super(why);
      this.field = field;
    }

    /** Where it stands, a JSON Pointer. */
    String field() {
      return field;
    }
  }

  private static void texts(JsonNode value, List<String> texts) {
    if ((value.isTextual() || value.isNumber()) && !value.asText().isEmpty()) {
      texts.add(value.asText());
    }
    value.forEach(each -> texts(each, texts));
  }

  private static void each(Type type, @Nullable JsonNode value, String field, Visit visit) {
    if (type instanceof Class<?> of && of.isRecord() && value instanceof ObjectNode object) {
      for (RecordComponent component : of.getRecordComponents()) {
        String name = ConfigType.name(component);
        String at = field + '/' + name;
        if (ConfigType.secret(component)) {
          visit.at(object, name, at);
        } else {
          each(component.getGenericType(), object.get(name), at, visit);
        }
      }
    } else if (MemberType.isList(type) && value instanceof ArrayNode items) {
      for (int i = 0; i < items.size(); i++) {
        each(inner(type), items.get(i), field + '/' + i, visit);
      }
    } else if (MemberType.isMap(type) && value instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        String at = field + '/' + entry.getKey().replace("~", "~0").replace("/", "~1");
        each(inner(type), entry.getValue(), at, visit);
      }
    }
  }

  private void keep(Type type, @Nullable JsonNode value, @Nullable JsonNode before) {
    if (type instanceof Class<?> of
        && of.isRecord()
        && value instanceof ObjectNode object
        && before instanceof ObjectNode old) {
      for (RecordComponent component : of.getRecordComponents()) {
        String name = ConfigType.name(component);
        if (ConfigType.secret(component)) {
          keep(object, name, old.get(name));
        } else {
          keep(component.getGenericType(), object.get(name), old.get(name));
        }
      }
    } else if (MemberType.isList(type)
        && value instanceof ArrayNode items
        && before instanceof ArrayNode old) {
      keepItems(inner(type), items, old);
    } else if (MemberType.isMap(type)
        && value instanceof ObjectNode object
        && before instanceof ObjectNode old) {
      object
          .properties()
          .forEach(entry -> keep(inner(type), entry.getValue(), old.get(entry.getKey())));
    }
  }

  private void keep(ObjectNode holder, String name, @Nullable JsonNode kept) {
    JsonNode given = holder.path(name);
    if (kept != null
        && (given.isMissingNode() || given.isNull() || given.equals(kept) || opens(kept, given))) {
      holder.set(name, kept.deepCopy());
    }
  }

  /** An item keeps the secrets of one of which all else is the same, wherever that stood. */
  private void keepItems(Type item, ArrayNode items, ArrayNode before) {
    List<JsonNode> left = new ArrayList<>();
    before.forEach(left::add);
    for (JsonNode each : items) {
      JsonNode shown = shown(item, each);
      for (int i = 0; i < left.size(); i++) {
        if (shown.equals(shown(item, left.get(i)))) {
          keep(item, each, left.remove(i));
          break;
        }
      }
    }
  }

  private static JsonNode shown(Type item, JsonNode value) {
    JsonNode shown = value.deepCopy();
    each(item, shown, "", (holder, name, field) -> holder.remove(name));
    return shown;
  }

  private boolean opens(JsonNode kept, JsonNode given) {
    try {
      return SealedMember.is(kept) && SealedMember.open(key, owner, kept).equals(given);
    } catch (IllegalArgumentException e) {
      return false; // what is sent anew replaces it
    }
  }

  private static Type inner(Type type) {
    Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
    return arguments[arguments.length - 1];
  }
}
