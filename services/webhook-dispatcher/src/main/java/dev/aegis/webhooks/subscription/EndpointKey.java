package dev.aegis.webhooks.subscription;

/**
 * Names an endpoint.
 *
 * @param tenant whose it is
 * @param id unique within the tenant
 */
public record EndpointKey(String tenant, String id) {
  /** As text, and what places its deliveries in a partition: {@code tenant/id}. */
  @Override
  public String toString() {
    return tenant + "/" + id;
  }
}
