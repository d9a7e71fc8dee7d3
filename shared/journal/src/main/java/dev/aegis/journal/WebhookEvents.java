package dev.aegis.journal;

import java.util.List;

/** The types of event that an endpoint can ask for. */
public final class WebhookEvents {
  /** Every type, in the order of the documentation. */
  public static final List<String> TYPES =
      List.of(
          "request.failed",
          "rate_limit.exceeded",
          "quota.threshold",
          "quota.exhausted",
          "auth.failed",
          "upstream.unhealthy",
          "upstream.recovered",
          "circuit.opened",
          "circuit.closed",
          "config.changed",
          "tenant.created",
          "tenant.suspended",
          "tenant.deleted",
          "api_key.created",
          "api_key.revoked",
          "plugin.failed",
          "certificate.expiring",
          "webhook.disabled",
          "webhook.test");

  private WebhookEvents() {}
}
