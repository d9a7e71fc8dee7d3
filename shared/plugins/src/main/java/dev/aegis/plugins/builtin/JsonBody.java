package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Reply;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * A body of JSON that is changed as a whole. Strict: of two members with one name, of which two
 * readers may take different ones, none is taken; numbers stay as they were written.
 */
final class JsonBody implements BodyEdit {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final Verdict NOT_JSON = new Verdict.Refuse(400, "The body is not JSON");
  private static final Verdict CODED =
      new Verdict.Refuse(415, "The body must be sent without Content-Encoding");

  private final boolean ofRequest;
  private final boolean coded;
  private final int most;
  private final UnaryOperator<JsonNode> change;
  private final ByteArrayOutputStream came = new ByteArrayOutputStream();

  private JsonBody(boolean ofRequest, String coding, int most, UnaryOperator<JsonNode> change) {
    this.ofRequest = ofRequest;
    this.coded = !coding.isEmpty() && !coding.equalsIgnoreCase("identity");
    this.most = most;
    this.change = change;
  }

  /** The body of a request; one that is not JSON is refused. */
  static BodyEdit ofRequest(Request request, UnaryOperator<JsonNode> change) {
    return new JsonBody(true, request.header("Content-Encoding"), Integer.MAX_VALUE, change);
  }

  /** The body of a reply; one that is not JSON is a failure. */
  static BodyEdit ofReply(Reply reply, int most, UnaryOperator<JsonNode> change) {
    return new JsonBody(false, reply.header("Content-Encoding"), most, change);
  }

  /** Whether this content type says that a body is JSON (RFC 8259 section 11, RFC 6839). */
  static boolean announced(String contentType) {
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json") || type.endsWith("+json");
  }

  /** A JSON value, or a text as it is. */
  static JsonNode value(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }

  @Override
  public void piece(byte[] bytes, Out out) {
    if (bytes.length > most - came.size()) {
      throw new IllegalStateException("the body has more than " + most + " bytes");
    }
    came.writeBytes(bytes);
  }

  @Override
  public Verdict end(Out out) {
    if (came.size() == 0) {
      return Verdict.PASS;
    }
    if (coded) {
      return wrong(CODED);
    }
    JsonNode body;
    try {
      body = MAPPER.readTree(came.toByteArray());
    } catch (IOException e) {
      return wrong(NOT_JSON);
    }
    try {
      out.add(MAPPER.writeValueAsBytes(change.apply(body)));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e); // a tree that was read can be written
    }
    return Verdict.PASS;
  }

  /** A caller is told; an upstream that says what it does not send has failed. */
  private Verdict wrong(Verdict verdict) {
    if (!ofRequest) {
      throw new IllegalStateException("the reply is not plain JSON, though it says so");
    }
    return verdict;
  }
}
