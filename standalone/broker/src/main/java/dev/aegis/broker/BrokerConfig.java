package dev.aegis.broker;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The Kafka configuration of one node that is broker and controller, on loopback. */
final class BrokerConfig {
  private BrokerConfig() {}

  /**
   * @param port of the clients' listener
   * @param controllerPort of the controller's own listener; may differ from start to start, because
   *     the quorum is named here and not in the stored log
   * @param logs folder of the topics' logs
   */
  static Map<String, String> of(int port, int controllerPort, Path logs) {
    Map<String, String> config = new TreeMap<>();
    config.put("process.roles", "broker,controller");
    config.put("node.id", "1");
    config.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    config.put("controller.listener.names", "CONTROLLER");
    config.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    config.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    config.put("log.dirs", logs.toString());

    // One node holds the only copy of everything.
    config.put("default.replication.factor", "1");
    config.put("min.insync.replicas", "1");
    for (String internal :
        new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
      config.put(internal + ".replication.factor", "1");
      // Kafka's 50 each are made for a cluster; here they only delay the first start.
      config.put(internal + ".num.partitions", "3");
    }
    config.put("transaction.state.log.min.isr", "1");
    config.put("share.coordinator.state.topic.min.isr", "1");
    // The services make their topics; a misspelled name must fail.
    config.put("auto.create.topics.enable", "false");

    // A member that is killed is missed soon, and a group of one needs to wait for nobody.
    config.put("group.initial.rebalance.delay.ms", "0");
    config.put("group.min.session.timeout.ms", "2000");
    config.put("group.consumer.min.session.timeout.ms", "6000");
    config.put("group.consumer.session.timeout.ms", "10000");
    config.put("group.consumer.min.heartbeat.interval.ms", "1000");
    config.put("group.consumer.heartbeat.interval.ms", "2000");

    // Small: the default cleaner alone wants 128 MiB of heap.
    config.put("log.cleaner.dedupe.buffer.size", "8388608");
    config.put("log.cleaner.io.buffer.size", "131072");
    config.put("num.network.threads", "2");
    config.put("num.io.threads", "4");
    config.put("background.threads", "2");
    config.put("num.recovery.threads.per.data.dir", "2");
    config.put("log.index.size.max.bytes", "2097152");
    return config;
  }
}
