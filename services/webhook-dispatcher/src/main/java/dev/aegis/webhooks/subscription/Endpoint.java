package dev.aegis.webhooks.subscription;

import dev.aegis.webhooks.signing.SigningSecret;
import java.net.URI;

/** What the configuration says of an endpoint. */
public sealed interface Endpoint {
  /**
   * It can be called.
   *
   * @param url absolute http or https URL
   * @param secret signs what is sent
   */
  record Usable(EndpointKey key, URI url, SigningSecret secret) implements Endpoint {}

  /**
   * It exists, but this process cannot call it; that is not the receiver's fault.
   *
   * @param why for the log; tells no secret
   */
  record Unusable(EndpointKey key, String why) implements Endpoint {}

  /**
   * It is not to be called.
   *
   * @param why {@code endpoint_deleted} or {@code endpoint_disabled}
   * @param revision configuration revision that says so
   */
  record Absent(String why, long revision) implements Endpoint {
    /** It was deleted, or never was. */
    public static final String DELETED = "endpoint_deleted";

    /** Its owner turned it off. */
    public static final String DISABLED = "endpoint_disabled";
  }
}
