package dev.aegis.webhooks.delivery;

import dev.aegis.egress.CallResult;
import dev.aegis.webhooks.subscription.Endpoint;

/** Makes the call of an attempt. */
@FunctionalInterface
public interface Sender {
  /**
   * Calls the receiver once.
   *
   * @throws InterruptedException when this process is stopping: whether the receiver got the call
   *     is unknown
   */
  CallResult send(Endpoint.Usable endpoint, Delivery delivery, byte[] body)
      throws InterruptedException;
}
