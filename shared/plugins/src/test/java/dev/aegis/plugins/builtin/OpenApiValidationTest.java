package dev.aegis.plugins.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.builtin.RequestValidation.Config;
import dev.aegis.plugins.builtin.RequestValidation.Mode;
import dev.aegis.plugins.builtin.RequestValidation.Unknown;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests held against OpenAPI documents. */
final class OpenApiValidationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A shop for animals, written as people write these documents. */
  private static final String SHOP =
      """
      {"openapi":"3.1.1","info":{"title":"Animals","version":"7"},
       "servers":[{"url":"https://elsewhere.example/v9"}],
       "paths":{
        "/animals":{
         "parameters":[{"$ref":"#/components/parameters/trace"}],
         "get":{"parameters":[
           {"name":"limit","in":"query","schema":{"anyOf":[{"type":"integer","maximum":100},{"type":"null"}]}},
           {"name":"kind","in":"query","required":true,"schema":{"type":"array","items":{"$ref":"#/components/schemas/Kind"}}},
           {"name":"sold","in":"query","allowEmptyValue":true,"schema":{"type":"boolean"}},
           {"name":"session","in":"cookie","required":true,"schema":{"type":"string"}},
           {"name":"Authorization","in":"header","required":true,"schema":{"type":"string"}}]},
         "post":{"requestBody":{"$ref":"#/components/requestBodies/animal"}}},
        "/animals/{id}":{
         "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer","minimum":1}}],
         "get":{},
         "put":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","pattern":"^[a z+]+$"}}],
           "requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Animal"}}}}},
         "delete":{}},
        "/animals/newest":{"get":{}},
        "/animals/{id}/photos/{numbers}":{
         "put":{
          "parameters":[
           {"name":"numbers","in":"path","required":true,"schema":{"type":"array","items":{"type":"integer"},"maxItems":3}},
           {"name":"id","in":"path","required":true,"schema":{"type":"integer"}},
           {"name":"X-Sizes","in":"header","schema":{"type":"array","items":{"type":"integer"}}}],
          "requestBody":{"required":true,"content":{"image/*":{},"application/*":{"schema":{"type":"array"}}}}}},
        "/caf\\u00e9 bar/{x}":{"$ref":"#/components/pathItems/bar"}},
       "components":{
        "pathItems":{"bar":{"get":{"parameters":[{"name":"x","in":"path","required":true,"schema":true}]}}},
        "parameters":{"trace":{"name":"X-Trace","in":"header","required":false,"schema":{"type":"integer"}}},
        "requestBodies":{"animal":{"required":true,"content":{
          "application/json; charset=utf-8":{"schema":{"$ref":"#/components/schemas/Animal"},"example":{"$ref":"no"}},
          "text/csv":{"schema":{"type":"string"}}}}},
        "schemas":{
         "Kind":{"type":"string","enum":["cat","dog"]},
         "Animal":{"type":"object","required":["name","kind"],
           "discriminator":{"propertyName":"kind"},"example":{"pattern":"(","$ref":"nowhere"},
           "properties":{
             "id":{"type":"integer","readOnly":true},
             "name":{"type":"string","minLength":1,"examples":[{"$id":"x"}]},
             "nick":{"type":["string","null"]},
             "born":{"type":"string","format":"date"},
             "kind":{"$ref":"#/components/schemas/Kind"},
             "weight":{"type":"number","exclusiveMinimum":0},
             "children":{"type":"array","items":{"$ref":"#/components/schemas/Animal"}}}}}}}
      """;

  private static final Filter SHOP_FILTER = of(SHOP);

  @SuppressWarnings("unchecked")
  private static Map<String, Object> json(String text) {
    try {
      return JSON.readValue(text, Map.class);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Config config(Map<String, Object> document, String basePath, Unknown unknown) {
    return new Config(
        Map.of(),
        Map.of(),
        Map.of(),
        false,
        document,
        basePath,
        unknown,
        Mode.ENFORCE,
        422,
        5,
        100_000);
  }

  private static Filter of(String document) {
    return new RequestValidation().configure(config(json(document), "", Unknown.REFUSE));
  }

  private static String told(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Pass pass -> "passes";
      case Verdict.Refuse refuse -> refuse.status() + " " + refuse.detail();
    };
  }

  private static String result(
      Filter filter, String method, String target, String body, String... lines) {
    int query = target.indexOf('?');
    List<String> header = new ArrayList<>(List.of(lines));
    if (!body.isEmpty() && !header.contains("Transfer-Encoding")) {
      header.addAll(List.of("Content-Length", String.valueOf(body.length())));
    }
    Asked asked =
        new Asked(
            method,
            query < 0 ? target : target.substring(0, query),
            query < 0 ? "" : target.substring(query + 1),
            header);
    Verdict early = ((Filter.Authorizing) filter).authorize(asked);
    if (early instanceof Verdict.Refuse) {
      return told(early);
    }
    BodyEdit edit = ((Filter.EditingRequestBody) filter).editRequestBody(asked);
    if (edit == BodyEdit.None.NONE) {
      return "passes unseen";
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (!body.isEmpty()) {
      edit.piece(body.getBytes(StandardCharsets.UTF_8), out::writeBytes);
    }
    return told(edit.end(out::writeBytes));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /animals?kind=cat&kind=dog&limit=7&other=1 | passes",
        "GET /animals?kind=cat&sold= | passes",
        "GET /animals?kind=cat&sold=true | passes",
        "GET /animals?kind=cat&sold=yes | 422 The query has another form: /sold (type)",
        "GET /animals?kind=cat&limit=101 | 422 The query has another form: /limit (maximum), /limit (type)",
        "GET /animals | 422 The query has another form: /kind (required)",
        "GET /animals?kind=cat&kind=cow | 422 The query has another form: /kind/1 (enum)",
        "GET /animals?kind=%zz | 422 The query cannot be decoded",
        "HEAD /animals?kind=cat | passes",
        "PUT /animals | 405 The path takes GET, HEAD, POST",
        "GET /animals/ | 404 The API has no such path",
        "GET /v9/animals | 404 The API has no such path",
        "OPTIONS * | 404 The API has no such path",
        "GET /animals/12 | passes",
        "GET /animals/0 | 422 The path has another form: /id (minimum)",
        "GET /animals/secret-7 | 422 The path has another form: /id (type)",
        "GET /animals/newest | passes",
        "PUT /animals/newest | 405 The path takes GET, HEAD",
        "PUT /animals/a%20z+ | passes",
        "PUT /animals/a%2520z | 422 The path has another form: /id (pattern)",
        "GET /caf%C3%A9%20bar/1 | passes",
        "GET /caf%C3%A8%20bar/1 | 404 The API has no such path",
      })
  void requestsWithoutBodies(String line, String result) {
    int space = line.indexOf(' ');
    assertThat(result(SHOP_FILTER, line.substring(0, space), line.substring(space + 1), ""))
        .isEqualTo(result);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST /animals | application/json | {\"name\":\"a\",\"kind\":\"cat\",\"nick\":null,\"born\":\"x\",\"id\":1} | passes",
        "POST /animals | APPLICATION/JSON;q=1 | {\"name\":\"\",\"kind\":\"cow\",\"weight\":0} | 422 The body has another form: /name (minLength), /kind (enum), /weight (exclusiveMinimum)",
        "POST /animals | application/json | {\"name\":\"a\",\"kind\":\"cat\",\"children\":[{\"name\":\"b\"}]} | 422 The body has another form: /children/0/kind (required)",
        "POST /animals | application/json | {\"name\":\"a\",\"name\":\"a\"} | 400 The body is not JSON that can be checked",
        "POST /animals | application/json | '' | 422 The request has no body",
        "POST /animals | text/csv | name,kind | passes unseen",
        "POST /animals | text/plain | name | 415 The operation takes no body of this type",
        "POST /animals | application/x+json | {} | 415 The operation takes no body of this type",
        "PUT /animals/a | application/json | '' | passes",
        "PUT /animals/a | application/json | [] | 422 The body has another form: (type)",
        "DELETE /animals/3 | application/json | {} | 415 The operation takes no body",
        "DELETE /animals/3 | application/json | '' | passes",
        "PUT /animals/3/photos/1,2 | image/png | x | passes unseen",
        "PUT /animals/3/photos/1,2 | image/png | '' | 422 The request has no body",
        "PUT /animals/3/photos/1,2 | application/pdf | '' | 422 The request has no body",
        "PUT /animals/3/photos/1,2 | application/x+json | [] | passes",
        "PUT /animals/3/photos/1,2 | application/x+json | {} | 422 The body has another form: (type)",
        "PUT /animals/3/photos/1,2 | application/pdf | {} | passes unseen",
        "PUT /animals/3/photos/1,2 | application/json, text/plain | {} | 415 The operation takes no body of this type",
        "PUT /animals/3/photos/1,b | image/png | x | 422 The path has another form: /numbers/1 (type)",
        "PUT /animals/b/photos/1,2,3,4 | image/png | x | 422 The path has another form: /numbers (maxItems), /id (type)",
      })
  void requestsWithBodies(String line, String type, String body, String result) {
    int space = line.indexOf(' ');
    assertThat(
            result(
                SHOP_FILTER,
                line.substring(0, space),
                line.substring(space + 1),
                body,
                "Content-Type",
                type))
        .isEqualTo(result);
  }

  @Test
  void bodiesSayWhatTheyAreOnce() {
    assertThat(result(SHOP_FILTER, "POST", "/animals", "{}"))
        .isEqualTo("415 The body must be JSON, and say so");
    assertThat(result(SHOP_FILTER, "POST", "/animals", ""))
        .isEqualTo("422 The request has no body");
    assertThat(
            result(
                SHOP_FILTER,
                "POST",
                "/animals",
                "{}",
                "Content-Type",
                "application/json",
                "Content-Type",
                "text/csv"))
        .isEqualTo("415 The operation takes no body of this type");
  }

  /** Its length is not known in advance, and what is not looked at is not waited for. */
  @Test
  void bodiesInChunksAreThere() {
    String[] chunked = {"Content-Type", "image/png", "Transfer-Encoding", "chunked"};
    assertThat(result(SHOP_FILTER, "PUT", "/animals/3/photos/1", "x", chunked))
        .isEqualTo("passes unseen");
    String[] empty = {"Content-Type", "image/png", "Content-Length", "0"};
    assertThat(result(SHOP_FILTER, "PUT", "/animals/3/photos/1", "", empty))
        .isEqualTo("422 The request has no body");
  }

  @Test
  void fieldsOfTheHeader() {
    assertThat(result(SHOP_FILTER, "GET", "/animals?kind=cat", "", "x-trace", "12"))
        .isEqualTo("passes");
    assertThat(result(SHOP_FILTER, "GET", "/animals?kind=cat", "", "x-trace", "hunter2"))
        .isEqualTo("422 The header has another form: /X-Trace (type)");
    assertThat(
            result(
                SHOP_FILTER,
                "PUT",
                "/animals/1/photos/1",
                "x",
                "Content-Type",
                "image/png",
                "x-sizes",
                "1, 2",
                "x-sizes",
                "3,b"))
        .isEqualTo("422 The header has another form: /X-Sizes/3 (type)");
  }

  @Test
  void pathsBeginWithWhatTheDocumentLeavesOut() {
    Filter filter = new RequestValidation().configure(config(json(SHOP), "/shop/v9", Unknown.PASS));
    assertThat(result(filter, "GET", "/shop/v9/animals/0", "")).startsWith("422 ");
    assertThat(result(filter, "PATCH", "/shop/v9/animals/1", "")).startsWith("405 ");
    for (String path : List.of("/animals/0", "/shop/v9", "/shop/v99/animals/0", "/shop/v9x")) {
      assertThat(result(filter, "GET", path, "")).isEqualTo("passes unseen");
    }
  }

  private static String path(String operation) {
    return "{\"openapi\":\"3.1.0\",\"paths\":{\"/a/{id}\":{\"post\":" + operation + "}}}";
  }

  private static String parameter(String members) {
    return path(
        "{\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{}},{"
            + members
            + "}]}");
  }

  private static String schema(String schema) {
    return parameter("\"name\":\"q\",\"in\":\"query\",\"schema\":" + schema);
  }

  private static void refused(String document, String... why) {
    assertThatThrownBy(() -> config(json(document), "", Unknown.REFUSE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("openapi ")
        .hasMessageContainingAll(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'name':'q','in':'query' | parameters/1 must have a schema",
        "'name':'q','in':'body','schema':{} | parameters/1 must have a name, and in",
        "'in':'query','schema':{} | parameters/1 must have a name",
        "'name':'q','in':'query','content':{} | parameters/1/content is not understood",
        "'name':'q','in':'query','style':'deepObject','schema':{} | parameters/1/style is not understood in query",
        "'name':'q','in':'query','explode':false,'schema':{'type':'array'} | parameters/1/explode must be true",
        "'name':'q','in':'query','required':'yes','schema':{} | parameters/1/required must be true or false",
        "'name':'q','in':'query','schema':{'allOf':[{'type':'object'}]} | parameters/1/schema is of an object",
        "'name':'no','in':'path','required':true,'schema':{} | parameters/1 is not in the path",
        "'name':'id','in':'path','required':true,'schema':{} | parameters/1 is there twice",
        "'$ref':'#/components/parameters/none' | parameters/1/$ref leads nowhere",
        "'$ref':'other.json' | parameters/1/$ref must begin with #/components/parameters/",
        "'$ref':'#/components/parameters/%zz' | parameters/1/$ref cannot be decoded",
      })
  void parametersThatAreNotUnderstood(String members, String why) {
    refused(parameter(members.replace('\'', '"')), "/paths/~1a~1{id}/post/" + why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'$ref':'#/components/schemas/none'} | /$ref leads to no schema",
        "{'$ref':'https://example.org/a'} | /$ref must begin with #/components/",
        "{'$ref':'#'} | /$ref must begin with #/components/",
        "{'$ref':''} | /$ref must begin with #/components/",
        "{'$ref':'#/components/%zz'} | /$ref cannot be decoded",
        "{'items':{'$id':'a'}} | /items/$id is not understood",
        "{'$schema':'http://json-schema.org/draft-07/schema#'} | /$schema is of another dialect",
        "{'properties':{'a/b':{'pattern':'^(?=a)b'}}} | /properties/a~1b/pattern: the pattern",
        "{'pattern':'((a{1000}){1000}){1000}'} | /pattern: the pattern",
        "{'type':'strng'} | is no schema of draft 2020-12: /type",
        "{'allOf':{}} | is no schema of draft 2020-12: /allOf",
        "7 | is no schema of draft 2020-12",
      })
  void schemasThatCannotBeKept(String schema, String why) {
    refused(schema(schema.replace('\'', '"')), "/paths/~1a~1{id}/post/parameters/1/schema", why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'swagger':'2.0','paths':{'/':{}}} | /openapi must be 3.1",
        "{'openapi':'3.0.3','paths':{'/':{}}} | /openapi must be 3.1",
        "{'openapi':'3.1.0','jsonSchemaDialect':'urn:x','paths':{'/':{}}} | /jsonSchemaDialect is of another",
        "{'openapi':'3.1.0'} | /paths must have a path",
        "{'openapi':'3.1.0','paths':{'a':{}}} | /paths/a must begin with /",
        "{'openapi':'3.1.0','paths':{'/a//b':{}}} | /paths/~1a~1~1b has an empty segment",
        "{'openapi':'3.1.0','paths':{'/%zz':{}}} | /paths/~1%zz ",
        "{'openapi':'3.1.0','paths':{'/{a}-{b}':{}}} | not a whole segment",
        "{'openapi':'3.1.0','paths':{'/{a}/{a}':{}}} | names a parameter twice",
        "{'openapi':'3.1.0','paths':{'/a/{b}':{},'/a/{c}':{}}} | /paths/~1a~1{c} cannot be told from",
        "{'openapi':'3.1.0','paths':{'/%61':{},'/a':{}}} | /paths/~1a cannot be told from",
        "{'openapi':'3.1.0','paths':{'/{a}':{'get':{}}}} | /paths/~1{a}/get has no parameter a in path",
        "{'openapi':'3.1.0','paths':{'/a':{'gett':{}}}} | /paths/~1a/gett is not known",
        "{'openapi':'3.1.0','paths':{'/a':7}} | /paths/~1a must be an object",
        "{'openapi':'3.1.0','paths':{'/a':{'parameters':{}}}} | /paths/~1a/parameters must be an array",
        "{'openapi':'3.1.0','paths':{'/a':{'$ref':'#/components/pathItems/b','get':{}}}} | /paths/~1a/get cannot be beside $ref",
        "{'openapi':'3.1.0','paths':{'/a':{'get':7}}} | /paths/~1a/get must be an object",
        "{'openapi':'3.1.0','paths':{'/a':{'get':null}}} | /paths/~1a/get must be an object",
        "{'openapi':'3.1.0','paths':{'/a':{'get':{'$ref':'#/components/x'}}}} | /paths/~1a/get/$ref is not understood here",
        "{'openapi':'3.1.0','paths':{'/a':{'post':{'requestBody':{'content':{'a/b':7}}}}}} | content/a~1b must be an object",
        "{'openapi':'3.1.0','paths':{'/a':{'post':{'requestBody':{'content':{'a/b':{'$ref':'#/x'}}}}}}} | content/a~1b/$ref is not understood here",
        "{'openapi':'3.1.0','paths':{'/a':{'post':{'requestBody':{}}}}} | /paths/~1a/post/requestBody/content must have a media type",
        "{'openapi':'3.1.0','paths':{'/a':{'post':{'requestBody':{'content':{'*/json':{}}}}}}} | content/*~1json is no media type",
        "{'openapi':'3.1.0','paths':{'/a':{'post':{'requestBody':{'content':{'a/b':{},'A/B;c=d':{}}}}}}} | is there twice",
        "{'openapi':'3.1.0','paths':{'/a':{}},'components':{'schemas':{'x':{'minimum':'1'}}}} | /components/schemas/x is no schema",
      })
  void documentsThatCannotBeKept(String document, String why) {
    refused(document.replace('\'', '"'), why);
  }

  @Test
  void allThatIsWrongIsSaid() {
    refused(
        "{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{\"requestBody\":7},\"x\":{}},\"b\":{}},"
            + "\"components\":{\"schemas\":{\"s\":{\"type\":\"t\"}}}}",
        "/components/schemas/s is no schema",
        "; /paths/~1a/get/requestBody must be an object",
        "; /paths/~1a/x is not known",
        "; /paths/b must begin with /");
  }

  @Test
  void membersThatDoNotGoTogetherAreRefused() {
    assertThatThrownBy(() -> config(Map.of(), "", Unknown.PASS)).hasMessageContaining("openapi");
    assertThatThrownBy(() -> config(json(SHOP), "/a/", Unknown.PASS))
        .hasMessageContaining("base_path must");
    assertThatThrownBy(
            () ->
                new Config(
                    Map.of("type", "object"),
                    Map.of(),
                    Map.of(),
                    false,
                    json(SHOP),
                    "",
                    Unknown.REFUSE,
                    Mode.REPORT,
                    400,
                    5,
                    100))
        .hasMessage("openapi cannot be beside body, query, header or body_required");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"$ref\":\"#/components/schemas/a\"}",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/c\"},{\"$ref\":\"#/components/schemas/d\"}]}",
      })
  void circlesEnd(String schema) {
    String document =
        "{\"openapi\":\"3.1.0\",\"paths\":{\"/\":{\"post\":{"
            + "\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"schema\":{\"$ref\":\"#/components/schemas/a\"}}],"
            + "\"requestBody\":{\"content\":{\"*/*\":{\"schema\":"
            + schema
            + "}}}}}},\"components\":{\"schemas\":{"
            + "\"a\":{\"$ref\":\"#/components/schemas/b\"},\"b\":{\"$ref\":\"#/components/schemas/a\"},"
            + "\"c\":{\"type\":\"array\",\"items\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/c\"},{\"$ref\":\"#/components/schemas/d\"}]}},"
            + "\"d\":{\"type\":\"array\",\"items\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/c\"},{\"$ref\":\"#/components/schemas/d\"}]}}}}}";
    Filter filter = of(document);
    assertThat(
            result(
                filter,
                "POST",
                "/",
                "[".repeat(60) + "1" + "]".repeat(60),
                "Content-Type",
                "application/json"))
        .isEqualTo("422 The body is too much to check");
    assertThat(result(filter, "POST", "/?q=1", ""))
        .isEqualTo("422 The request is too much to check");
    refused(
        "{\"openapi\":\"3.1.0\",\"paths\":{\"/\":{\"$ref\":\"#/components/pathItems/a\"}},"
            + "\"components\":{\"pathItems\":{\"a\":{\"$ref\":\"#/components/pathItems/a\"}}}}",
        "/paths/~1 refers in a circle");
  }

  /** What many operations refer to is there once. */
  @Test
  void largeDocuments() {
    Map<String, Object> properties = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      properties.put("member-" + i, Map.of("type", "string", "maxLength", 10));
    }
    Map<String, Object> body =
        Map.of(
            "content",
            Map.of(
                "application/json",
                Map.of("schema", Map.of("$ref", "#/components/schemas/large"))));
    Map<String, Object> paths = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      paths.put("/path-" + i, Map.of("post", Map.of("requestBody", body)));
    }
    Map<String, Object> document = new HashMap<>();
    document.put("openapi", "3.1.0");
    document.put("paths", paths);
    document.put(
        "components", Map.of("schemas", Map.of("large", Map.of("properties", properties))));
    Filter filter = new RequestValidation().configure(config(document, "", Unknown.REFUSE));
    assertThat(
            result(
                filter,
                "POST",
                "/path-999",
                "{\"member-7\":\"0123456789x\"}",
                "Content-Type",
                "application/json"))
        .isEqualTo("422 The body has another form: /member-7 (maxLength)");
    paths.put("/path-0", Map.of("post", Map.of(), "get", Map.of()));
    assertThatThrownBy(() -> config(document, "", Unknown.REFUSE))
        .hasMessageContaining("more operations than 1000");
    document.put("x-all", Collections.nCopies(50_000, 1));
    assertThatThrownBy(() -> config(document, "", Unknown.REFUSE))
        .hasMessageContaining("more than 50000 values");
  }
}
