package dev.aegis.webhooks.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.chassis.HttpProblems;
import dev.aegis.events.TenantEvent;
import dev.aegis.journal.Json;
import dev.aegis.model.Ids;
import dev.aegis.model.Problem;
import dev.aegis.model.Uuid7;
import dev.aegis.model.Violation;
import dev.aegis.webhooks.delivery.Deliveries;
import dev.aegis.webhooks.delivery.Delivery;
import dev.aegis.webhooks.delivery.DeliveryKey;
import dev.aegis.webhooks.delivery.StoredDelivery;
import dev.aegis.webhooks.intake.Message;
import dev.aegis.webhooks.subscription.Endpoint;
import dev.aegis.webhooks.subscription.EndpointKey;
import dev.aegis.webhooks.subscription.Subscriptions;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries of an endpoint over HTTP, for the admin service: list them, send a test, send one
 * again. Every request carries the service token.
 */
public final class DeliveriesApi {
  private static final String BASE = "/webhooks/{tenant}/{id}/";
  private static final int DEFAULT_LIMIT = 50;
  private static final int MAX_LIMIT = 500;
  private static final String TEST = "webhook.test";

  private final Subscriptions subscriptions;
  private final Deliveries deliveries;
  private final byte[] authorization;
  private final InstantSource clock;

  /**
   * @param token what callers must present as their bearer token
   */
  public DeliveriesApi(
      Subscriptions subscriptions, Deliveries deliveries, String token, InstantSource clock) {
    this.subscriptions = subscriptions;
    this.deliveries = deliveries;
    this.authorization = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    this.clock = clock;
  }

  /** Adds the paths. */
  public void addTo(HttpRouting.Builder routing) {
    routing.get(BASE + "deliveries", (in, out) -> answer(in, out, this::list));
    routing.any(BASE + "deliveries", HttpProblems.methodNotAllowed("GET", "HEAD"));
    routing.post(BASE + "test", (in, out) -> answer(in, out, this::test));
    routing.any(BASE + "test", HttpProblems.methodNotAllowed("POST"));
    routing.post(BASE + "replay", (in, out) -> answer(in, out, this::replay));
    routing.any(BASE + "replay", HttpProblems.methodNotAllowed("POST"));
  }

  @FunctionalInterface
  private interface Action {
    void run(ServerRequest request, ServerResponse response, EndpointKey endpoint)
        throws IOException, BusUnavailable, InterruptedException;
  }

  private void answer(ServerRequest request, ServerResponse response, Action action)
      throws InterruptedException {
    String presented = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    if (!MessageDigest.isEqual(authorization, presented.getBytes(StandardCharsets.UTF_8))) {
      response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
      refuse(request, response, 401, "missing_credentials", "Not known", "Needs a service token.");
      return;
    }
    EndpointKey endpoint =
        new EndpointKey(
            request.path().pathParameters().get("tenant"),
            request.path().pathParameters().get("id"));
    try {
      action.run(request, response, endpoint);
    } catch (BusUnavailable | IOException e) {
      refuse(request, response, 503, "kafka_unavailable", "Not possible now", e.getMessage());
    }
  }

  private void list(ServerRequest request, ServerResponse response, EndpointKey endpoint)
      throws BusUnavailable, InterruptedException {
    if (subscriptions.find(endpoint) instanceof Endpoint.Absent absent
        && absent.why().equals(Endpoint.Absent.DELETED)) {
      unknown(request, response, "There is no endpoint " + endpoint + ".");
      return;
    }
    int limit = DEFAULT_LIMIT;
    String asked = request.query().first("limit").orElse(null);
    if (asked != null) {
      limit = asked.matches("[0-9]{1,4}") ? Integer.parseInt(asked) : 0;
      if (limit < 1 || limit > MAX_LIMIT) {
        invalid(request, response, "/limit", "must be a whole number from 1 to " + MAX_LIMIT);
        return;
      }
    }
    Deliveries.Page page;
    try {
      page = deliveries.list(endpoint, request.query().first("cursor").orElse(null), limit);
    } catch (IllegalArgumentException e) {
      invalid(request, response, "/cursor", "must be the next_cursor of an answer");
      return;
    }
    ObjectNode json = Json.object();
    ArrayNode items = json.putArray("items");
    page.items().forEach(delivery -> items.add(json(delivery)));
    json.put("next_cursor", page.next());
    send(response, 200, json);
  }

