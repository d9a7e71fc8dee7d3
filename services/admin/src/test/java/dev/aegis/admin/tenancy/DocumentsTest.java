package dev.aegis.admin.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Documents, their defaults, patches and differences. */
final class DocumentsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          TENANT   | {"id":"t","name":"T"}
          UPSTREAM | {"id":"u","service":"s"}
          UPSTREAM | {"id":"u","targets":[{"url":"http://a:1"}],"timeouts":{"idle_ms":5}}
          ROUTE    | {"id":"r","paths":["/**"],"upstream":"u"}
          ISSUER   | {"id":"i","issuer":"x","algorithms":["EdDSA"],"public_keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
          ROLE     | {"id":"r","permissions":[{"paths":["/**"]}]}
          ROLE     | {"id":"r","permissions":[{"paths":["/*"],"when":[{"claim":"a","present":true}],"where":{"1":"sub"}}]}
          BINDING  | {"id":"b","subject":"alice","roles":["r"]}
          PLUGIN   | {"id":"p","plugin":"rate_limit"}
          WEBHOOK  | {"id":"w","url":"http://a","events":["*"]}
          """)
  void defaultsWrittenDownMeanWhatTheirAbsenceMeans(Kind kind, String json) throws IOException {
    ObjectNode sent = read(json);
    ObjectNode complete = Documents.complete(kind, sent.path("id").asText(), sent);
    assertThat(Definition.read(kind, complete)).isEqualTo(Definition.read(kind, sent));
    assertThat(complete).isNotEqualTo(sent);
    assertThat(Documents.complete(kind, sent.path("id").asText(), complete)).isEqualTo(complete);
  }

  /** The examples of RFC 7396 appendix A whose documents are objects. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"a":"b"}         | {"a":"c"}                | {"a":"c"}
          {"a":"b"}         | {"b":"c"}                | {"a":"b","b":"c"}
          {"a":"b"}         | {"a":null}               | {}
          {"a":"b","b":"c"} | {"a":null}               | {"b":"c"}
          {"a":["b"]}       | {"a":"c"}                | {"a":"c"}
          {"a":"c"}         | {"a":["b"]}              | {"a":["b"]}
          {"a":{"b":"c"}}   | {"a":{"b":"d","c":null}} | {"a":{"b":"d"}}
          {"a":[{"b":"c"}]} | {"a":[1]}                | {"a":[1]}
          {"e":null}        | {"a":1}                  | {"e":null,"a":1}
          {}                | {"a":{"bb":{"c":null}}}  | {"a":{"bb":{}}}
          """)
  void aMergePatchDoesWhatTheRfcSays(String target, String patch, String result)
      throws IOException {
    assertThat(MergePatch.apply(read(target), read(patch))).isEqualTo(read(result));
  }

  @Test
  void aDifferenceShowsOldAndNewButNoSecret() throws IOException {
    ObjectNode before = read("{\"id\":\"i\",\"a~/b\":1,\"c\":{\"d\":1},\"secret\":{\"x\":1}}");
    ObjectNode after = read("{\"id\":\"i\",\"c\":{\"d\":2},\"e\":[3],\"secret\":{\"x\":2}}");
    assertThat(Difference.between(Kind.ISSUER, before, after))
        .containsExactlyInAnyOrder(
            read("{\"op\":\"remove\",\"path\":\"/a~0~1b\",\"from\":1}"),
            read("{\"op\":\"replace\",\"path\":\"/c/d\",\"from\":1,\"value\":2}"),
            read("{\"op\":\"add\",\"path\":\"/e\",\"value\":[3]}"),
            read(
                "{\"op\":\"replace\",\"path\":\"/secret\",\"from\":\"[redacted]\","
                    + "\"value\":\"[redacted]\"}"));
    assertThat(Difference.between(Kind.ISSUER, null, after).toString())
        .contains("\"add\"")
        .doesNotContain("secret");
    assertThat(Difference.between(Kind.ISSUER, after, null).toString()).contains("\"remove\"");
    assertThat(Difference.between(Kind.ISSUER, after, after)).isEmpty();
  }

  private static ObjectNode read(String json) throws IOException {
    return Json.readObject(json.getBytes(StandardCharsets.UTF_8));
  }
}
