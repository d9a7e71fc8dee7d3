package dev.aegis.admin.api;

import dev.aegis.admin.changes.Wish;
import dev.aegis.admin.relay.Backend;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Kind;
import java.util.List;
import java.util.Set;

/** What can be done with an endpoint beside publishing it. */
final class WebhookOperations {
  private static final String ONE = "/admin/tenants/{tenant}/webhooks/{id}";

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
            "GET", ONE + "/deliveries", Set.of(Operation.ANY_PARAMETER), this::deliveries),
        new Operation("POST", ONE + "/test", Set.of(), this::test),
        new Operation("POST", ONE + "/rotate-secret", Writes.PARAMETERS, this::rotate));
  }

  private Reply deliveries(Call call) {
    return dispatcher.ask(call, "GET", path(call) + "/deliveries");
  }

  private Reply test(Call call) {
    call.nobody();
    String path = path(call);
    return writes.keyed(call, () -> dispatcher.ask(call, "POST", path + "/test"));
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
