package dev.aegis.webhooks.delivery;

import dev.aegis.egress.CallResult;
import dev.aegis.egress.Caller;
import dev.aegis.tracing.TraceContext;
import dev.aegis.webhooks.subscription.Endpoint;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sends over HTTP with the headers of Standard Webhooks 1.0, signed anew at each attempt. */
public final class SignedSender implements Sender {
  private final Caller caller;
  private final InstantSource clock;
  private final String userAgent;
  private final DeliverySpans spans;

  /**
   * @param userAgent value of {@code User-Agent}
   * @param spans hears of calls
   */
  public SignedSender(Caller caller, InstantSource clock, String userAgent, DeliverySpans spans) {
    this.spans = spans;
    this.caller = caller;
    this.clock = clock;
    this.userAgent = userAgent;
  }

  @Override
  public CallResult send(Endpoint.Usable endpoint, Delivery delivery, byte[] body)
      throws InterruptedException {
    Instant began = clock.instant();
    long timestamp = began.getEpochSecond();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("User-Agent", userAgent);
    headers.put("Content-Type", "application/json");
    headers.put("webhook-id", delivery.messageId());
    headers.put("webhook-timestamp", Long.toString(timestamp));
    headers.put("webhook-signature", endpoint.secret().sign(delivery.messageId(), timestamp, body));
    TraceContext at = spans.begin(delivery);
    if (at != null) {
      headers.put("traceparent", at.text());
    }
    CallResult result = caller.post(endpoint.url(), headers, body);
    spans.ended(at, began, endpoint, delivery, result);
    return result;
  }
}
