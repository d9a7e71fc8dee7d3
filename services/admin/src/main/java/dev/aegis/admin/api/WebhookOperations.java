package dev.aegis.admin.api;

import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fields;
import dev.aegis.journal.Kind;
import dev.aegis.model.Ids;
import dev.aegis.model.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** What can be done with an endpoint beside publishing it. */
final class WebhookOperations {
  private static final String ONE = "/admin/tenants/{tenant}/webhooks/{id}";

  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int MOST_AGAIN = 20;

  private final ObjectOperations objects;
  private final Writes writes;
  private final Relays dispatcher;

  WebhookOperations(ObjectOperations objects, Writes writes, Backend dispatcher) {
    this.objects = objects;
    this.writes = writes;
    this.dispatcher = new Relays(dispatcher);
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "GET",
            ONE + "/deliveries",
            Set.of(Operation.ANY_PARAMETER),
            Needs.TENANT_READ,
            this::deliveries),
        new Operation("POST", ONE + "/test", Set.of(), Needs.TENANT_WRITE, this::test),
        new Operation("POST", ONE + "/replay", Set.of(), Needs.TENANT_WRITE, this::replay),
        new Operation(
            "POST", ONE + "/rotate-secret", Writes.PARAMETERS, Needs.TENANT_WRITE, this::rotate));
  }

  private Reply deliveries(Call call) {
    return dispatcher.show(call, path(call) + "/deliveries");
  }

  private Reply test(Call call) {
    call.nobody();
    String path = path(call) + "/test";
    return writes.keyed(
        call,
        () -> {
          // The endpoint exists; a dispatcher that does not know it yet soon will.
          Reply reply = dispatcher.act(call, path);
          for (int again = 0; reply.status() == 404 && again < MOST_AGAIN; again++) {
            LockSupport.parkNanos(PAUSE.toNanos());
            reply = dispatcher.act(call, path);
          }
          return reply;
        });
  }

  private Reply replay(Call call) {
    List<Violation> violations = new ArrayList<>();
    Fields fields = new Fields(call.document(Call.JSON), "", violations);
    String delivery = fields.text("delivery_id");
    if (!delivery.isEmpty() && !Ids.isObject(delivery)) {
      fields.reject("delivery_id", "must be the id of a delivery");
    }
    fields.done();
    if (!violations.isEmpty()) {
      throw new RefusedCall(Refusal.invalid(violations));
    }
    String path = path(call) + "/replay";
    return writes.keyed(call, () -> dispatcher.act(call, path));
  }

  private Reply rotate(Call call) {
    call.nobody();
    return writes.keyed(call, () -> objects.change(Kind.WEBHOOK, call, new Wish.RotateSecret()));
  }

  /** The endpoint's path at the dispatcher; refuses one that does not exist. */
  private String path(Call call) {
    Entry webhook = objects.entry(Kind.WEBHOOK, call);
    return "/webhooks/" + webhook.key().tenant() + "/" + webhook.key().id();
  }
}
