package dev.aegis.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Violation;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Configurations of plugins: their schemas, and how they are read. */
final class PluginsTest {
  /** A word of a configuration. */
  public enum Mood {
    GOOD,
    VERY_BAD
  }

  /** A part of a configuration. */
  public record Part(@Member("How long.") long length) {}

  /** A configuration with a member of each type. */
  public record All(
      @Member("Text.") String text,
      @Member(value = "A number.", otherwise = "7", least = 1, most = 9) int someNumber,
      @Member(value = "Whether.", otherwise = "true") boolean flag,
      @Member(value = "How much.", otherwise = "0.5") double ratio,
      @Member(value = "How.", otherwise = "good") Mood mood,
      @Member("Some.") List<String> words,
      @Member("By name.") Map<String, Part> parts) {
    public All {
      if (text.equals("no")) {
        throw new IllegalArgumentException("text must not be no");
      }
    }
  }

  private static final class Example implements Plugin<All> {
    @Override
    public String name() {
      return "example";
    }

    @Override
    public String description() {
      return "Shows all types.";
    }

    @Override
    public Class<All> config() {
      return All.class;
    }

    @Override
    public Filter configure(All config) {
      return new Filter() {};
    }
  }

  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());
  private static final ObjectKey OWNER = new ObjectKey(Kind.PLUGIN, "t", "p");

  private final Installed example = new Installed(new Example(), "example.jar");

  @Test
  void readsWhatTheSchemaSays() throws Exception {
    assertThat(
            read(
                json(
                    "{'text':'a','some_number':9,'flag':false,'ratio':2,'mood':'very_bad',"
                        + "'words':['x','y'],'parts':{'p':{'length':5}}}")))
        .isEqualTo(
            new All(
                "a", 9, false, 2.0, Mood.VERY_BAD, List.of("x", "y"), Map.of("p", new Part(5))));
    assertThat(read(json("{'text':'a'}")))
        .isEqualTo(new All("a", 7, true, 0.5, Mood.GOOD, List.of(), Map.of()));
    ObjectNode schema = example.schema();
    assertThat(schema.get("required")).hasSize(1).first().hasToString("\"text\"");
    assertThat(schema.get("additionalProperties").asBoolean(true)).isFalse();
    assertThat(schema.at("/properties/some_number"))
        .hasToString(
            "{\"type\":\"integer\",\"minimum\":1,\"maximum\":9,"
                + "\"description\":\"A number.\",\"default\":7}");
    assertThat(schema.at("/properties/mood/enum")).hasToString("[\"good\",\"very_bad\"]");
    assertThat(schema.at("/properties/parts/additionalProperties/properties/length/type").asText())
        .isEqualTo("integer");
  }

  @Test
  void saysEverythingThatIsWrong() throws Exception {
    assertThat(
            violations(
                "{'some_nmber':1,'some_number':10,'flag':'yes','ratio':'1','mood':'GOOD',"
                    + "'words':['x',1],'parts':{'a/b':{'length':1.5}}}"))
        .containsExactlyInAnyOrder(
            new Violation("/config/some_nmber", "is not known; did you mean \"some_number\"?"),
            new Violation("/config/text", "is required"),
            new Violation("/config/some_number", "must be a whole number from 1 to 9"),
            new Violation("/config/flag", "must be true or false"),
            new Violation("/config/ratio", "must be a number"),
            new Violation("/config/mood", "must be one of good, very_bad"),
            new Violation("/config/words/1", "must be a string"),
            new Violation(
                "/config/parts/a~1b/length",
                "must be a whole number from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE));
    assertThat(violations("{'text':'no'}"))
        .containsExactly(new Violation("/config", "text must not be no"));
  }

  @Test
  void builtInOnesRefuseWhatTheyCannotDo() throws Exception {
    Plugins plugins = Plugins.builtIn();
    assertThat(plugins.byName().keySet())
        .contains("correlation_id", "ip_restriction", "request_headers", "response_headers");
    assertThat(refuses(plugins, "ip_restriction", "{}")).contains("allow or deny");
    assertThat(refuses(plugins, "ip_restriction", "{'allow':['10.0.0.0/33']}")).isNotEmpty();
    assertThat(refuses(plugins, "request_headers", "{'set':{'X-User-Id':'root'}}"))
        .contains("Aegis' own");
    assertThat(refuses(plugins, "request_headers", "{'set':{'X-A':'1\\r\\nX-User-Id: root'}}"))
        .contains("visible ASCII");
    assertThat(refuses(plugins, "response_headers", "{'remove':['a:b']}")).contains("header field");
    assertThat(refuses(plugins, "correlation_id", "{'header':'Host'}")).contains("Host");
  }

  private static String refuses(Plugins plugins, String name, String config) throws Exception {
    Installed plugin = plugins.byName().get(name);
    ObjectNode json = json(config);
    InvalidDefinition why =
        catchThrowableOfType(
            InvalidDefinition.class,
            () -> plugin.configure(plugin.open(json, OWNER, MASTER_KEY), Owner.NOBODY));
    return String.valueOf(why.getMessage());
  }

  private Record read(ObjectNode config) {
    return example.read(example.open(config, OWNER, MASTER_KEY));
  }

  private List<Violation> violations(String config) throws Exception {
    ObjectNode json = json(config);
    return catchThrowableOfType(InvalidDefinition.class, () -> read(json)).violations();
  }

  private static ObjectNode json(String text) throws Exception {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
