package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Publishes events that are numbered per key, and knows what must arrive. */
final class NumberedEvents {
  private static final int KEYS = 7;

  private final Map<String, List<String>> expected = new HashMap<>();
  private final String topic;
  private int next;

  NumberedEvents() {
    this(Topics.REQUESTS);
  }

  NumberedEvents(String topic) {
    this.topic = topic;
  }

  /** Publishes {@code count} events over several keys. */
  void publish(EventPublisher publisher, int count) {
    for (int i = 0; i < count; i++) {
      int number = next++;
      String key = "tenant" + number % KEYS;
      String data = "{\"n\":" + number + ",\"filler\":\"" + "x".repeat(200) + "\"}";
      expected.computeIfAbsent(key, k -> new ArrayList<>()).add(data);
      publisher.publish(
          new OutgoingEvent(
              topic,
              key,
              "aegis.request.v1",
              key,
              1_700_000_000_000L + number,
              data.getBytes(StandardCharsets.UTF_8)));
    }
  }

  int count() {
    return next;
  }

  /** Every event is there, per key in the order of publishing, once doubles are dropped. */
  void assertArrived(String bootstrap) throws Exception {
    ReceivedEvents received = ReceivedEvents.of(bootstrap, topic);
    Map<String, List<String>> byKey = received.byKey();
    assertThat(byKey.keySet()).isEqualTo(expected.keySet());
    expected.forEach((key, data) -> assertThat(byKey.get(key)).as(key).isEqualTo(data));
  }
}
