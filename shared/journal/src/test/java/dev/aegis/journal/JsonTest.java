package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is one JSON object, and what some readers only take for one. */
final class JsonTest {
  @Test
  void readsUtf8() throws IOException {
    byte[] bytes = "{\"a\":\"\u00e9\ud83d\ude00\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(Json.readObject(bytes).path("a").textValue()).isEqualTo("\u00e9\ud83d\ude00");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE"})
  void refusesOtherEncodings(String charset) {
    byte[] bytes = "{\"a\":1}".getBytes(Charset.forName(charset));
    assertThatThrownBy(() -> Json.readObject(bytes)).isInstanceOf(IOException.class);
  }

  /** RFC 3629 sections 3 and 10: what is no UTF-8 must not become a letter. */
  @ParameterizedTest
  @CsvSource({
    "a letter in two bytes,c1a1",
    "a letter in three bytes,e081a1",
    "a quote in two bytes,c0a2",
    "half a surrogate pair,eda080",
    "beyond Unicode,f4908080",
    "a lone continuation,80",
    "a cut letter,c3",
    "Latin-1,e9"
  })
  void refusesWhatIsNoUtf8(String what, String hex) {
    byte[] bytes = HexFormat.of().parseHex("7b2261223a22" + hex + "227d");
    assertThatThrownBy(() -> Json.readObject(bytes)).as(what).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{} {}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":01}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":1}/**/",
        "\ufeff{}"
      })
  void refusesWhatIsNotStrictlyOneObject(String text) {
    assertThatThrownBy(() -> Json.readObject(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class);
  }
}