  private void test(ServerRequest request, ServerResponse response, EndpointKey endpoint)
      throws BusUnavailable, InterruptedException {
    if (!callable(request, response, endpoint)) {
      return;
    }
    Instant now = clock.instant();
    String id = Uuid7.next(clock).toString();
    ObjectNode data =
        Json.object()
            .put("webhook_id", endpoint.id())
            .put("message", "This is a test of your endpoint.");
    byte[] body = Message.of(new TenantEvent(TEST, endpoint.tenant(), now, data));
    Delivery delivery =
        Delivery.fresh(new DeliveryKey(endpoint, id), id, TEST, now, subscriptions.revision());
    deliveries.add(new StoredDelivery(delivery, body));
    send(response, 202, Json.object().put("delivery_id", id));
  }

  private void replay(ServerRequest request, ServerResponse response, EndpointKey endpoint)
      throws IOException, BusUnavailable, InterruptedException {
    String asked = deliveryId(request);
    if (asked == null) {
      invalid(request, response, "/delivery_id", "must be the id of a delivery");
      return;
    }
    if (!callable(request, response, endpoint)) {
      return;
    }
    StoredDelivery stored = deliveries.find(new DeliveryKey(endpoint, asked));
    if (stored == null) {
      unknown(request, response, "There is no delivery " + asked + " of this endpoint.");
      return;
    }
    String id = Uuid7.next(clock).toString();
    Delivery again = stored.delivery().replayed(id, clock.instant(), subscriptions.revision());
    deliveries.add(new StoredDelivery(again, stored.body()));
    send(response, 202, Json.object().put("delivery_id", id).put("replay_of", asked));
  }

  private static @Nullable String deliveryId(ServerRequest request) {
    try {
      String id = Json.readObject(request.content().as(byte[].class)).path("delivery_id").asText();
      return Ids.isObject(id) ? id : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether the endpoint can be called; answers when not. */
  private boolean callable(ServerRequest request, ServerResponse response, EndpointKey endpoint) {
    return switch (subscriptions.find(endpoint)) {
      case Endpoint.Usable usable -> true;
      case Endpoint.Unusable unusable -> {
        refuse(request, response, 409, "webhook_unusable", "Not possible", unusable.why() + ".");
        yield false;
      }
      case Endpoint.Absent absent -> {
        if (absent.why().equals(Endpoint.Absent.DELETED)) {
          unknown(request, response, "There is no endpoint " + endpoint + ".");
        } else {
          refuse(request, response, 409, "webhook_disabled", "Not possible", "It is not enabled.");
        }
        yield false;
      }
    };
  }

  private static ObjectNode json(Delivery delivery) {
    ObjectNode json = Json.object();
    json.put("id", delivery.key().id());
    json.put("webhook_id", delivery.messageId());
    json.put("type", delivery.type());
    json.put("state", delivery.state().word());
    json.put("reason", delivery.reason());
    json.put("created_at", delivery.createdAt().toString());
    json.put("next_attempt_at", delivery.due() == null ? null : delivery.due().toString());
    json.put("replay_of", delivery.replayOf());
    json.set("attempts", StoredDelivery.attempts(delivery.attempts()));
    return json;
  }

  private static void send(ServerResponse response, int status, ObjectNode json) {
    response.status(Status.create(status));
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    response.send(Json.write(json));
  }

  private static void unknown(ServerRequest request, ServerResponse response, String detail) {
    refuse(request, response, 404, "not_found", "Not found", detail);
  }

  private static void invalid(
      ServerRequest request, ServerResponse response, String field, String message) {
    HttpProblems.send(
        request,
        response,
        new Problem(
            400,
            "invalid",
            "Invalid",
            "The request is not valid.",
            null,
            null,
            List.of(new Violation(field, message))));
  }

  private static void refuse(
      ServerRequest request,
      ServerResponse response,
      int status,
      String code,
      String title,
      @Nullable String detail) {
    HttpProblems.send(
        request,
        response,
        new Problem(status, code, title, detail == null ? title : detail, null, null));
  }
}
