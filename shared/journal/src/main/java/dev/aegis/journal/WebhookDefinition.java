package dev.aegis.journal;

import dev.aegis.model.NearName;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint that a tenant registered: where its events go.
 *
 * @param id unique within the tenant
 * @param url absolute http or https URL without user or fragment
 * @param events types of event it wants, or {@code *} for all
 * @param enabled whether deliveries are made
 * @param secret key of the signature, 24 to 64 bytes, sealed; null only before one was made
 */
public record WebhookDefinition(
    String id, String url, List<String> events, boolean enabled, @Nullable SealedSecret secret)
    implements Definition {

  static WebhookDefinition read(String id, Fields fields) {
    String url = fields.text("url");
    if (!url.isEmpty() && !isEndpoint(url)) {
      fields.reject("url", "must be an absolute http or https URL without user or fragment");
    }
    List<String> events = fields.texts("events");
    if (events.isEmpty()) {
      fields.reject("events", "must name at least one event type, or \"*\"");
    }
    for (String event : events) {
      if (!event.equals("*") && !WebhookEvents.TYPES.contains(event)) {
        String near = NearName.of(event, WebhookEvents.TYPES);
        fields.reject(
            "events",
            "\""
                + event
                + "\" is not an event type"
                + (near == null ? "" : "; did you mean \"" + near + "\"?"));
      }
    }
    return new WebhookDefinition(
        id, url, events, fields.flag("enabled", true), SealedSecret.read(fields, "secret"));
  }

  /** Whether an event of {@code type} goes to this endpoint. */
  public boolean wants(String type) {
    return enabled && (events.contains(type) || events.contains("*"));
  }

  private static boolean isEndpoint(String url) {
    try {
      URI uri = new URI(url);
      return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
