package dev.aegis.gateway.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Field blocks (RFC 7541): the examples of its appendix C, and bytes that are none. */
final class FieldBlockTest {
  private static List<String> decode(FieldDecoder decoder, String hex) throws ConnectionError {
    List<String> lines = new ArrayList<>();
    byte[] block = HexFormat.of().parseHex(hex.replace(" ", ""));
    decoder.decode(
        block,
        0,
        block.length,
        line ->
            lines.add(
                new String(line.name(), ISO_8859_1) + "=" + new String(line.value(), ISO_8859_1)));
    return lines;
  }

  @Test
  void readsTheExamplesOfRequestsWithoutHuffman() throws Exception {
    FieldDecoder decoder = new FieldDecoder();
    assertThat(decode(decoder, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"))
        .containsExactly(":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com");
    assertThat(decode(decoder, "8286 84be 5808 6e6f 2d63 6163 6865"))
        .containsExactly(
            ":method=GET",
            ":scheme=http",
            ":path=/",
            ":authority=www.example.com",
            "cache-control=no-cache");
    assertThat(
            decode(
                decoder,
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"))
        .containsExactly(
            ":method=GET",
            ":scheme=https",
            ":path=/index.html",
            ":authority=www.example.com",
            "custom-key=custom-value");
  }

  @Test
  void readsTheExamplesOfRequestsWithHuffman() throws Exception {
    FieldDecoder decoder = new FieldDecoder();
    assertThat(decode(decoder, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))
        .endsWith(":authority=www.example.com");
    assertThat(decode(decoder, "8286 84be 5886 a8eb 1064 9cbf"))
        .endsWith(":authority=www.example.com", "cache-control=no-cache");
    assertThat(decode(decoder, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))
        .endsWith(":authority=www.example.com", "custom-key=custom-value");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          index 0                                | 80
          an index beyond both tables            | be
          an index without its end               | ff
          a number that never ends               | ff ffff ffff ffff ffff
          a number beyond every table            | ff ffff ff7f
          no value                               | 0001 61
          a name that ends early                 | 0005 6162
          a value that ends early                | 0001 6105 62
          nothing behind a name's index          | 41
          a larger table than was offered        | 3f e21f
          a new size behind a field              | 82 20
          padding of more than seven bits        | 0001 6182 1fff
          padding that is not all ones           | 0001 6181 18
          the end mark in a string               | 0001 6184 ffff ffff
          """)
  void refusesWhatIsNoBlock(String what, String hex) {
    assertThatThrownBy(() -> decode(new FieldDecoder(), hex))
        .as(what)
        .isInstanceOfSatisfying(
            ConnectionError.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.COMPRESSION_ERROR));
  }

  @Test
  void refusesAFewBytesThatUnfoldToMegabytes() throws Exception {
    FieldDecoder decoder = new FieldDecoder();
    StringBuilder bomb = new StringBuilder("4001617f").append("a11e"); // a 4,000 byte value, kept
    bomb.append("62".repeat(4_000));
    assertThat(decode(decoder, bomb.toString())).hasSize(1);
    assertThatThrownBy(() -> decode(decoder, "be".repeat(100)))
        .isInstanceOfSatisfying(
            ConnectionError.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM));
  }

  @Test
  void forgetsTheOldestFieldsAndThoseThatNeverFit() throws Exception {
    FieldDecoder decoder = new FieldDecoder();
    for (int i = 0; i < 500; i++) {
      String name = HexFormat.of().formatHex(String.format("n%03d", i).getBytes(ISO_8859_1));
      decode(decoder, "4004" + name + "0176");
    }
    // 4096 / (4 + 1 + 32) fields are kept
    assertThat(decode(decoder, "be")).containsExactly("n499=v");
    assertThat(decode(decoder, "ff2c")).containsExactly("n390=v"); // 171 = 61 + 110
    assertThatThrownBy(() -> decode(decoder, "ff2d")).isInstanceOf(ConnectionError.class);
    assertThat(decode(decoder, "20")).isEmpty(); // now the table is
    assertThatThrownBy(() -> decode(decoder, "be")).isInstanceOf(ConnectionError.class);
  }

  /** What is no block is refused, and nothing else happens: no other exception, no endless loop. */
  @Property(tries = 5_000)
  void readsOrRefusesAnyBytes(@ForAll @Size(max = 200) byte[] bytes) {
    FieldDecoder decoder = new FieldDecoder();
    try {
      decoder.decode(bytes, 0, bytes.length, line -> assertThat(line.size()).isPositive());
    } catch (ConnectionError e) {
      assertThat(e.code()).isIn(ErrorCode.COMPRESSION_ERROR, ErrorCode.ENHANCE_YOUR_CALM);
    }
  }

  /** A head goes out and comes in again as it was, but for the case of names and white space. */
  @Property(tries = 500)
  void whatIsEncodedIsDecoded(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    StringBuilder lines = new StringBuilder("HTTP/1.1 " + (200 + random.nextInt(300)) + " Why\r\n");
    StringBuilder wanted = new StringBuilder(lines.substring(0, 13) + "\r\n");
    for (int i = random.nextInt(20); i > 0; i--) {
      String name = List.of("X-A", "content-type", "ETag", "vary", "Set-Cookie").get(i % 5);
      String value = "v".repeat(random.nextInt(300)) + (char) (0xa0 + random.nextInt(90));
      lines.append(name).append(":").append(" \t".repeat(i % 3)).append(value).append(" \r\n");
      wanted.append(name.toLowerCase(java.util.Locale.ROOT)).append(": ").append(value);
      wanted.append("\r\n");
    }
    byte[] bytes = lines.toString().getBytes(ISO_8859_1);
    byte[] block = FieldEncoder.reply(bytes, 0, bytes.length);
    HeadFields fields = new HeadFields(HeadFields.Kind.REPLY);
    new FieldDecoder().decode(block, 0, block.length, fields);
    String head = new String(fields.reply(false, false), ISO_8859_1);
    assertThat(head).isEqualTo(wanted + "transfer-encoding: chunked\r\n\r\n");
  }
}
