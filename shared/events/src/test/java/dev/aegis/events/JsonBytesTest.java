package dev.aegis.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class JsonBytesTest {
  private final ObjectMapper jackson = new ObjectMapper();

  @Property
  void anyTextAndNumberReadBack(@ForAll String text, @ForAll long number) throws Exception {
    byte[] json =
        new JsonBytes(64)
            .open()
            .text(JsonBytes.name("text"), text)
            .number(JsonBytes.name("number"), number)
            .close()
            .toBytes();

    JsonNode read = jackson.readTree(json);
    assertThat(read.path("text").textValue()).isEqualTo(wellFormed(text));
    assertThat(read.path("number").longValue()).isEqualTo(number);
  }

  /** The text with U+FFFD for each half of a surrogate pair that stands alone. */
  private static String wellFormed(String text) {
    StringBuilder whole = new StringBuilder();
    text.codePoints()
        .forEach(
            point ->
                whole.appendCodePoint(
                    point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE
                        ? 0xfffd
                        : point));
    return new String(whole.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
