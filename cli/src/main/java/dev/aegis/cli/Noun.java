package dev.aegis.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A kind of object that commands manage: its path in the admin API and its columns in a list. */
enum Noun {
  TENANT("tenant"),
  UPSTREAM("upstream"),
  ROUTE("route"),
  ISSUER("issuer"),
  ROLE("role"),
  BINDING("binding"),
  PLUGIN("plugin"),
  WEBHOOK("webhook"),
  KEY("key"),
  OPERATOR("operator");

  private final String word;

  Noun(String word) {
    this.word = word;
  }

  private List<String> columns() {
    return switch (this) {
      case TENANT -> List.of("id", "name", "kind", "parent", "status", "tier", "hosts");
      case UPSTREAM -> List.of("id", "service", "targets", "load_balancing");
      case ROUTE -> List.of("id", "methods", "paths", "upstream", "auth", "priority");
      case ISSUER -> List.of("id", "issuer", "algorithms", "jwks_url");
      case ROLE -> List.of("id", "permissions", "inherits");
      case BINDING -> List.of("id", "subject", "group", "roles");
      case PLUGIN -> List.of("id", "plugin", "enabled", "order", "route", "upstream");
      case WEBHOOK -> List.of("id", "url", "events", "enabled");
      case KEY ->
          List.of("id", "name", "subject", "roles", "expires_at", "last_used_at", "secrets");
      case OPERATOR -> List.of("id", "name", "role", "tenant", "enabled", "expires_at", "secrets");
    };
  }

  String word() {
    return word;
  }

  String collection() {
    return this == KEY ? "api-keys" : word + "s";
  }

  /** Whether its objects are reached only through a tenant. Plugins may stand outside of one. */
  boolean needsTenant() {
    return this != TENANT && this != PLUGIN && this != OPERATOR;
  }

  /** Whether its objects can be reached through a tenant. */
  boolean takesTenant() {
    return needsTenant() || this == PLUGIN;
  }

  /** Path of the collection. */
  String path(@Nullable String tenant) {
    return !takesTenant() || tenant == null
        ? "/admin/" + collection()
        : "/admin/tenants/" + AdminClient.segment(tenant) + "/" + collection();
  }

  String path(@Nullable String tenant, String id) {
    return path(tenant) + "/" + AdminClient.segment(id);
  }

  /** The objects as a table. */
  String table(List<JsonNode> objects) {
    List<String> columns = columns();
    Table table = new Table(columns);
    for (JsonNode object : objects) {
      table.row(columns.stream().map(column -> cell(object.path(column))).toList());
    }
    return table.text();
  }

  /** One object, a line for each member. */
  static String sheet(JsonNode object) {
    Table table = new Table(List.of("field", "value"));
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      table.row(List.of(member.getKey(), cell(member.getValue())));
    }
    return table.text();
  }

  private static String cell(JsonNode value) {
    if (value.isMissingNode() || value.isNull() || value.isContainerNode() && value.isEmpty()) {
      return "-";
    }
    if (value.isArray()) {
      List<String> cells = new ArrayList<>();
      value.forEach(element -> cells.add(element.isObject() ? brief(element) : element.asText()));
      return String.join(", ", cells);
    }
    return value.isObject() ? value.toString() : value.asText();
  }

  /** The kinds of object within an object that lists are full of. */
  private static String brief(JsonNode object) {
    if (object.has("url")) {
      return object.path("url").asText()
          + (object.path("weight").asInt(1) == 1 ? "" : " ×" + object.path("weight").asInt());
    }
    if (object.has("last_four")) {
      return object.path("prefix").asText() + "…" + object.path("last_four").asText();
    }
    if (object.has("paths")) {
      String methods = object.path("methods").isEmpty() ? "*" : cell(object.path("methods"));
      return (object.path("effect").asText().equals("deny") ? "not " : "")
          + methods
          + " "
          + cell(object.path("paths"));
    }
    return object.toString();
  }
}
