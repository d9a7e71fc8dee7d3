package dev.aegis.bus;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** The topics that Aegis lives on, and how each is kept. */
public final class Topics {
  /** The journal: configuration, for ever, revision = offset. */
  public static final String CONFIG = "aegis.config";

  /** Request events, by tenant. */
  public static final String REQUESTS = "aegis.requests";

  /** Events for webhooks, by tenant. */
  public static final String EVENTS = "aegis.events";

  /** State of each delivery, by endpoint. */
  public static final String DELIVERIES = "aegis.deliveries";

  /** Metered usage, by tenant. */
  public static final String USAGE = "aegis.usage";

  /** What each node says of itself, by node. */
  public static final String NODES = "aegis.nodes";

  /** What was refused to operators, and what they did beside changing the configuration. */
  public static final String AUDIT = "aegis.audit";

  private static final String DEAD = ".dead";
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final String FOR_EVER = "-1";

  private static final List<Topic> ALL =
      List.of(
          new Topic(CONFIG, 1, Map.of(TopicConfig.RETENTION_MS_CONFIG, FOR_EVER)),
          new Topic(REQUESTS, 3, kept(7)),
          new Topic(EVENTS, 3, kept(7)),
          new Topic(
              DELIVERIES,
              3,
              Map.of(
                  TopicConfig.CLEANUP_POLICY_CONFIG,
                  "compact,delete",
                  TopicConfig.RETENTION_MS_CONFIG,
                  days(30))),
          new Topic(
              USAGE,
              3,
              Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)),
          new Topic(
              NODES,
              1,
              Map.of(
                  TopicConfig.CLEANUP_POLICY_CONFIG,
                  TopicConfig.CLEANUP_POLICY_COMPACT,
                  // Heartbeats: without a small segment the topic would hold days of them.
                  TopicConfig.SEGMENT_MS_CONFIG,
                  Long.toString(Duration.ofHours(1).toMillis()),
                  TopicConfig.SEGMENT_BYTES_CONFIG,
                  Integer.toString(16 << 20))),
          // One partition: it is read backwards, in one order.
          new Topic(AUDIT, 1, kept(365)),
          new Topic(dead(REQUESTS), 1, kept(30)),
          new Topic(dead(EVENTS), 1, kept(30)),
          new Topic(dead(DELIVERIES), 1, kept(30)));

  private Topics() {}

  private record Topic(String name, int partitions, Map<String, String> config) {}

  /** The topic for records of {@code topic} that its reader cannot work with. */
  public static String dead(String topic) {
    return topic + DEAD;
  }

  /**
   * Makes the topics that are missing; leaves those that are there as they are.
   *
   * @throws BusUnavailable when Kafka did not do it within 10 s, or its name does not resolve
   */
  public static void ensure(BusSettings settings) throws BusUnavailable, InterruptedException {
    Admin admin = Clients.admin(settings, "topics");
    try {
      ensure(admin);
    } finally {
      // Without a bound it would wait for answers of a Kafka that is away.
      admin.close(Duration.ZERO);
    }
  }

  static void ensure(Admin admin) throws BusUnavailable, InterruptedException {
    Set<String> present =
        Clients.await(admin.listTopics().names(), BOUND, "Kafka's topics cannot be listed");
    List<NewTopic> missing = new ArrayList<>();
    for (Topic topic : ALL) {
      if (!present.contains(topic.name())) {
        missing.add(
            new NewTopic(topic.name(), Optional.of(topic.partitions()), Optional.empty())
                .configs(topic.config()));
      }
    }
    var made = admin.createTopics(missing).values();
    for (var each : made.entrySet()) {
      try {
        Clients.await(each.getValue(), BOUND, "Topic " + each.getKey() + " cannot be made");
      } catch (BusUnavailable e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
    }
  }

  private static Map<String, String> kept(int days) {
    return Map.of(TopicConfig.RETENTION_MS_CONFIG, days(days));
  }

  private static String days(int days) {
    return Long.toString(Duration.ofDays(days).toMillis());
  }
}
