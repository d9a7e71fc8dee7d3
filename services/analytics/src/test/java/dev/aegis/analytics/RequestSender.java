package dev.aegis.analytics;

import dev.aegis.analytics.ingest.Events;
import dev.aegis.bus.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Publishes request events as a gateway does, and can publish some of them again. */
final class RequestSender implements AutoCloseable {
  private final KafkaProducer<byte[], byte[]> producer;
  private final List<Future<?>> sent = new ArrayList<>();

  RequestSender(String bootstrap) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "linger.ms", 5, "acks", "all"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** One request; the same run and sequence make the same event. */
  void send(String tenant, int status, Instant startedAt, long micros, String run, long sequence) {
    sent.add(
        producer.send(
            new ProducerRecord<>(
                Topics.REQUESTS,
                null,
                startedAt.toEpochMilli(),
                Events.bytes(tenant),
                Events.event(
                        tenant,
                        "route-" + sequence % 5,
                        "user-" + sequence % 7,
                        status,
                        startedAt,
                        micros)
                    .toJson(),
                Events.headers(tenant, startedAt, run, sequence))));
  }

  /** Returns when Kafka has everything that was sent. */
  void flush() throws ExecutionException, InterruptedException {
    producer.flush();
    for (Future<?> each : sent) {
      each.get();
    }
    sent.clear();
  }

  @Override
  public void close() {
    producer.close();
  }
}
