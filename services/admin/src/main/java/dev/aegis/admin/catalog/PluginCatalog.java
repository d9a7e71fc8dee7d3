package dev.aegis.admin.catalog;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import java.util.List;
import java.util.function.Consumer;

/** The plugins that can be put to use, each with the check of its configuration. */
public final class PluginCatalog {
  private final List<Listing> listings;

  private record Listing(
      String name, String title, ObjectNode schema, Consumer<ObjectNode> reader) {}

  private PluginCatalog(List<Listing> listings) {
    this.listings = listings;
  }

  /** The plugins that are part of every gateway. */
  public static PluginCatalog builtIn() {
    return new PluginCatalog(
        List.of(
            new Listing(
                RateLimitConfig.PLUGIN,
                "Rate limit",
                RateLimitConfig.schema(),
                RateLimitConfig::read)));
  }

  /** What is wrong with the plugin that {@code document} names, or with its {@code config}. */
  public List<Violation> check(ObjectNode document) {
    String name = document.path("plugin").textValue();
    if (name == null || name.isEmpty()) {
      return List.of();
    }
    for (Listing listing : listings) {
      if (listing.name().equals(name)) {
        return document.path("config") instanceof ObjectNode config
            ? check(listing, config)
            : List.of();
      }
    }
    String near = NearName.of(name, listings.stream().map(Listing::name).toList());
    return List.of(
        new Violation(
            "/plugin",
            "there is no plugin \""
                + name
                + "\""
                + (near == null
                    ? "; see /admin/plugins/catalog"
                    : "; did you mean \"" + near + "\"?")));
  }

  /** Every plugin as {@code {"name","title","description","source","schema"}}, by name. */
  public ArrayNode shown() {
    ArrayNode shown = Json.object().arrayNode();
    for (Listing listing : listings) {
      ObjectNode item = shown.addObject();
      item.put("name", listing.name());
      item.put("title", listing.title());
      item.put("description", listing.schema().path("description").asText());
      item.put("source", "built-in");
      item.set("schema", listing.schema().deepCopy());
    }
    return shown;
  }

  private static List<Violation> check(Listing listing, ObjectNode config) {
    try {
      listing.reader().accept(config);
      return List.of();
    } catch (InvalidDefinition e) {
      return e.violations();
    }
  }
}
