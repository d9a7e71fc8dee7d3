package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object member by member and collects everything that is wrong with it.
 *
 * <p>A reader never stops at the first mistake: it notes the {@link Violation} and goes on with a
 * harmless value, so one answer lists them all. {@link #done} then notes members that nobody asked
 * for, with the near name.
 */
public final class Fields {
  /** Most members that one list may have. */
  private static final int MAX_ITEMS = 1_000;

  private static final int MAX_TEXT = 4_096;

  private static final int MAX_TIME = 40;

  private final ObjectNode node;
  private final String pointer;
  private final List<Violation> violations;

  /** Names that somebody asked for: so few that a list is faster than a set. */
  private final List<String> known = new ArrayList<>();

  /**
   * @param node the object to read
   * @param pointer JSON Pointer of the object in the document, {@code ""} for the root
   * @param violations where mistakes are noted
   */
  public Fields(ObjectNode node, String pointer, List<Violation> violations) {
    this.node = node;
    this.pointer = pointer;
    this.violations = violations;
  }

  /** Notes that {@code name} is wrong. */
  public void reject(String name, String message) {
    violations.add(
        new Violation(pointer + "/" + name.replace("~", "~0").replace("/", "~1"), message));
  }

  /** A text that must be there; {@code ""} when it is not. */
  public String text(String name) {
    return text(name, MAX_TEXT);
  }

  /** A text of at most {@code most} characters that must be there; {@code ""} when it is not. */
  public String text(String name, int most) {
    String value = optionalText(name, most);
    if (value == null) {
      if (absent(name)) {
        reject(name, "is required");
      }
      return "";
    }
    if (value.isEmpty()) {
      reject(name, "must not be empty");
    }
    return value;
  }

  /** A text, {@code otherwise} when missing. */
  public String textOr(String name, String otherwise) {
    String value = optionalText(name);
    return value == null ? otherwise : value;
  }

  /** A text, null when missing. */
  public @Nullable String optionalText(String name) {
    return optionalText(name, MAX_TEXT);
  }

  /** A text of at most {@code most} characters, null when missing. */
  public @Nullable String optionalText(String name, int most) {
    JsonNode value = take(name);
    if (value == null) {
      return null;
    }
    if (!value.isTextual() || value.textValue().length() > most) {
      reject(name, "must be a string of at most " + most + " characters");
      return null;
    }
    return value.textValue();
  }

  /** One of a closed list of words. */
  public String oneOf(String name, String otherwise, List<String> allowed) {
    String value = textOr(name, otherwise);
    if (!allowed.contains(value)) {
      reject(name, "must be one of " + String.join(", ", allowed));
      return otherwise;
    }
    return value;
  }

  /** A whole number within bounds, {@code otherwise} when missing. */
  public long number(String name, long otherwise, long least, long most) {
    JsonNode value = take(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      reject(name, "must be a whole number from " + least + " to " + most);
      return otherwise;
    }
    return value.longValue();
  }

  /** A whole number within bounds that must be there. */
  public long requiredNumber(String name, long least, long most) {
    if (absent(name)) {
      take(name);
      reject(name, "is required");
      return least;
    }
    return number(name, least, least, most);
  }

  /** A time (RFC 3339), null when missing. */
  public @Nullable Instant time(String name) {
    JsonNode value = take(name);
    if (value == null) {
      return null;
    }
    try {
      if (value.isTextual() && value.textValue().length() <= MAX_TIME) {
        return OffsetDateTime.parse(value.textValue()).toInstant();
      }
    } catch (DateTimeParseException e) {
      // Said below, as for what is no text at all.
    }
    reject(name, "must be a time such as 2030-01-01T00:00:00Z");
    return null;
  }

  /** True or false. */
  public boolean flag(String name, boolean otherwise) {
    JsonNode value = take(name);
    if (value == null) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      reject(name, "must be true or false");
      return otherwise;
    }
    return value.booleanValue();
  }

  /** A list of non-empty texts, empty when missing. */
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : items(name)) {
      if (!item.isTextual() || item.textValue().isEmpty() || item.textValue().length() > MAX_TEXT) {
        reject(name, "must hold non-empty strings of at most " + MAX_TEXT + " characters");
        return List.of();
      }
      texts.add(item.textValue());
    }
    return List.copyOf(texts);
  }

  /** A list of whole numbers within bounds, empty when missing. */
  public List<Integer> numbers(String name, int least, int most) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode item : items(name)) {
      if (!item.isInt() || item.intValue() < least || item.intValue() > most) {
        reject(name, "must hold whole numbers from " + least + " to " + most);
        return List.of();
      }
      numbers.add(item.intValue());
    }
    return List.copyOf(numbers);
  }

  /** A list of objects, each read by {@code reader}; empty when missing. */
  public <T> List<T> objects(String name, Function<Fields, T> reader) {
    List<T> read = new ArrayList<>();
    int index = 0;
    for (JsonNode item : items(name)) {
      String at = name + "/" + index++;
      if (item instanceof ObjectNode object) {
        Fields fields = new Fields(object, pointer + "/" + at, violations);
        read.add(reader.apply(fields));
        fields.done();
      } else {
        violations.add(new Violation(pointer + "/" + at, "must be an object"));
      }
    }
    return List.copyOf(read);
  }

  /** One nested object read by {@code reader}; it reads an empty one when missing. */
  public <T> T object(String name, Function<Fields, T> reader) {
    JsonNode value = take(name);
    List<Violation> within = violations;
    if (value != null && !(value instanceof ObjectNode)) {
      reject(name, "must be an object");
      // What it would lack as an object is not worth a word.
      within = new ArrayList<>();
    }
    ObjectNode object = value instanceof ObjectNode present ? present : node.objectNode();
    Fields fields = new Fields(object, pointer + "/" + name, within);
    T read = reader.apply(fields);
    fields.done();
    return read;
  }

  /** Notes {@code name} as a member that may be there, for whoever does not read it. */
  void knows(String name) {
    known.add(name);
  }

  /** A free object as it stands, empty when missing. */
  public ObjectNode tree(String name) {
    JsonNode value = take(name);
    if (value == null) {
      return node.objectNode();
    }
    if (value instanceof ObjectNode object) {
      return object.deepCopy();
    }
    reject(name, "must be an object");
    return node.objectNode();
  }

  /**
   * A list of values, each read by {@code reader}, whose {@link IllegalArgumentException} is what
   * is wrong with the item; empty when missing.
   */
  public <T> List<T> values(String name, Function<JsonNode, T> reader) {
    List<T> read = new ArrayList<>();
    int index = 0;
    for (JsonNode item : items(name)) {
      try {
        read.add(reader.apply(item));
      } catch (IllegalArgumentException e) {
        violations.add(
            new Violation(pointer + "/" + name + "/" + index, String.valueOf(e.getMessage())));
      }
      index++;
    }
    return List.copyOf(read);
  }

  /** An object whose values are all texts, in document order; empty when missing. */
  public Map<String, String> textMap(String name) {
    if (absent(name)) {
      known.add(name);
      return Map.of();
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : tree(name).properties()) {
      if (!entry.getValue().isTextual()) {
        reject(name, "must hold only strings");
        return Map.of();
      }
      texts.put(entry.getKey(), entry.getValue().textValue());
    }
    return Collections.unmodifiableMap(texts);
  }

  /** Notes {@code name} as known but not yet usable when it is given a value that matters. */
  public void unavailable(String name) {
    JsonNode value = take(name);
    if (value != null && !value.isEmpty()) {
      reject(name, "is not available in this version");
    } else if (value != null && value.isValueNode()) {
      reject(name, "is not available in this version");
    }
  }

  /** Whether the member is missing or null. */
  public boolean absent(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull();
  }

  /** Whether the member is a text. */
  public boolean isText(String name) {
    return node.path(name).isTextual();
  }

  /** How many items a list has; 0 when it is missing, or no list. */
  public int size(String name) {
    return node.path(name).isArray() ? node.path(name).size() : 0;
  }

  /** Notes each member that no reader asked for. */
  public void done() {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String name = entry.getKey();
      if (!known.contains(name)) {
        String near = NearName.of(name, known);
        reject(name, near == null ? "is unknown" : "is unknown; did you mean \"" + near + "\"?");
      }
    }
  }

  private Iterable<JsonNode> items(String name) {
    JsonNode value = take(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > MAX_ITEMS) {
      reject(name, "must be a list of at most " + MAX_ITEMS + " items");
      return List.of();
    }
    return value;
  }

  private @Nullable JsonNode take(String name) {
    known.add(name);
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }
}
