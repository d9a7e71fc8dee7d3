package dev.aegis.admin.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Plugin;
import dev.aegis.plugins.PluginFolder;
import dev.aegis.plugins.Plugins;
import dev.aegis.testkit.PluginSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where plugins can be put to use, and beside which others. */
final class PlacementTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SOURCE =
      """
      import dev.aegis.plugin.*;
      import java.util.*;

      public class %s implements Plugin<%1$s.Config> {
        public record Config() {}
        public String name() { return "%s"; }
        public String description() { return "For a test."; }
        public Class<Config> config() { return Config.class; }
        public List<String> requires() { return List.of(%s); }
        public Place narrowest() { return Place.%s; }
        public Filter configure(Config config) { return new Filter() {}; }
      }
      """;

  @TempDir Path folder;
  private final Fold fold = new Fold();
  private Placement placement;

  @BeforeEach
  void install() throws Exception {
    Path jars = Files.createDirectories(folder.resolve("jars"));
    plugin(jars, "Base", "", "ROUTE");
    plugin(jars, "Above", "\"base\"", "ROUTE");
    plugin(jars, "Ring", "\"ring_two\"", "ROUTE");
    plugin(jars, "Ring_two", "\"ring\"", "ROUTE");
    plugin(jars, "Early", "", "TENANT");
    plugin(jars, "First", "", "INSTALLATION");
    try (PluginFolder plugins = new PluginFolder(jars)) {
      Plugins installed = plugins.get();
      assertThat(installed.findings()).isEmpty();
      placement = new Placement(installed);
    }
    put("tenants/a", "{'id':'a','name':'A'}");
  }

  private void plugin(Path jars, String type, String requires, String place) throws Exception {
    String name = type.toLowerCase(Locale.ROOT);
    new PluginSource(folder, Plugin.class, type, SOURCE.formatted(type, name, requires, place))
        .pack(jars.resolve(name + ".jar"), "v");
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
  }

  private void put(String key, String body) throws Exception {
    long revision = fold.revision() + 1;
    fold.apply(
        revision, new Change(ObjectKey.parse(key), json(body), Change.ANY, "test", Instant.EPOCH));
  }

  private List<String> wrong(String key, String body) throws Exception {
    return placement.check(fold, ObjectKey.parse(key), json(body)).stream()
        .map(Violation::toString)
        .toList();
  }

  @Test
  void whatItRequiresHasToBeThere() throws Exception {
    String above = "{'id':'x','plugin':'above','config':{}}";
    String key = "tenants/a/plugins/x";
    assertThat(wrong(key, above)).singleElement().asString().contains("requires plugin \"base\"");
    assertThat(wrong(key, above.replace("'config'", "'enabled':false,'config'"))).isEmpty();
    put("tenants/a/plugins/b", "{'id':'b','plugin':'base','enabled':false,'config':{}}");
    assertThat(wrong(key, above)).hasSize(1);
    put("tenants/a/plugins/b", "{'id':'b','plugin':'base','route':'r','config':{}}");
    assertThat(wrong(key, above)).isEmpty();
    assertThat(wrong(key, above.replace("'config'", "'route':'other','config'"))).hasSize(1);
    assertThat(wrong("plugins/x", above)).hasSize(1);
    put("plugins/b", "{'id':'b','plugin':'base','config':{}}");
    assertThat(wrong("plugins/x", above)).isEmpty();
    assertThat(wrong(key, above.replace("'config'", "'route':'other','config'"))).isEmpty();
  }

  @Test
  void noneRunsThatRequiresItself() throws Exception {
    assertThat(wrong("tenants/a/plugins/x", "{'id':'x','plugin':'ring','config':{}}"))
        .singleElement()
        .asString()
        .contains("ring → ring_two → ring");
  }

  @Test
  void oneThatComesEarlyIsNotNarrow() throws Exception {
    String early = "{'id':'x','plugin':'early','config':{}}";
    assertThat(wrong("tenants/a/plugins/x", early)).isEmpty();
    assertThat(wrong("tenants/a/plugins/x", early.replace("'config'", "'route':'r','config'")))
        .singleElement()
        .asString()
        .contains("/route", "before a route is known");
    String first = "{'id':'x','plugin':'first','config':{}}";
    assertThat(wrong("plugins/x", first)).isEmpty();
    assertThat(wrong("tenants/a/plugins/x", first))
        .singleElement()
        .asString()
        .contains("/admin/plugins alone");
  }
}
