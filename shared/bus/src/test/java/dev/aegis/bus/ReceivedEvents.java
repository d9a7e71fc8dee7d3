package dev.aegis.bus;

import dev.aegis.events.Envelope;
import dev.aegis.events.MalformedEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Everything that a topic holds, read as a reader that drops doubles would. */
final class ReceivedEvents {
  /**
   * One event.
   *
   * @param text its data
   */
  record Received(int partition, Envelope envelope, String key, String text) {}

  private final List<Received> all = new ArrayList<>();

  private ReceivedEvents() {}

  /** Reads {@code topic} from its beginning to its present end. */
  static ReceivedEvents of(String bootstrap, String topic) throws MalformedEvent {
    ReceivedEvents received = new ReceivedEvents();
    try (KafkaConsumer<byte[], byte[]> consumer =
        Clients.consumer(new BusSettings(bootstrap, "test"), "events", Map.of())) {
      List<TopicPartition> partitions =
          IntStream.range(0, consumer.partitionsFor(topic).size())
              .mapToObj(partition -> new TopicPartition(topic, partition))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          Envelope envelope =
              Envelope.read(
                  name -> {
                    var header = record.headers().lastHeader(name);
                    return header == null ? null : header.value();
                  });
          received.all.add(
              new Received(
                  record.partition(),
                  envelope,
                  new String(record.key(), StandardCharsets.UTF_8),
                  new String(record.value(), StandardCharsets.UTF_8)));
        }
      }
    }
    return received;
  }

  List<Received> all() {
    return all;
  }

  /** What is left when doubles are dropped by the highest sequence per run and partition. */
  List<Received> once() {
    Map<String, Long> highest = new HashMap<>();
    List<Received> once = new ArrayList<>();
    for (Received each : all) {
      String place = each.envelope().run() + "/" + each.partition();
      if (each.envelope().sequence() > highest.getOrDefault(place, 0L)) {
        highest.put(place, each.envelope().sequence());
        once.add(each);
      }
    }
    return once;
  }

  /** The data of {@link #once()}, by key, in order. */
  Map<String, List<String>> byKey() {
    Map<String, List<String>> byKey = new HashMap<>();
    for (Received each : once()) {
      byKey.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each.text());
    }
    return byKey;
  }

  /** Runs that took part. */
  Set<String> runs() {
    Set<String> runs = new HashSet<>();
    all.forEach(each -> runs.add(each.envelope().run()));
    return runs;
  }
}
