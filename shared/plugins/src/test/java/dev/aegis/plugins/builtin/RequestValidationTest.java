package dev.aegis.plugins.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.builtin.RequestValidation.Config;
import dev.aegis.plugins.builtin.RequestValidation.Mode;
import dev.aegis.plugins.builtin.RequestValidation.Unknown;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests held against schemas. */
final class RequestValidationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ORDER =
      """
      {"type":"object","required":["item","count"],"additionalProperties":false,
       "properties":{
         "item":{"type":"string","pattern":"^[a-z]+$","maxLength":20},
         "count":{"type":"integer","minimum":1,"multipleOf":1},
         "price":{"type":"number","multipleOf":0.01},
         "tags":{"type":"array","items":{"$ref":"#/$defs/tag"},"uniqueItems":true}},
       "$defs":{"tag":{"enum":["a","b"]}}}
      """;

  @SuppressWarnings("unchecked")
  private static Map<String, Object> json(String text) {
    try {
      return JSON.readValue(text, Map.class);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Config config(String body, String query, String header, Mode mode) {
    return new Config(
        json(body),
        json(query),
        json(header),
        false,
        Map.of(),
        "",
        Unknown.REFUSE,
        mode,
        422,
        5,
        100_000);
  }

  private static Filter ofBody(String schema) {
    return new RequestValidation().configure(config(schema, "{}", "{}", Mode.ENFORCE));
  }

  private static String told(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Pass pass -> "passes";
      case Verdict.Refuse refuse -> refuse.status() + " " + refuse.detail();
    };
  }

  private static String result(Filter filter, Request request, String body) {
    Verdict early = ((Filter.Authorizing) filter).authorize(request);
    if (early instanceof Verdict.Refuse) {
      return told(early);
    }
    BodyEdit edit = ((Filter.EditingRequestBody) filter).editRequestBody(request);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0) {
      edit.piece(bytes, out::writeBytes);
    }
    Verdict late = edit.end(out::writeBytes);
    assertThat(out.toByteArray()).isEqualTo(bytes);
    return told(late);
  }

  private static String sent(Filter filter, String body) {
    return result(filter, Asked.with("Content-Type", "application/json"), body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"item\":\"pen\",\"count\":2,\"price\":1.10,\"tags\":[\"a\",\"b\"]} | passes",
        "{\"item\":\"pen\",\"count\":2.0} | passes",
        "'' | passes",
        "{\"item\":\"pen\"} | 422 The body has another form: /count (required)",
        "{\"item\":\"Pen\",\"count\":0} | 422 The body has another form: /item (pattern), /count (minimum)",
        "{\"item\":\"pen\",\"count\":1,\"secret-name\":1} | 422 The body has another form: (additionalProperties)",
        "{\"item\":\"pen\",\"count\":1,\"tags\":[\"a\",\"hunter2\"]} | 422 The body has another form: /tags/1 (enum)",
        "{\"item\":\"pen\",\"count\":1,\"tags\":[\"a\",\"a\"]} | 422 The body has another form: /tags (uniqueItems)",
        "{\"item\":\"pen\",\"count\":1,\"price\":0.001} | 422 The body has another form: /price (multipleOf)",
        "[] | 422 The body has another form: (type)",
        "null | 422 The body has another form: (type)",
        "{\"item\":\"pen\",\"item\":\"x\",\"count\":1} | 400 The body is not JSON that can be checked",
        "{\"item\":\"pen\",\"count\":1}{} | 400 The body is not JSON that can be checked",
        "{\"item\":\"pen\",\"count\":1e1000000000} | 400 The body is not JSON that can be checked",
        "{\"item\":\"pen\",\"count\":1,\"price\":1e-999999999} | 400 The body is not JSON that can be checked",
        "{\"item\":\"pen\",\"count\":NaN} | 400 The body is not JSON that can be checked",
        "{ | 400 The body is not JSON that can be checked",
      })
  void bodies(String body, String result) {
    assertThat(sent(ofBody(ORDER), body)).isEqualTo(result);
  }

  /** All of them have one hash, so that telling them apart compares each with each. */
  @Test
  void itemsThatHashAlikeAreNotToldApartForEver() {
    Filter filter =
        new RequestValidation()
            .configure(
                new Config(
                    json("{\"items\":{\"type\":\"string\"},\"uniqueItems\":true}"),
                    Map.of(),
                    Map.of(),
                    false,
                    Map.of(),
                    "",
                    Unknown.REFUSE,
                    Mode.ENFORCE,
                    422,
                    5,
                    4_000_000));
    StringBuilder body = new StringBuilder("[");
    for (int i = 0; i < 20_000; i++) {
      body.append(i == 0 ? "\"" : ",\"");
      for (int bit = 0; bit < 15; bit++) {
        body.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      body.append('"');
    }
    assertThat(sent(filter, body.append(']').toString()))
        .isEqualTo(sent(filter, "[" + "1,".repeat(30_000) + "1]"))
        .startsWith("422 ")
        .doesNotContain("uniqueItems");
    assertThat(sent(filter, "[\"a\",\"a\"]")).contains("(uniqueItems)");
  }

  @Test
  void aBodyOfVeryManyValuesIsNotTakenApart() {
    Filter filter = ofBody("{\"type\":\"array\"}");
    Filter large =
        new RequestValidation()
            .configure(
                new Config(
                    json("{\"type\":\"array\"}"),
                    Map.of(),
                    Map.of(),
                    false,
                    Map.of(),
                    "",
                    Unknown.REFUSE,
                    Mode.ENFORCE,
                    422,
                    5,
                    4_000_000));
    assertThat(sent(filter, "[{},{}]")).isEqualTo("passes");
    assertThat(sent(large, "[" + "{},".repeat(400_000) + "{}]"))
        .isEqualTo("400 The body is not JSON that can be checked");
  }

  @Test
  void listsOfNamesInSchemasAreBounded() {
    String names = "\"a" + String.join("\",\"a", Collections.nCopies(1_001, "x")) + '"';
    assertThatThrownBy(() -> ofBody("{\"required\":[" + names + "]}"))
        .hasMessageContaining("names more than 1000 at once");
  }

  @Test
  void bodiesThatDoNotSayThatTheyAreJsonAreNotTakenForIt() {
    Filter filter = ofBody(ORDER);
    String good = "{\"item\":\"pen\",\"count\":2}";
    for (Asked asked :
        new Asked[] {
          Asked.with(),
          Asked.with("Content-Type", "text/plain"),
          Asked.with("Content-Type", "application/json", "Content-Type", "text/plain"),
          Asked.with("Content-Type", "application/json", "Content-Encoding", "gzip")
        }) {
      assertThat(result(filter, asked, good)).startsWith("415 ");
    }
    assertThat(result(filter, Asked.with("Content-Type", "application/x+json; a=b"), good))
        .isEqualTo("passes");
    assertThat(sent(filter, "[".repeat(101) + "]".repeat(101))).startsWith("400 ");
  }

  /** Places are told, in plain ASCII and not without end; what stood there is not. */
  @Test
  void nothingOfWhatWasSentIsTold() {
    Filter filter = ofBody("{\"additionalProperties\":{\"const\":\"wanted-word\"}}");
    String told = sent(filter, "{\"ké\\ny\":\"hunter2\",\"" + "n".repeat(500) + "\":\"hunter2\"}");
    assertThat(told)
        .startsWith("422 The body has another form: /k?")
        .contains("y (const), /nnn")
        .doesNotContain("hunter2", "wanted-word")
        .hasSizeLessThan(300);
    Filter many = ofBody("{\"items\":{\"type\":\"string\"}}");
    assertThat(sent(many, "[1,2,3,4,5,6,7]"))
        .isEqualTo(
            "422 The body has another form: /0 (type), /1 (type), /2 (type), /3 (type), /4 (type),"
                + " and 2 more");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "limit=10&sort=a&sort=b&deep=true | passes",
        "limit=1%30&sort=%61 | passes",
        "'' | passes",
        "limit=ten | 422 The query has another form: /limit (type)",
        "limit=1&limit=2 | 422 The query has another form: /limit (type)",
        "limit=1e1 | 422 The query has another form: /limit (type)",
        "limit=1-2 | 422 The query has another form: /limit (type)",
        "limit=01 | 422 The query has another form: /limit (type)",
        "limit= | 422 The query has another form: /limit (type)",
        "limit=101 | 422 The query has another form: /limit (maximum)",
        "sort=c | 422 The query has another form: /sort/0 (enum)",
        "deep=yes | 422 The query has another form: /deep (type)",
        "other=1 | 422 The query has another form: (additionalProperties)",
        "limit=%zz | 422 The query cannot be decoded",
      })
  void queries(String query, String result) {
    Filter filter =
        new RequestValidation()
            .configure(
                config(
                    "{}",
                    """
                    {"additionalProperties":false,"properties":{
                      "limit":{"type":"integer","maximum":100},
                      "deep":{"type":["boolean","null"]},
                      "sort":{"type":"array","items":{"type":"string","enum":["a","b"]}}}}
                    """,
                    "{}",
                    Mode.ENFORCE));
    assertThat(result(filter, new Asked(query, List.of()), "any")).isEqualTo(result);
  }

  @Test
  void headers() {
    Filter filter =
        new RequestValidation()
            .configure(
                config(
                    "{}",
                    "{}",
                    "{\"required\":[\"X-Version\"],\"properties\":{\"X-Version\":{\"type\":\"integer\"}}}",
                    Mode.ENFORCE));
    assertThat(result(filter, Asked.with("x-version", "3", "x-other", "y"), ""))
        .isEqualTo("passes");
    assertThat(result(filter, Asked.with("x-version", "3", "x-version", "4"), ""))
        .isEqualTo("422 The header has another form: /X-Version (type)");
    assertThat(result(filter, Asked.with(), ""))
        .isEqualTo("422 The header has another form: /X-Version (required)");
  }

  /** None of these ends in any time that a request may take, or at all, unless it is ended. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"$ref\":\"#\"}",
        "{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"anyOf\":[{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"},{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}]}",
        "{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}},\"$ref\":\"#/$defs/a\"}",
        "{\"$dynamicAnchor\":\"x\",\"not\":{\"$dynamicRef\":\"#x\"}}"
      })
  void whatTakesTooLongIsRefused(String schema) {
    assertThat(sent(ofBody(schema), "[".repeat(60) + "1" + "]".repeat(60)))
        .isEqualTo("422 The body is too much to check");
  }

  /** Each error takes memory, so there are not as many as a caller likes. */
  @Test
  void aBodyThatIsWrongEverywhereIsNotFollowedToItsEnd() {
    Filter filter = ofBody("{\"items\":{\"type\":\"string\"}}");
    assertThat(sent(filter, "[" + "11,".repeat(30_000) + "11]"))
        .isEqualTo(
            "422 The body has another form: /0 (type), /1 (type), /2 (type), /3 (type),"
                + " /4 (type), and 29996 more");
    assertThat(sent(filter, "[" + "1,".repeat(48_000) + "1]"))
        .isEqualTo("422 The body is too much to check");
  }

  @ParameterizedTest
  @ValueSource(strings = {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}b", "(x+x+)+y"})
  void expressionsThatBlowUpElsewhereDoNotHere(String pattern) {
    Filter filter = ofBody(JSON.createObjectNode().put("pattern", pattern).toString());
    assertThat(sent(filter, '"' + "a".repeat(90_000) + "!\""))
        .isIn("422 The body has another form: (pattern)", "422 The body is too much to check");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"$ref\":\"https://example.org/schema.json\"} | another document",
        "{\"properties\":{\"a\":{\"$ref\":\"file:///etc/passwd\"}}} | another document",
        "{\"$ref\":\"classpath:secret.json\"} | another document",
        "{\"$ref\":\"other.json#/a\"} | another document",
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"} | another dialect",
        "{\"type\":\"strng\"} | is no schema",
        "{\"minimum\":\"1\"} | is no schema",
        "{\"$ref\":\"#/$defs/none\"} | is no schema that can be used",
        "{\"pattern\":\"^(?=a)b\"} | cannot be used",
        "{\"pattern\":\"(a)\\\\1\"} | cannot be used",
        "{\"pattern\":\"((a{1000}){1000}){1000}\"} | too large",
        "{\"patternProperties\":{\"(a{100}){100}\":true}} | too large",
        "{\"pattern\":\"(\"} | cannot be used",
      })
  void schemasThatCannotBeKept(String schema, String why) {
    assertThatThrownBy(() -> config(schema, "{}", "{}", Mode.ENFORCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("body ")
        .hasMessageContaining(why);
  }

  @Test
  void configurationsThatAskForNothingAreRefused() {
    assertThatThrownBy(() -> config("{}", "{}", "{}", Mode.ENFORCE))
        .hasMessageContaining("must have a schema");
    assertThatThrownBy(
            () ->
                new Config(
                    json(ORDER),
                    Map.of(),
                    Map.of(),
                    false,
                    Map.of(),
                    "",
                    Unknown.REFUSE,
                    Mode.ENFORCE,
                    418,
                    5,
                    10))
        .hasMessageContaining("400 or 422");
  }

  @Test
  void aBodyMayHaveToBeThere() {
    Filter filter =
        new RequestValidation()
            .configure(
                new Config(
                    json(ORDER),
                    Map.of(),
                    Map.of(),
                    true,
                    Map.of(),
                    "",
                    Unknown.REFUSE,
                    Mode.ENFORCE,
                    400,
                    0,
                    100));
    assertThat(sent(filter, "")).isEqualTo("400 The request has no body");
    assertThat(sent(filter, "{}")).isEqualTo("400 The body has another form");
    assertThat(((Filter.EditingRequestBody) filter).holds()).isEqualTo(100);
  }

  @Test
  void reportingStandsInNobodysWay() {
    Filter filter =
        new RequestValidation()
            .configure(config(ORDER, "{\"additionalProperties\":false}", "{}", Mode.REPORT));
    assertThat(((Filter.EditingRequestBody) filter).holds()).isZero();
    for (String body : new String[] {"{}", "no JSON", "", "x".repeat(200_000)}) {
      assertThat(sent(filter, body)).isEqualTo("passes");
    }
    assertThat(result(filter, new Asked("a=%zz", List.of()), "{}")).isEqualTo("passes");
  }

  @Test
  void whatWouldBeRefusedIsKeptUntilItsRequestEnds() {
    WouldRefuse noted = new WouldRefuse();
    Asked request = Asked.with();
    noted.note(request, Verdict.PASS);
    assertThat(noted.size()).isZero();
    noted.note(request, new Verdict.Refuse(400, "first"));
    noted.note(request, new Verdict.Refuse(400, "second"));
    assertThat(noted.size()).isEqualTo(1);
    noted.tell(request);
    assertThat(noted.size()).isZero();
  }
}
