package dev.aegis.bus;

/**
 * How to reach Kafka.
 *
 * @param bootstrap {@code host:port} of one or more brokers, separated by commas
 * @param clientId name that the brokers' logs and metrics know this process by
 */
public record BusSettings(String bootstrap, String clientId) {
  public BusSettings {
    if (bootstrap.isBlank()) {
      throw new IllegalArgumentException("Kafka's bootstrap address is empty");
    }
  }
}
