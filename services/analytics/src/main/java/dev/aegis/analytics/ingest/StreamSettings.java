package dev.aegis.analytics.ingest;

import dev.aegis.bus.BusSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * How the stream is set up.
 *
 * @param bus where Kafka is
 * @param directory of the stores
 * @param node name of this process, unique among the instances
 */
record StreamSettings(BusSettings bus, Path directory, String node) {
  /** Name of the application: of the consumer group, and in front of its internal topics. */
  static final String APPLICATION = "aegis-analytics";

  private static final int COMMIT_MILLIS = 500;
  private static final int SESSION_MILLIS = 10_000;
  private static final int HEARTBEAT_MILLIS = 2_000;
  private static final long CACHE_BYTES = 16L << 20;

  Map<String, Object> streams() {
    Map<String, Object> config = common();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_MILLIS);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
    config.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksMemory.class);
    // A process that was killed takes its place in the group again at once under this name; without
    // it, the group would first wait for the dead one's session to end.
    config.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
        node.replaceAll("[^a-zA-Z0-9._-]", "-"));
    config.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), SESSION_MILLIS);
    config.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG),
        HEARTBEAT_MILLIS);
    return config;
  }

  Map<String, Object> admin() {
    Map<String, Object> config = common();
    config.put(AdminClientConfig.CLIENT_ID_CONFIG, bus.clientId() + "-lag");
    config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
    return config;
  }

  private Map<String, Object> common() {
    Map<String, Object> config = new HashMap<>();
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bus.bootstrap());
    config.put(CommonClientConfigs.CLIENT_ID_CONFIG, bus.clientId());
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 50);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    config.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, 2_000);
    config.put("enable.metrics.push", false);
    return config;
  }
}
