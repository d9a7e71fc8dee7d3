package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.journal.Json;
import dev.aegis.model.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Passes a call on to another service and its answer back. */
final class Relays {
  /** Longest answer that is held in memory, in bytes; streamed ones may be longer. */
  private static final int MAX_HELD = 1 << 20;

  private final Backend backend;

  Relays(Backend backend) {
    this.backend = backend;
  }

  /**
   * Asks the other service to show something; its answer is passed on as it comes.
   *
   * @param path at the other service; the call's query goes along unread
   */
  Reply show(Call call, String path) {
    String query = call.rawQuery();
    String target = query == null || query.isEmpty() ? path : path + "?" + query;
    Backend.Answer.Given given = ask(call, "GET", target);
    return given.status() >= 400
        ? held(call, given)
        : new Reply(given.status(), given.headers(), new Reply.Body.Streamed(given.body()));
  }

  /** Asks the other service to do something; the call's body goes along unread. */
  Reply act(Call call, String path) {
    return held(call, ask(call, "POST", path));
  }

  private Backend.Answer.Given ask(Call call, String method, String target) {
    return switch (backend.ask(method, target, call.header("Accept"), call.body().bytes())) {
      case Backend.Answer.Away(String why) ->
          throw new RefusedCall(Refusal.of(Refusal.Reason.BACKEND_UNAVAILABLE, why));
      case Backend.Answer.Broken(String why) ->
          throw new RefusedCall(Refusal.of(Refusal.Reason.BAD_BACKEND, why));
      case Backend.Answer.Given given -> given;
    };
  }

  private static Reply held(Call call, Backend.Answer.Given given) {
    byte[] body;
    try (InputStream in = given.body()) {
      body = in.readNBytes(MAX_HELD + 1);
    } catch (IOException e) {
      throw broken("its answer ended early");
    }
    if (body.length > MAX_HELD) {
      throw broken("its answer is too long");
    }
    Map<String, String> headers = given.headers();
    if (Problem.MEDIA_TYPE.equals(headers.get("Content-Type"))) {
      body = problem(call, body);
    }
    return new Reply(given.status(), headers, new Reply.Body.Bytes(new Payload(body)));
  }

  /** The problem as one of this API: with the path that the operator knows. */
  private static byte[] problem(Call call, byte[] body) {
    try {
      ObjectNode problem = Json.readObject(body);
      problem.put("instance", call.path());
      return Json.write(problem);
    } catch (IOException e) {
      throw broken("its answer cannot be read");
    }
  }

  private static RefusedCall broken(String why) {
    return new RefusedCall(
        Refusal.of(Refusal.Reason.BAD_BACKEND, "The service behind failed: " + why));
  }
}
