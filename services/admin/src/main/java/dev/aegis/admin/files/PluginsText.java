package dev.aegis.admin.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Ids;
import dev.aegis.model.NearName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The text of the file: {@code {"plugins":[{"id","plugin","enabled","order","scope":{"tenant",
 * "route","upstream"},"config":{}}]}}. Objects are compared in the journal's form, with every
 * default written down, so that how somebody lays the text out is no change.
 */
final class PluginsText {
  private static final String PLUGINS = "plugins";
  private static final String ID = "id";
  private static final String SCOPE = "scope";
  private static final String TENANT = "tenant";
  private static final String ROUTE = "route";
  private static final String UPSTREAM = "upstream";

  private static final List<String> TOP = List.of(PLUGINS);
  private static final List<String> PLAIN = List.of("plugin", "enabled", "order", "config");
  private static final List<String> MEMBERS =
      List.of(ID, "plugin", "enabled", "order", SCOPE, "config");
  private static final List<String> SCOPES = List.of(TENANT, ROUTE, UPSTREAM);

  /** The installation's first, then each tenant's. */
  static final Comparator<ObjectKey> ORDER =
      Comparator.comparing((ObjectKey key) -> key.tenant() == null ? "" : key.tenant())
          .thenComparing(ObjectKey::id);

  private PluginsText() {}

  /** What a text comes to. */
  sealed interface Reading {
    /** Objects in the journal's form. Whether they can stand is for others to say. */
    record Understood(SortedMap<ObjectKey, ObjectNode> objects) implements Reading {}

    /** It says nothing, for all these reasons. */
    record Broken(List<String> faults) implements Reading {
      public Broken {
        faults = List.copyOf(faults);
      }
    }
  }

  static Reading read(byte[] text) {
    ObjectNode document;
    try {
      document = Json.readObject(text);
    } catch (IOException e) {
      return new Reading.Broken(List.of(String.valueOf(e.getMessage())));
    }
    List<String> faults = new ArrayList<>();
    unknown(document, TOP, "", faults);
    SortedMap<ObjectKey, ObjectNode> objects = new TreeMap<>(ORDER);
    if (document.get(PLUGINS) instanceof ArrayNode items) {
      for (int i = 0; i < items.size(); i++) {
        item(items.get(i), "/plugins/" + i, objects, faults);
      }
    } else {
      faults.add("/plugins must be an array");
    }
    return faults.isEmpty() ? new Reading.Understood(objects) : new Reading.Broken(faults);
  }

  private static void item(
      JsonNode node, String at, SortedMap<ObjectKey, ObjectNode> objects, List<String> faults) {
    if (!(node instanceof ObjectNode item)) {
      faults.add(at + " must be an object");
      return;
    }
    int before = faults.size();
    unknown(item, MEMBERS, at, faults);
    String id = item.path(ID).textValue();
    if (id == null || !Ids.isObject(id)) {
      faults.add(at + "/id must be " + Ids.OBJECT_RULE);
    }
    ObjectNode scope = Json.object();
    switch (item.get(SCOPE)) {
      case null -> {}
      case ObjectNode given -> scope = given;
      case JsonNode other -> {
        if (!other.isNull()) {
          faults.add(at + "/scope must be an object");
        }
      }
    }
    unknown(scope, SCOPES, at + "/scope", faults);
    for (String name : SCOPES) {
      JsonNode value = scope.path(name);
      if (!value.isMissingNode() && !value.isNull() && !value.isTextual()) {
        faults.add(at + "/scope/" + name + " must be an id or null");
      }
    }
    String tenant = scope.path(TENANT).textValue();
    if (tenant != null && !Ids.isTenant(tenant)) {
      faults.add(at + "/scope/tenant must be " + Ids.TENANT_RULE);
    }
    if (id == null || faults.size() > before) {
      return;
    }
    ObjectNode sent = Json.object();
    for (String name : PLAIN) {
      JsonNode value = item.get(name);
      if (value != null) {
        sent.set(name, value);
      }
    }
    for (String name : List.of(ROUTE, UPSTREAM)) {
      sent.put(name, scope.path(name).textValue());
    }
    ObjectKey key = new ObjectKey(Kind.PLUGIN, tenant, id);
    if (objects.put(key, Documents.complete(Kind.PLUGIN, id, sent)) != null) {
      faults.add(at + " is " + key + ", which stands there already");
    }
  }

  private static void unknown(ObjectNode node, List<String> known, String at, List<String> faults) {
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      String name = member.getKey();
      if (!known.contains(name)) {
        String near = NearName.of(name, known);
        faults.add(
            at
                + "/"
                + name
                + " is unknown"
                + (near == null ? "" : "; did you mean \"" + near + "\"?"));
      }
    }
  }

  /** The object as the file can say it, of the form that the journal has, without its secrets. */
  static ObjectNode sayable(ObjectKey key, ObjectNode body) {
    ObjectNode sent = Json.object();
    ObjectNode shown = Documents.shown(Kind.PLUGIN, body);
    for (String name : PLAIN) {
      copy(shown, name, sent);
    }
    copy(body, ROUTE, sent);
    copy(body, UPSTREAM, sent);
    return Documents.complete(Kind.PLUGIN, key.id(), sent);
  }

  static byte[] write(SortedMap<ObjectKey, ObjectNode> objects) {
    ObjectNode document = Json.object();
    ArrayNode items = document.putArray(PLUGINS);
    for (Map.Entry<ObjectKey, ObjectNode> object : objects.entrySet()) {
      ObjectNode body = object.getValue();
      ObjectNode item = items.addObject();
      item.put(ID, object.getKey().id());
      copy(body, "plugin", item);
      copy(body, "enabled", item);
      copy(body, "order", item);
      ObjectNode scope = item.putObject(SCOPE);
      scope.put(TENANT, object.getKey().tenant());
      copy(body, ROUTE, scope);
      copy(body, UPSTREAM, scope);
      copy(body, "config", item);
    }
    return Json.pretty(document);
  }

  private static void copy(ObjectNode from, String name, ObjectNode to) {
    JsonNode value = from.get(name);
    if (value != null) {
      to.set(name, value.deepCopy());
    }
  }
}
