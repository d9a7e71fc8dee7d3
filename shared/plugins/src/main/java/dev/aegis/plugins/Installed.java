package dev.aegis.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Place;
import dev.aegis.plugin.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One version of a plugin that is there. Each one that is loaded is another object, so that what
 * was made of one version is not taken for the other's.
 */
public final class Installed {
  /** Source of the plugins that come with Aegis. */
  public static final String BUILT_IN = "built-in";

  private final Plugin<?> plugin;
  private final String name;
  private final String source;
  private final String digest;
  private final ObjectNode schema;
  private final List<String> requires;
  private final boolean adds;
  private final Place narrowest;

  /**
   * @param source name of its jar, or {@link #BUILT_IN}
   * @throws IllegalArgumentException if it is none that can be used
   */
  Installed(Plugin<?> plugin, String source) {
    this(plugin, source, "");
  }

  /**
   * @param digest SHA-256 of its jar, {@code ""} without one
   */
  Installed(Plugin<?> plugin, String source, String digest) {
    this.plugin = plugin;
    this.digest = digest;
    this.name = checked(plugin.name());
    this.source = source;
    this.requires = List.copyOf(plugin.requires());
    this.adds = plugin.adds();
    this.narrowest = Objects.requireNonNull(plugin.narrowest(), "narrowest");
    this.schema = ConfigType.schema(plugin.config(), plugin.description());
  }

  private static String checked(@Nullable String name) {
    boolean plain = name != null && !name.isEmpty() && name.length() <= 63;
    for (int i = 0; plain && name != null && i < name.length(); i++) {
      char c = name.charAt(i);
      plain = c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '_');
    }
    if (!plain || name == null) {
      throw new IllegalArgumentException("\"" + name + "\" is no name of a plugin");
    }
    return name;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** Name of its jar, or {@link #BUILT_IN}. */
  public String source() {
    return source;
  }

  /** SHA-256 of its jar in hexadecimal digits, {@code ""} without one. */
  public String digest() {
    return digest;
  }

  /** Whether it is the gateway's own, and trusted like the rest of it. */
  public boolean builtIn() {
    return source.equals(BUILT_IN);
  }

  /** What its classes come from. */
  public ClassLoader loader() {
    return plugin.getClass().getClassLoader();
  }

  /** JSON Schema of its configurations. */
  public ObjectNode schema() {
    return schema.deepCopy();
  }

  /** Names of plugins that have to run before it. */
  public List<String> requires() {
    return requires;
  }

  /** Whether several of it on one route all run. */
  public boolean adds() {
    return adds;
  }

  /** The narrowest place where it can be put to use. */
  public Place narrowest() {
    return narrowest;
  }

  /**
   * Seals what of a configuration is secret and stands there in clear, and keeps what is not there.
   *
   * @param owner the object that the configuration is of
   * @param before the same object's configuration as it is kept, of the same plugin, or null
   */
  public void seal(
      ObjectNode config, @Nullable ObjectNode before, ObjectKey owner, MasterKey masterKey) {
    new SecretMembers(plugin.config(), masterKey, owner).seal(config, before);
  }

  /**
   * Opens what of a configuration is secret.
   *
   * @param owner the object that the configuration is of
   * @throws InvalidDefinition when something was sealed under another master key, or for another
   *     object; its field below {@code /config}
   */
  public Opened open(ObjectNode config, ObjectKey owner, MasterKey masterKey) {
    try {
      return new SecretMembers(plugin.config(), masterKey, owner).open(config);
    } catch (SecretMembers.SealedForOthers e) {
      throw new InvalidDefinition(
          List.of(
              new Violation(
                  "/config" + e.field(),
                  "cannot be opened: " + e.getMessage() + "; send it again")));
    }
  }

  /**
   * Reads a configuration.
   *
   * @throws InvalidDefinition with every violation, its fields below {@code /config}
   * @throws IllegalArgumentException if its record cannot be made
   */
  public Record read(Opened opened) {
    List<Violation> violations = new ArrayList<>();
    Object read;
    try {
      read = ConfigType.of(plugin.config()).read(opened.config(), "/config", violations);
    } catch (IllegalArgumentException e) { // its cause may say what is secret
      throw new IllegalArgumentException(opened.told(String.valueOf(e.getMessage())));
    }
    if (!(read instanceof Record known)) {
      throw new InvalidDefinition(
          violations.stream()
              .map(each -> new Violation(each.field(), opened.told(each.message())))
              .toList());
    }
    return known;
  }

  /**
   * What runs on requests.
   *
   * @throws InvalidDefinition with every violation, its fields below {@code /config}
   * @throws IllegalArgumentException if the plugin makes nothing of it
   */
  public Filter configure(Opened opened) {
    return configure(plugin, read(opened));
  }

  private static <C extends Record> Filter configure(Plugin<C> plugin, Record config) {
    return plugin.configure(plugin.config().cast(config));
  }

  @Override
  public String toString() {
    return name + " (" + source + ')';
  }
}
