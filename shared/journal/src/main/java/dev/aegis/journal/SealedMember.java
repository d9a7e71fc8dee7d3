package dev.aegis.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * A value in the configuration of a plugin as the journal holds it when it is secret: {@code
 * {"$sealed":{"key_id":…,"ciphertext":…}}}, any JSON sealed as a text. It says itself what it is,
 * so that it is not shown either where its plugin is not known any more.
 */
public final class SealedMember {
  private static final String MARK = "$sealed";
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final TextNode REDACTED = TextNode.valueOf("[redacted]");

  private SealedMember() {}

  /** Whether {@code value} is one, be it whole or not. */
  public static boolean is(@Nullable JsonNode value) {
    return value != null && value.isObject() && value.size() == 1 && value.has(MARK);
  }

  /** Seals {@code value} for the object {@code owner}. */
  public static ObjectNode seal(MasterKey key, ObjectKey owner, JsonNode value) {
    String text = new String(Json.write(value), StandardCharsets.UTF_8);
    return Json.object().set(MARK, key.seal(owner, text).toJson());
  }

  /**
   * The value in {@code sealed}, in clear.
   *
   * @throws IllegalArgumentException when it was sealed under another key, for another object, or
   *     was changed; the message does not repeat it
   */
  public static JsonNode open(MasterKey key, ObjectKey owner, JsonNode sealed) {
    JsonNode kept = sealed.path(MARK);
    String text =
        key.open(
            owner,
            new SealedSecret(kept.path("key_id").asText(), kept.path("ciphertext").asText()));
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException("what is sealed is no JSON");
    }
  }

  /** Whether there is one in {@code value}. */
  public static boolean in(JsonNode value) {
    if (is(value)) {
      return true;
    }
    for (JsonNode each : value) {
      if (in(each)) {
        return true;
      }
    }
    return false;
  }

  /** A copy without any, as it may be shown. */
  public static ObjectNode without(ObjectNode config) {
    ObjectNode shown = config.deepCopy();
    remove(shown);
    return shown;
  }

  private static void remove(JsonNode value) {
    for (Iterator<JsonNode> each = value.iterator(); each.hasNext(); ) {
      JsonNode one = each.next();
      if (is(one)) {
        each.remove();
      } else {
        remove(one);
      }
    }
  }

  /** A copy that shows where they are, and nothing of them. */
  public static JsonNode redacted(JsonNode value) {
    if (is(value)) {
      return REDACTED;
    }
    if (value instanceof ObjectNode object) {
      ObjectNode shown = Json.object();
      object.properties().forEach(each -> shown.set(each.getKey(), redacted(each.getValue())));
      return shown;
    }
    if (value instanceof ArrayNode array) {
      ArrayNode shown = array.arrayNode();
      array.forEach(each -> shown.add(redacted(each)));
      return shown;
    }
    return value;
  }
}
