package dev.aegis.admin.api;

import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Refusal;

/** Passes a call on to another service and its answer back. */
final class Relays {
  private final Backend backend;

  Relays(Backend backend) {
    this.backend = backend;
  }

  /**
   * Asks the other service.
   *
   * @param path at the other service; the call's query goes along unread
   */
  Reply ask(Call call, String method, String path) {
    String query = call.rawQuery();
    String target = query == null || query.isEmpty() ? path : path + "?" + query;
    return switch (backend.ask(method, target, call.header("Accept"))) {
      case Backend.Answer.Away(String why) ->
          throw new RefusedCall(Refusal.of(Refusal.Reason.BACKEND_UNAVAILABLE, why));
      case Backend.Answer.Broken(String why) ->
          throw new RefusedCall(Refusal.of(Refusal.Reason.BAD_BACKEND, why));
      case Backend.Answer.Given given -> {
        Reply reply = Reply.streamed(given.status(), given.contentType(), given.body());
        yield given.disposition() == null
            ? reply
            : reply.with("Content-Disposition", given.disposition());
      }
    };
  }
}
