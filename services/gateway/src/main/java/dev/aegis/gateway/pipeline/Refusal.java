package dev.aegis.gateway.pipeline;

import dev.aegis.events.Blame;
import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.journal.Maintenance;
import dev.aegis.plugin.Verdict;
import java.util.List;

/**
 * A reply that Aegis itself gives instead of a backend's, and why. Its {@link #code} is the same in
 * the problem, the log line, the metric and the event.
 */
public sealed interface Refusal {
  /** HTTP status of the reply. */
  int status();

  /** Stable machine-readable reason. */
  String code();

  /** Who caused it. */
  Blame blame();

  /** The reason for a person; the same for every refusal of this code. */
  String title();

  /** What happened this time, for the caller; {@code ""} when the title says it all. */
  String detail();

  /** Why bytes that are no request are refused. */
  static Refusal of(BadMessage wrong) {
    return switch (wrong.kind()) {
      case TARGET_TOO_LONG -> ByCaller.URI_TOO_LONG;
      case HEAD_TOO_LARGE -> ByCaller.HEADER_TOO_LARGE;
      case BODY_TOO_LARGE -> ByCaller.PAYLOAD_TOO_LARGE;
      case MALFORMED, INCOMPLETE -> new Malformed(wrong.detail());
    };
  }

  /** The bytes of the request are not HTTP as an edge takes it; the connection is closed. */
  record Malformed(String detail) implements Refusal {
    @Override
    public int status() {
      return 400;
    }

    @Override
    public String code() {
      return "malformed_request";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return "The request is not well-formed";
    }
  }

  /** Caused by the caller, apart from the ones with a record of their own. */
  enum ByCaller implements Refusal {
    URI_TOO_LONG(414, "uri_too_long", "The request line is too long"),
    HEADER_TOO_LARGE(431, "header_too_large", "The request's header is too large"),
    REQUEST_TIMEOUT(408, "request_timeout", "The request took too long to arrive"),
    PAYLOAD_TOO_LARGE(413, "payload_too_large", "The request's body is too large"),
    METHOD_NOT_ALLOWED(405, "method_not_allowed", "This method is not served here"),
    MISDIRECTED_REQUEST(421, "misdirected_request", "This connection was not opened for this host"),
    UNKNOWN_TENANT(404, "unknown_tenant", "No tenant has this host"),
    TENANT_SUSPENDED(403, "tenant_suspended", "This tenant is suspended"),
    NO_ROUTE(404, "no_route", "This tenant has no route for this request"),
    MISSING_CREDENTIALS(401, "missing_credentials", "This route needs credentials"),
    TOKEN_EXPIRED(401, "token_expired", "The token has expired"),
    TOKEN_REVOKED(401, "token_revoked", "The token has been revoked"),
    UNKNOWN_KEY(401, "unknown_key", "The API key is not known"),
    WRONG_TENANT(403, "wrong_tenant", "The token is not for this tenant"),
    CLIENT_CERTIFICATE_REQUIRED(
        403, "client_certificate_required", "The caller must show a certificate over TLS"),
    FORBIDDEN(403, "forbidden", Forbidden.TITLE),
    NOT_CACHED(504, "not_cached", "Only a kept reply was wanted, and there is none"),
    CALLER_GONE(499, "caller_gone", "The caller closed the connection");

    private final int status;
    private final String code;
    private final String title;

    ByCaller(int status, String code, String title) {
      this.status = status;
      this.code = code;
      this.title = title;
    }

    @Override
    public int status() {
      return status;
    }

    @Override
    public String code() {
      return code;
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public String detail() {
      return this == FORBIDDEN ? "The caller's roles do not allow it" : "";
    }
  }

  /** The route's arbiter says no. */
  enum Forbidden implements Refusal {
    INSTANCE;

    private static final String TITLE = "The caller may not make this request";

    @Override
    public int status() {
      return 403;
    }

    @Override
    public String code() {
      return "forbidden";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return TITLE;
    }

    @Override
    public String detail() {
      return "The service that this route asks does not allow it";
    }
  }

  /**
   * The token does not hold.
   *
   * @param reason which rule it broke, for the log alone: it helps those who probe more than others
   */
  record InvalidToken(String reason) implements Refusal {
    @Override
    public int status() {
      return 401;
    }

