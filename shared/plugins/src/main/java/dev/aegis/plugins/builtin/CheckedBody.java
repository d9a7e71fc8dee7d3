package dev.aegis.plugins.builtin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Function;

/**
 * A body that goes on as it came, and is looked at as JSON when it is there. Strict, so that the
 * backend reads in it what was looked at: no name twice in one object, nothing behind the document.
 */
final class CheckedBody implements BodyEdit {
  private static final int DEEPEST = 100;
  private static final int MOST_DIGITS = 400;

  /** Each takes some thirty times of its bytes in memory. */
  private static final long MOST_TOKENS = 300_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxNumberLength(MOST_DIGITS)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final Request request;
  private final int most;
  private final Function<Came, Verdict> judge;
  private final ByteArrayOutputStream came = new ByteArrayOutputStream();
  private boolean longer;

  /**
   * @param most bytes that are looked at
   */
  CheckedBody(Request request, int most, Function<Came, Verdict> judge) {
    this.request = request;
    this.most = most;
    this.judge = judge;
  }

  /** What came. */
  sealed interface Came {}

  /** No body. */
  record Nothing() implements Came {}

  /** Something that is not to be read, for a reason that the caller is told. */
  record Unreadable(int status, String why) implements Came {}

  /** JSON, and how many bytes it took. */
  record Document(JsonNode document, int bytes) implements Came {}

  @Override
  public void piece(byte[] bytes, Out out) {
    longer |= bytes.length > most - came.size();
    if (!longer) {
      came.writeBytes(bytes);
    }
    out.add(bytes);
  }

  @Override
  public Verdict end(Out out) {
    return judge.apply(read());
  }

  private Came read() {
    if (longer) {
      return new Unreadable(413, "The body is too long to be checked");
    }
    if (came.size() == 0) {
      return new Nothing();
    }
    if (request.headers("content-type").size() != 1
        || !JsonBody.announced(request.header("content-type"))) {
      return new Unreadable(415, "The body must be JSON, and say so");
    }
    String coding = request.header("content-encoding");
    if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      return new Unreadable(415, "The body must be sent without Content-Encoding");
    }
    JsonNode document;
    try {
      document = MAPPER.readTree(came.toByteArray());
    } catch (IOException e) {
      return new Unreadable(400, "The body is not JSON that can be checked");
    }
    return document.isMissingNode() || enormous(document)
        ? new Unreadable(400, "The body is not JSON that can be checked")
        : new Document(document, came.size());
  }

  /** Whether it has a number that takes more memory to calculate with than it has digits. */
  private static boolean enormous(JsonNode value) {
    if (value.isBigDecimal() && Math.abs((long) value.decimalValue().scale()) > MOST_DIGITS) {
      return true;
    }
    for (JsonNode each : value) {
      if (enormous(each)) {
        return true;
      }
    }
    return false;
  }
}
