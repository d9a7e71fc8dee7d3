package dev.aegis.bus;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes Kafka clients with the few settings that all of them share. */
final class Clients {
  /** Longest wait for one answer of a broker that took the request. */
  static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  private Clients() {}

  static Admin admin(BusSettings settings, String role) throws BusUnavailable {
    Map<String, Object> config = common(settings, role);
    config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    try {
      return Admin.create(config);
    } catch (KafkaException e) {
      throw new BusUnavailable("Kafka cannot be addressed: " + reason(e), e);
    }
  }

  static KafkaConsumer<byte[], byte[]> consumer(
      BusSettings settings, String role, Map<String, Object> more) {
    Map<String, Object> config = common(settings, role);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.putAll(more);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static KafkaProducer<byte[], byte[]> producer(
      BusSettings settings, String role, Map<String, Object> more) {
    Map<String, Object> config = common(settings, role);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // With more, a broker that refuses a producer's first batch for a partition, because it is just
    // making it, may take the second, and then refuses the first for ever as out of order.
    config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    config.putAll(more);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Waits for an answer.
   *
   * @param what was asked, for the message
   */
  static <T> T await(KafkaFuture<T> answer, Duration bound, String what)
      throws BusUnavailable, InterruptedException {
    try {
      return answer.get(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BusUnavailable(what + ": " + reason(cause), cause);
    } catch (TimeoutException e) {
      throw new BusUnavailable(what + ": no answer within " + bound.toMillis() + " ms", e);
    }
  }

  /** A failure as one line. */
  static String reason(Throwable failure) {
    String message = failure.getMessage();
    return failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }

  private static Map<String, Object> common(BusSettings settings, String role) {
    Map<String, Object> config = new HashMap<>();
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrap());
    config.put(CommonClientConfigs.CLIENT_ID_CONFIG, settings.clientId() + "-" + role);
    config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST_TIMEOUT.toMillis());
    // A broker that comes back is noticed within half a second, whatever it was away for.
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 50);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    config.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, 50);
    config.put(CommonClientConfigs.RETRY_BACKOFF_MAX_MS_CONFIG, 500);
    config.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, 2_000);
    config.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    config.put("metric.reporters", "");
    return config;
  }
}
