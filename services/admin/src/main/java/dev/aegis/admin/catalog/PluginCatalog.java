package dev.aegis.admin.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Fold;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.RateLimitConfig;
import dev.aegis.model.NearName;
import dev.aegis.model.Violation;
import dev.aegis.plugins.Installed;
import dev.aegis.plugins.Plugins;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The plugins that can be put to use, each with the check of its configuration. */
public final class PluginCatalog {
  private static final String PLUGIN = "plugin";
  private static final String CONFIG = "config";

  private final Supplier<Plugins> installed;
  private final MasterKey masterKey;

  private record Listing(
      String name,
      String title,
      String source,
      String digest,
      ObjectNode schema,
      BiConsumer<ObjectKey, ObjectNode> reader) {}

  /**
   * @param installed those that are written against the plugin API
   * @param masterKey seals what they are told in secret
   */
  public PluginCatalog(Supplier<Plugins> installed, MasterKey masterKey) {
    this.installed = installed;
    this.masterKey = masterKey;
  }

  /** The plugins that are part of every gateway. */
  public static PluginCatalog builtIn(MasterKey masterKey) {
    Plugins plugins = Plugins.builtIn();
    return new PluginCatalog(() -> plugins, masterKey);
  }

  private List<Listing> listings() {
    List<Listing> listings = new ArrayList<>();
    listings.add(
        new Listing(
            RateLimitConfig.PLUGIN,
            "Rate limit",
            Installed.BUILT_IN,
            "",
            RateLimitConfig.schema(),
            (key, config) -> RateLimitConfig.read(config)));
    for (Installed each : installed.get().all()) {
      String title = each.name().replace('_', ' ');
      listings.add(
          new Listing(
              each.name(),
              title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1),
              each.source(),
              each.digest(),
              each.schema(),
              (key, config) -> each.read(each.open(config, key, masterKey))));
    }
    listings.sort(Comparator.comparing(Listing::name));
    return listings;
  }

  /**
   * Seals what of a plugin's configuration is secret and was sent in clear. What was not sent stays
   * what it is, unless it was told to another plugin.
   *
   * @param document changed
   * @param before the object as it is kept, or null
   */
  public void seal(ObjectKey key, ObjectNode document, @Nullable ObjectNode before) {
    String name = document.path(PLUGIN).asText();
    Installed plugin = installed.get().find(name);
    if (plugin == null || !(document.path(CONFIG) instanceof ObjectNode config)) {
      return; // said where it is checked
    }
    JsonNode kept =
        before != null && before.path(PLUGIN).asText().equals(name) ? before.path(CONFIG) : null;
    plugin.seal(config, kept instanceof ObjectNode known ? known : null, key, masterKey);
  }

  /**
   * What is wrong with the plugin that {@code document} names, or with its {@code config}.
   *
   * @param key of the object, for which its secrets are sealed
   */
  public List<Violation> check(ObjectKey key, ObjectNode document) {
    String name = document.path(PLUGIN).textValue();
    if (name == null || name.isEmpty()) {
      return List.of();
    }
    List<Listing> listings = listings();
    for (Listing listing : listings) {
      if (listing.name().equals(name)) {
        return document.path(CONFIG) instanceof ObjectNode config
            ? check(listing, key, config)
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

  /** What is wrong with where {@code document} puts its plugin, and with what it finds there. */
  public List<Violation> placed(Fold fold, ObjectKey key, ObjectNode document) {
    return new Placement(installed.get()).check(fold, key, document);
  }

  /**
   * Every plugin as {@code {"name","title","description","source","schema"}}, by name, and with
   * {@code sha256} if it is from a jar.
   */
  public ArrayNode shown() {
    ArrayNode shown = Json.object().arrayNode();
    for (Listing listing : listings()) {
      ObjectNode item = shown.addObject();
      item.put("name", listing.name());
      item.put("title", listing.title());
      item.put("description", listing.schema().path("description").asText());
      item.put("source", listing.source());
      if (!listing.digest().isEmpty()) {
        item.put("sha256", listing.digest());
      }
      item.set("schema", listing.schema().deepCopy());
    }
    return shown;
  }

  private static List<Violation> check(Listing listing, ObjectKey key, ObjectNode config) {
    try {
      listing.reader().accept(key, config);
      return List.of();
    } catch (InvalidDefinition e) {
      return e.violations();
    } catch (IllegalArgumentException e) { // what others wrote
      return List.of(new Violation("/config", String.valueOf(e.getMessage())));
    }
  }
}
