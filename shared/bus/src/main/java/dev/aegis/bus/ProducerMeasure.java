package dev.aegis.bus;

/** What the producer of an {@link EventPublisher} measures of itself, as far as it is shown. */
public enum ProducerMeasure {
  /** Connections to brokers. */
  CONNECTIONS(
      "connection-count", 1, "kafka_producer_connections", "Connections to Kafka's brokers."),
  /** How long brokers take to answer. */
  LATENCY(
      "request-latency-avg",
      1e-3,
      "kafka_producer_request_latency_avg_seconds",
      "What Kafka took to answer, on average of the last half minute."),
  /** How long records wait to be sent. */
  QUEUE(
      "record-queue-time-avg",
      1e-3,
      "kafka_producer_record_queue_time_avg_seconds",
      "How long records waited to be sent, on average of the last half minute."),
  /** Room for records. */
  ROOM(
      "buffer-available-bytes",
      1,
      "kafka_producer_buffer_available_bytes",
      "Room for records on their way to Kafka.");

  private final String kafkas;
  private final double unit;
  private final String metric;
  private final String help;

  ProducerMeasure(String kafkas, double unit, String metric, String help) {
    this.kafkas = kafkas;
    this.unit = unit;
    this.metric = metric;
    this.help = help;
  }

  /** Kafka's name of it, in the group {@code producer-metrics}. */
  String kafkas() {
    return kafkas;
  }

  /** What Kafka's value is multiplied by, for seconds and bytes. */
  double unit() {
    return unit;
  }

  /** Name of the metric. */
  public String metric() {
    return metric;
  }

  /** What it says. */
  public String help() {
    return help;
  }
}
