package dev.aegis.admin.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.SealedMember;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What lies between two versions of a document, as a list of {@code {"op","path","from","value"}}:
 * the operations {@code add}, {@code remove} and {@code replace} of JSON Patch (RFC 6902), with the
 * old value beside the new one. Lists are compared as a whole, a secret is shown as changed and
 * nothing else.
 */
public final class Difference {
  private static final JsonNode REDACTED = TextNode.valueOf("[redacted]");

  private Difference() {}

  /**
   * The difference from {@code before} to {@code after}, null standing for an absent document.
   *
   * @param kind tells which members are secret
   */
  public static ArrayNode between(
      Kind kind, @Nullable ObjectNode before, @Nullable ObjectNode after) {
    ArrayNode operations = Json.object().arrayNode();
    if (before == null || after == null) {
      if (before != null || after != null) {
        note(operations, "", redacted(kind, before), redacted(kind, after));
      }
      return operations;
    }
    List<String> secrets = kind.secrets().stream().map(secret -> "/" + secret).toList();
    compare(operations, "", before, after, secrets);
    return operations;
  }

  private static void compare(
      ArrayNode operations,
      String pointer,
      ObjectNode before,
      ObjectNode after,
      List<String> secrets) {
    for (Map.Entry<String, JsonNode> member : before.properties()) {
      String name = member.getKey();
      String at = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
      JsonNode old = member.getValue();
      JsonNode now = after.get(name);
      if (old.equals(now)) {
        continue;
      }
      if (secrets.contains(at) || SealedMember.is(old) || SealedMember.is(now)) {
        note(operations, at, REDACTED, now == null ? null : REDACTED);
      } else if (old instanceof ObjectNode oldObject && now instanceof ObjectNode nowObject) {
        compare(operations, at, oldObject, nowObject, secrets);
      } else {
        note(operations, at, redacted(at, old, secrets), redacted(at, now, secrets));
      }
    }
    for (Map.Entry<String, JsonNode> member : after.properties()) {
      String name = member.getKey();
      if (!before.has(name)) {
        String at = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
        note(operations, at, null, redacted(at, member.getValue(), secrets));
      }
    }
  }

  private static void note(
      ArrayNode operations, String pointer, @Nullable JsonNode from, @Nullable JsonNode value) {
    ObjectNode operation = operations.addObject();
    operation.put("op", from == null ? "add" : value == null ? "remove" : "replace");
    operation.put("path", pointer);
    if (from != null) {
      operation.set("from", from.deepCopy());
    }
    if (value != null) {
      operation.set("value", value.deepCopy());
    }
  }

  /** A value that may be a secret, or hold some. */
  private static @Nullable JsonNode redacted(
      String at, @Nullable JsonNode value, List<String> secrets) {
    if (value != null && secrets.contains(at)) {
      return REDACTED;
    }
    JsonNode known = value == null ? null : SealedMember.redacted(value);
    if (!(known instanceof ObjectNode object)) {
      return known;
    }
    ObjectNode shown = object.deepCopy();
    for (String secret : secrets) {
      if (secret.startsWith(at + "/")) {
        String within = secret.substring(at.length());
        int last = within.lastIndexOf('/');
        if (shown.at(within.substring(0, last)) instanceof ObjectNode owner
            && owner.has(within.substring(last + 1))) {
          owner.set(within.substring(last + 1), REDACTED);
        }
      }
    }
    return shown;
  }

  private static @Nullable JsonNode redacted(Kind kind, @Nullable ObjectNode document) {
    return document == null ? null : Documents.shown(kind, document);
  }
}
