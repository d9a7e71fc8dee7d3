package dev.aegis.admin.declared;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * The same documents as YAML (RFC 9512), of which only that is taken that JSON can say: one
 * document, no member twice, no aliases.
 */
public final class Yaml {
  private static final int MAX_DEPTH = 64;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              YAMLFactory.builder()
                  .loaderOptions(options())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .disable(YAMLGenerator.Feature.SPLIT_LINES)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Yaml() {}

  private static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(Integer.MAX_VALUE); // whoever reads the body has bounded it
    options.setNestingDepthLimit(MAX_DEPTH);
    return options;
  }

  /**
   * Reads one object.
   *
   * @throws IOException when the bytes are anything else; the message does not repeat them
   */
  public static ObjectNode readObject(byte[] bytes) throws IOException {
    try (JsonParser parser = new NoAliases(MAPPER.getFactory().createParser(bytes))) {
      JsonNode node = MAPPER.readTree(parser);
      if (!(node instanceof ObjectNode object)) {
        throw new IOException("not a YAML mapping");
      }
      if (parser.nextToken() != null) {
        throw new IOException("more than one YAML document");
      }
      return object;
    } catch (JsonProcessingException e) {
      throw new IOException(
          "not YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + (e.getLocation() == null
                  ? ""
                  : " at line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()),
          e);
    }
  }

  /** The UTF-8 form of {@code node}. */
  public static byte[] write(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can always be written", e);
    }
  }

  /** Left to itself the parser makes a text of an alias, which is its name. */
  private static final class NoAliases extends JsonParserDelegate {
    private NoAliases(JsonParser parser) {
      super(parser);
    }

    @Override
    public JsonToken nextToken() throws IOException {
      JsonToken token = super.nextToken();
      if (delegate instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
        throw new IOException("an alias (*name) in YAML; say it in full");
      }
      return token;
    }
  }
}
