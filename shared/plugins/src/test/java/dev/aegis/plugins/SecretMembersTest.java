package dev.aegis.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.InvalidDefinition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.SealedMember;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Member;
import dev.aegis.plugin.Plugin;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Secret members of configurations, wherever they stand in one. */
final class SecretMembersTest {
  /** A part that has a secret. */
  public record Part(
      @Member("Which.") String name,
      @Member(value = "Secret.", secret = true, otherwise = "none") String code) {}

  /** A configuration with secrets of several types. */
  public record All(
      @Member(value = "One.", secret = true) String one,
      @Member(value = "Some.", secret = true) Map<String, String> some,
      @Member("A part.") Part part,
      @Member("Parts.") List<Part> parts,
      @Member("By name.") Map<String, List<Part>> named) {}

  private static final class Example implements Plugin<All> {
    @Override
    public String name() {
      return "example";
    }

    @Override
    public String description() {
      return "Has secrets.";
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

  private static final MasterKey KEY = MasterKey.parse(MasterKey.newText());
  private static final ObjectKey OWNER = new ObjectKey(Kind.PLUGIN, "t", "p");

  private final Installed example = new Installed(new Example(), "example.jar");
  private final SecretMembers members = new SecretMembers(All.class, KEY, OWNER);

  private static ObjectNode json(String text) throws Exception {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private ObjectNode sealed(String text) throws Exception {
    ObjectNode config = json(text);
    members.seal(config, null);
    return config;
  }

  @Test
  void theSchemaSaysWhichTheyAre() {
    ObjectNode schema = example.schema();
    for (String at :
        List.of(
            "/properties/one",
            "/properties/some",
            "/properties/part/properties/code",
            "/properties/parts/items/properties/code",
            "/properties/named/additionalProperties/items/properties/code")) {
      assertThat(schema.at(at + "/writeOnly").asBoolean()).as(at).isTrue();
    }
    assertThat(schema.at("/properties/part/writeOnly").isMissingNode()).isTrue();
  }

  @Test
  void whatIsSealedOpensAgain() throws Exception {
    String clear =
        "{'one':'s-1','some':{'a':'4711'},'part':{'name':'p','code':'s-2'},"
            + "'parts':[{'name':'q','code':'s-3'},{'name':'r'}],"
            + "'named':{'a/b':[{'name':'t','code':'s-4'}]}}";
    ObjectNode sealed = sealed(clear);
    assertThat(sealed.toString()).doesNotContain("s-", "4711");
    assertThat(SealedMember.without(sealed))
        .isEqualTo(
            json(
                "{'part':{'name':'p'},'parts':[{'name':'q'},{'name':'r'}],"
                    + "'named':{'a/b':[{'name':'t'}]}}"));
    Opened opened = example.open(sealed, OWNER, KEY);
    assertThat(opened.config()).isEqualTo(json(clear));
    assertThat(opened.told("s-1 and s-4, 4711; q"))
        .isEqualTo("[redacted] and [redacted], [redacted]; q");
    assertThat(example.read(opened)).isInstanceOf(All.class);
    assertThat(example.open(json(clear), OWNER, KEY).told("s-2"))
        .as("in clear before")
        .isEqualTo("[redacted]");
  }

  @Test
  void anotherKeyAndAnotherObjectOpenNothing() throws Exception {
    ObjectNode sealed = sealed("{'one':'x','part':{'name':'p','code':'s-2'}}");
    sealed.remove("one");
    assertThatThrownBy(() -> example.open(sealed, OWNER, MasterKey.parse(MasterKey.newText())))
        .isInstanceOf(InvalidDefinition.class)
        .hasMessageContaining("/config/part/code cannot be opened: sealed under master key");
    assertThatThrownBy(() -> example.open(sealed, new ObjectKey(Kind.PLUGIN, "u", "p"), KEY))
        .hasMessageContaining("not sealed for");
    for (String broken :
        List.of(
            "{}",
            "null",
            "7",
            "{'key_id':'" + KEY.id() + "','ciphertext':'AAAA'}",
            "{'key_id':'" + KEY.id() + "','ciphertext':'*'}")) {
      ObjectNode config = json("{'one':{'$sealed':" + broken + "}}");
      assertThatThrownBy(() -> example.open(config, OWNER, KEY))
          .as(broken)
          .isInstanceOf(InvalidDefinition.class);
    }
  }

  @Test
  void whatIsNotSentStaysAndWhatIsTheSameIsNotSealedAnew() throws Exception {
    ObjectNode before =
        sealed(
            "{'one':'s-1','some':{'a':'1'},'parts':[{'name':'q','code':'s-3'},{'name':'q','code':'s-5'}],"
                + "'named':{'a':[{'name':'t','code':'s-4'}],'b':[]}}");
    ObjectNode shown = SealedMember.without(before);
    members.seal(shown, before);
    assertThat(shown).isEqualTo(before);
    ObjectNode again = example.open(before, OWNER, KEY).config().deepCopy();
    members.seal(again, before);
    assertThat(again).isEqualTo(before);
    ObjectNode other =
        json(
            "{'one':null,'some':{'a':'2'},'parts':[{'name':'r'},{'name':'q'}],'named':{'b':[{'name':'t'}]}}");
    members.seal(other, before);
    JsonNode opened = example.open(other, OWNER, KEY).config();
    assertThat(opened)
        .isEqualTo(
            json(
                "{'one':'s-1','some':{'a':'2'},'parts':[{'name':'r'},{'name':'q','code':'s-3'}],'named':{'b':[{'name':'t'}]}}"));
    // Kept in clear before its plugin said that it is secret.
    ObjectNode late = json("{}");
    members.seal(late, json("{'one':'plain'}"));
    assertThat(SealedMember.is(late.get("one"))).isTrue();
    assertThat(example.open(late, OWNER, KEY).config().get("one").asText()).isEqualTo("plain");
  }
}
