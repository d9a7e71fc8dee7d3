package dev.aegis.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Requests of one tenant that began in one minute and whose events were given up: type {@code
 * aegis.requests_lost.v1}, on the topic of the request events. It lets who counts say how many are
 * missing.
 *
 * @param minute its first moment
 * @param count requests, at least 1
 */
public record RequestsLost(Instant minute, long count) {
  /** Type of the event on the wire. */
  public static final String TYPE = "aegis.requests_lost.v1";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  public RequestsLost {
    minute = minute.truncatedTo(ChronoUnit.MINUTES);
    if (count < 1) {
      throw new IllegalArgumentException("Nothing is lost");
    }
  }

  /** The event's data as it goes over the wire. */
  public byte[] toJson() {
    JsonBytes json = new JsonBytes(64);
    return json.open()
        .time(JsonBytes.name("minute"), minute.getEpochSecond(), 0)
        .number(JsonBytes.name("count"), count)
        .close()
        .toBytes();
  }

  /**
   * Reads the data. Members that this version does not know are passed over.
   *
   * @throws MalformedEvent when it is not what it must be
   */
  public static RequestsLost parse(byte[] json) throws MalformedEvent {
    try {
      JsonNode data = MAPPER.readTree(json);
      JsonNode minute = data.path("minute");
      JsonNode count = data.path("count");
      if (!minute.isTextual() || !count.canConvertToLong() || count.asLong() < 1) {
        throw new MalformedEvent("it has no minute or no count");
      }
      return new RequestsLost(Instant.parse(minute.asText()), count.asLong());
    } catch (MalformedEvent e) {
      throw e;
    } catch (IOException | DateTimeException e) {
      throw new MalformedEvent("the data cannot be read", e);
    }
  }
}