    @Override
    public String code() {
      return "invalid_token";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return "The token is not valid";
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /**
   * Whether the token holds cannot be said now.
   *
   * @param reason why its issuer did not, for the log alone
   */
  record IdentityUnavailable(String reason) implements Refusal {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String code() {
      return "identity_unavailable";
    }

    @Override
    public Blame blame() {
      return Blame.GATEWAY;
    }

    @Override
    public String title() {
      return "The issuer of the token does not answer";
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /**
   * A limit that gateways count together cannot be counted now, and lets nobody pass without.
   *
   * @param limit which
   */
  record LimiterUnavailable(String limit) implements Refusal {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String code() {
      return "limiter_unavailable";
    }

    @Override
    public Blame blame() {
      return Blame.GATEWAY;
    }

    @Override
    public String title() {
      return "Requests cannot be counted now";
    }

    @Override
    public String detail() {
      return "Limit \"" + limit + "\" cannot be counted now";
    }
  }

  /** A limit is used up. */
  record RateLimited(Counted by) implements Refusal {
    @Override
    public int status() {
      return 429;
    }

    @Override
    public String code() {
      return "rate_limited";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return "Too many requests";
    }

    @Override
    public String detail() {
      return "Limit \"" + by.limit().id() + "\" allows more in " + by.count().resetSeconds() + " s";
    }
  }

  /** Caused by the upstream. */
  enum ByUpstream implements Refusal {
    UPSTREAM_FAILED(502, "upstream_failed", "The upstream failed"),
    NO_HEALTHY_TARGET(503, "no_healthy_target", "The upstream has no healthy target"),
    CIRCUIT_OPEN(503, "circuit_open", "The upstream fails, and is not asked for a while"),
    AUTHORIZATION_UNAVAILABLE(
        503,
        "authorization_unavailable",
        "The service that this route asks about its requests does not answer"),
    OVERLOADED(503, "overloaded", "The upstream has too many requests under way"),
    UPSTREAM_TIMEOUT(504, "upstream_timeout", "The upstream took too long");

    private final int status;
    private final String code;
    private final String title;

    ByUpstream(int status, String code, String title) {
      this.status = status;
      this.code = code;
      this.title = title;
    }

    @Override
    public int status() {
      return status;
    }

    @Override
    public String code() {
      return code;
    }

    @Override
    public Blame blame() {
      return Blame.UPSTREAM;
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /**
   * Something that may be over soon.
   *
   * @param why what
   * @param retryAfterSeconds when it is worth another try, at least 1
   */
  record Later(ByUpstream why, long retryAfterSeconds) implements Refusal {
    @Override
    public int status() {
      return why.status();
    }

    @Override
    public String code() {
      return why.code();
    }

    @Override
    public Blame blame() {
      return why.blame();
    }

    @Override
    public String title() {
      return why.title();
    }

    @Override
    public String detail() {
      return why.detail();
    }
  }

  /** The route is out of service because its tenant says so. */
  record InMaintenance(Maintenance by) implements Refusal {
    @Override
    public int status() {
      return by.status();
    }

    @Override
    public String code() {
      return "maintenance";
    }

    @Override
    public Blame blame() {
      return Blame.UPSTREAM;
    }

    @Override
    public String title() {
      return "This route is out of service for a while";
    }

    @Override
    public String detail() {
      return by.message();
    }
  }

  /**
   * A plugin of the route does not let the request pass.
   *
   * @param retryAfterSeconds when it is worth another try, 0 where that is not said
   */
  record ByPlugin(int status, String detail, int retryAfterSeconds) implements Refusal {
    /** What a plugin said. */
    public static ByPlugin of(Verdict.Refuse by) {
      return new ByPlugin(by.status(), by.detail(), by.retryAfterSeconds());
    }

    @Override
    public String code() {
      return "plugin_refused";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return "A plugin of the route refused the request";
    }
  }

  /**
   * The plugins that say who callers of the route are do not know this one.
   *
   * @param schemes how it could show who it is
   */
  record NotIdentified(String detail, List<String> schemes) implements Refusal {
    public NotIdentified {
      schemes = List.copyOf(schemes);
    }

    @Override
    public int status() {
      return 401;
    }

    @Override
    public String code() {
      return "not_identified";
    }

    @Override
    public Blame blame() {
      return Blame.CALLER;
    }

    @Override
    public String title() {
      return "The caller is not known";
    }
  }

  /** A plugin of the route failed, and requests do not go on without it. */
  record PluginFailed() implements Refusal {
    @Override
    public int status() {
      return 503;
    }

    @Override
    public String code() {
      return "plugin_failed";
    }

    @Override
    public Blame blame() {
      return Blame.GATEWAY;
    }

    @Override
    public String title() {
      return "A plugin of the route failed";
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /** The gateway has too much under way; nothing of the request was looked at. */
  enum Overloaded implements Refusal {
    GATEWAY("The gateway has as many requests under way as it can serve"),
    TENANT("This tenant has as many requests under way as it may have");

    private final String detail;

    Overloaded(String detail) {
      this.detail = detail;
    }

    @Override
    public int status() {
      return 503;
    }

    @Override
    public String code() {
      return "overloaded";
    }

    @Override
    public Blame blame() {
      return Blame.GATEWAY;
    }

    @Override
    public String title() {
      return "Too many requests are under way";
    }

    @Override
    public String detail() {
      return detail;
    }
  }

  /**
   * A bug.
   *
   * @param incident id under which the log has the stack trace
   */
  record Internal(String incident) implements Refusal {
    @Override
    public int status() {
      return 500;
    }

    @Override
    public String code() {
      return "internal";
    }

    @Override
    public Blame blame() {
      return Blame.GATEWAY;
    }

    @Override
    public String title() {
      return "The gateway failed";
    }

    @Override
    public String detail() {
      return "Incident " + incident;
    }
  }
}
