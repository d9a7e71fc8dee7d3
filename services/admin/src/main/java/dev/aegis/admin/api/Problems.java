package dev.aegis.admin.api;

import dev.aegis.admin.access.Access;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.chassis.ProblemJson;
import dev.aegis.model.Problem;

/** Refusals as replies (RFC 9457). */
final class Problems {
  private static final String RETRY_AFTER = "Retry-After";

  private Problems() {}

  static Reply of(Refusal why, String path, String requestId) {
    Refusal.Reason reason = why.reason();
    Reply reply =
        reply(
            new Problem(
                reason.status(),
                reason.code(),
                reason.title(),
                why.detail(),
                path,
                requestId,
                why.violations()));
    return switch (reason) {
      case JOURNAL_UNAVAILABLE, BACKEND_UNAVAILABLE, IDENTITY_UNAVAILABLE, OVERLOADED ->
          reply.with(RETRY_AFTER, "5");
      case KEY_IN_PROGRESS, CONTENDED -> reply.with(RETRY_AFTER, "1");
      case TOO_LARGE -> reply.with("Connection", "close");
      case UNSUPPORTED_MEDIA_TYPE ->
          reply.with("Accept-Patch", "application/merge-patch+json, application/json");
      case MALFORMED,
          UNAUTHENTICATED,
          FORBIDDEN,
          NOT_FOUND,
          METHOD_NOT_ALLOWED,
          ALREADY_EXISTS,
          HOST_CONFLICT,
          IN_USE,
          TOO_MANY,
          STALE_REVISION,
          EXISTS_ALREADY,
          INVALID,
          KEY_REUSED,
          TOO_MANY_ATTEMPTS,
          BAD_BACKEND ->
          reply;
    };
  }

  /** The answer to whoever is not let in (RFC 6750 section 3). */
  static Reply of(Access.Refused refused, String path, String requestId) {
    Refusal.Reason reason = Refusal.Reason.UNAUTHENTICATED;
    return reply(
            new Problem(
                reason.status(), refused.code(), reason.title(), refused.detail(), path, requestId))
        .with(
            "WWW-Authenticate",
            switch (refused) {
              case MISSING -> "Bearer realm=\"aegis\"";
              case INVALID, EXPIRED -> "Bearer realm=\"aegis\", error=\"invalid_token\"";
            });
  }

  /** The answer to whoever is not listened to for a while (RFC 6585 section 4). */
  static Reply of(Access.Paused paused, String path, String requestId) {
    return of(
            Refusal.of(
                Refusal.Reason.TOO_MANY_ATTEMPTS,
                "Too many tokens from your address were wrong; no other is looked at for "
                    + paused.seconds()
                    + " s"),
            path,
            requestId)
        .with(RETRY_AFTER, Long.toString(paused.seconds()));
  }

  private static Reply reply(Problem problem) {
    return Reply.bytes(problem.status(), Problem.MEDIA_TYPE, ProblemJson.write(problem));
  }
}
