package dev.aegis.admin.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PluginsTextTest {
  @Test
  void isWrittenForPeopleAndReadBack() {
    String text =
        """
        {
          "plugins": [
            {
              "id": "all",
              "plugin": "rate_limit",
              "enabled": true,
              "order": 100,
              "scope": {
                "tenant": null,
                "route": null,
                "upstream": null
              },
              "config": {}
            },
            {
              "id": "all",
              "plugin": "rate_limit",
              "enabled": false,
              "order": 5,
              "scope": {
                "tenant": "acme",
                "route": "orders",
                "upstream": null
              },
              "config": {
                "requests": 10,
                "keys": [
                  "subject"
                ]
              }
            }
          ]
        }
        """;
    SortedMap<ObjectKey, ObjectNode> objects = understood(text);
    assertThat(objects.keySet())
        .containsExactly(
            new ObjectKey(Kind.PLUGIN, null, "all"), new ObjectKey(Kind.PLUGIN, "acme", "all"));
    assertThat(new String(PluginsText.write(objects), StandardCharsets.UTF_8)).isEqualTo(text);
  }

  @Test
  void whatIsNotSaidIsTheDefaultAndLayoutIsNoChange() {
    SortedMap<ObjectKey, ObjectNode> brief =
        understood("{\"plugins\":[{\"plugin\":\"rate_limit\",\"id\":\"a\"}]}");
    SortedMap<ObjectKey, ObjectNode> full =
        understood(
            "{\"plugins\":[{\"id\":\"a\",\"plugin\":\"rate_limit\",\"enabled\":true,\"order\":100,"
                + "\"scope\":{},\"config\":{}}]}");
    assertThat(brief).isEqualTo(full);
    assertThat(understood("{\"plugins\":[]}")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | not a JSON object",
        "{\"plugins\":[ | not JSON",
        "[] | not a JSON object",
        "{} | /plugins must be an array",
        "{\"plugins\":{}} | /plugins must be an array",
        "{\"plugin\":[]} | /plugin is unknown; did you mean \"plugins\"?",
        "{\"plugins\":[1]} | /plugins/0 must be an object",
        "{\"plugins\":[{\"plugin\":\"x\"}]} | /plugins/0/id must be",
        "{\"plugins\":[{\"id\":\"A b\",\"plugin\":\"x\"}]} | /plugins/0/id must be",
        "{\"plugins\":[{\"id\":\"a\",\"enable\":true}]} | /plugins/0/enable is unknown; did you mean"
            + " \"enabled\"?",
        "{\"plugins\":[{\"id\":\"a\",\"revision\":1}]} | /plugins/0/revision is unknown",
        "{\"plugins\":[{\"id\":\"a\",\"scope\":\"acme\"}]} | /plugins/0/scope must be an object",
        "{\"plugins\":[{\"id\":\"a\",\"scope\":{\"tenant\":1}}]} | /plugins/0/scope/tenant must be an"
            + " id or null",
        "{\"plugins\":[{\"id\":\"a\",\"scope\":{\"tenants\":\"x\"}}]} | /plugins/0/scope/tenants is"
            + " unknown",
        "{\"plugins\":[{\"id\":\"a\"},{\"id\":\"a\"}]} | /plugins/1 is plugins/a, which stands there"
            + " already",
        "{\"plugins\":[],\"plugins\":[]} | Duplicate",
      })
  void isRefused(String text, String why) {
    assertThat(PluginsText.read(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            PluginsText.Reading.Broken.class,
            broken -> assertThat(String.join("\n", broken.faults())).contains(why));
  }

  private static SortedMap<ObjectKey, ObjectNode> understood(String text) {
    return switch (PluginsText.read(text.getBytes(StandardCharsets.UTF_8))) {
      case PluginsText.Reading.Understood(var objects) -> objects;
      case PluginsText.Reading.Broken(var faults) -> throw new AssertionError(faults);
    };
  }
}
