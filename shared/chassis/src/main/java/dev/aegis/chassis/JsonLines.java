package dev.aegis.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Encodes what is logged as one JSON object a line, in valid UTF-8 whatever the texts hold;
 * ready-made lines pass as they are.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final JsonFactory JSON = new JsonFactory();

  /** Longest text of a field, in characters; what is beyond it is cut off. */
  private static final int LONGEST = 1 << 15;

  private final String service;

  JsonLines(String service) {
    this.service = service;
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    if (event instanceof ReadyLines lines) {
      return lines.bytes();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("timestamp", event.getInstant().toString());
      json.writeStringField("level", event.getLevel().toString());
      json.writeStringField("service", ServiceNames.ofLogger(event.getLoggerName(), service));
      for (Map.Entry<String, String> entry : event.getMDCPropertyMap().entrySet()) {
        text(json, entry.getKey(), entry.getValue());
      }
      @Nullable List<KeyValuePair> pairs = event.getKeyValuePairs();
      if (pairs != null) {
        for (KeyValuePair pair : pairs) {
          text(json, pair.key, String.valueOf(pair.value));
        }
      }
      json.writeStringField("logger", event.getLoggerName());
      text(json, "message", event.getFormattedMessage());
      if (event.getThrowableProxy() != null) {
        text(json, "exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return out.toByteArray();
  }

  private static void text(JsonGenerator json, String name, String text) throws IOException {
    String shown = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    // Half a surrogate pair has no form in UTF-8, and the generator would refuse the whole line.
    json.writeStringField(name, new String(shown.getBytes(UTF_8), UTF_8));
  }
}
