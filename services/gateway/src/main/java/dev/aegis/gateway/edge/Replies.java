package dev.aegis.gateway.edge;

import dev.aegis.chassis.ProblemJson;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.plugin.RefusalEdit;
import dev.aegis.gateway.snapshot.CorsPlan;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.journal.Maintenance;
import dev.aegis.journal.RouteDefinition;
import dev.aegis.model.Problem;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What Aegis itself says to callers: refusals, and its fields in the replies of backends. */
record Replies(ReplyTo to) {
  /** Fields of a backend's reply that {@link #common} takes the place of. */
  static final Set<Field> OWN = EnumSet.of(Field.X_REQUEST_ID);

  /** The same where {@link #limit} says something: two limits in one reply would be none. */
  static final Set<Field> OWN_AND_LIMITS =
      EnumSet.of(
          Field.X_REQUEST_ID,
          Field.RATELIMIT,
          Field.RATELIMIT_POLICY,
          Field.X_RATELIMIT_LIMIT,
          Field.X_RATELIMIT_REMAINING,
          Field.X_RATELIMIT_RESET);

  private static final byte[] NOTHING = {};
  private static final String WANTED_SIGNATURE =
      "aegis=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"
          + ";created;alg=\"hmac-sha256\"";
  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  /**
   * Refuses a request.
   *
   * @param edit what plugins change about how that is told, null for nothing
   */
  void refuse(Refusal why, Progress at, @Nullable RefusalEdit edit, boolean closes)
      throws IOException {
    RequestHead head = at.inbound().head();
    String detail = detail(why);
    byte[] body = NOTHING;
    if (GrpcStatus.isAskedFor(head)) {
      GrpcStatus.refuse(why, edit == null ? why.title() : edit.detailOr(why.title()), to.out());
    } else {
      byte[] content = edit == null ? null : edit.content();
      if (edit == null || content == null) {
        String told = edit == null ? detail : edit.detailOr(detail);
        body = problem(why, told, head.came().path(), at.inbound().requestId());
        start(why, Problem.MEDIA_TYPE, body.length);
      } else {
        body = content;
        start(why, edit.contentType(), body.length);
      }
    }
    if (edit != null) {
      edit.lines(to.out()::header);
    }
    challenge(why, at);
    if (why instanceof Refusal.RateLimited limited) {
      to.out().header("Retry-After", Long.toString(limited.by().count().resetSeconds()));
      limit(limited.by());
    } else if (why instanceof Refusal.Later later) {
      to.out().header("Retry-After", Long.toString(later.retryAfterSeconds()));
    } else if (why instanceof Refusal.ByPlugin by && by.retryAfterSeconds() > 0) {
      to.out().header("Retry-After", Long.toString(by.retryAfterSeconds()));
    } else if (why instanceof Refusal.InMaintenance(Maintenance by) && !by.retryAfter().isZero()) {
      to.out().header("Retry-After", Long.toString(by.retryAfter().toSeconds()));
    } else if (why instanceof Refusal.Overloaded
        || why instanceof Refusal.IdentityUnavailable
        || why instanceof Refusal.LimiterUnavailable) {
      to.out().header("Retry-After", "1");
    }
    if (why == ByCaller.METHOD_NOT_ALLOWED) {
      to.out().header("Allow", METHODS);
    }
    cors(at);
    common(at.inbound().requestId(), "1.1");
    connection(closes, head.minorVersion());
    end(head.method().equals("HEAD") ? NOTHING : body);
  }

  private void end(byte[] body) throws IOException {
    to.begin(body.length);
    to.end(body);
  }

  /** Answers an OPTIONS that goes to no backend (RFC 9110 section 9.3.7). */
  void options(Progress at, @Nullable Counted counted, boolean closes) throws IOException {
    to.out().put("HTTP/1.1 204 No Content");
    to.out().endLine();
    to.out().header("Allow", METHODS);
    cors(at);
    common(at.inbound().requestId(), "1.1");
    limit(counted);
    connection(closes, at.inbound().head().minorVersion());
    end(NOTHING);
  }

  /** Sends a caller elsewhere (RFC 9110 section 15.4). */
  void redirect(int status, String location, Progress at, @Nullable Counted counted, boolean closes)
      throws IOException {
    to.out().put("HTTP/1.1 ");
    to.out().putDecimal(status);
    to.out().put(" ");
    to.out().put(reason(status));
    to.out().endLine();
    to.out().header("Location", location);
    to.out().header("Content-Length", "0");
    cors(at);
    common(at.inbound().requestId(), "1.1");
    limit(counted);
    connection(closes, at.inbound().head().minorVersion());
    end(NOTHING);
  }

  /** Refuses bytes that are no request. */
  void refuseUnread(Refusal why, String requestId) throws IOException {
    byte[] problem = problem(why, detail(why), null, requestId);
    start(why, Problem.MEDIA_TYPE, problem.length);
    common(requestId, "1.1");
    connection(true, 1);
    end(problem);
  }

  /**
   * Fields of every reply.
   *
   * @param protocol version of HTTP in which the reply came (RFC 9110 section 7.6.3)
   */
  void common(String requestId, String protocol) {
    to.out().header("X-Request-Id", requestId);
    to.out().header("Via", protocol.equals("1.1") ? "1.1 aegis" : protocol + " aegis");
  }

  /** Fields of replies that a limit counted: the IETF draft's and the common ones. */
  void limit(@Nullable Counted counted) {
    if (counted == null) {
      return;
    }
    String reset = Long.toString(counted.count().resetSeconds());
    String remaining = Long.toString(counted.count().remaining());
    to.out().header("RateLimit-Policy", counted.limit().policy());
    to.out().header("RateLimit", counted.limit().state(counted.count()));
    to.out().header("X-RateLimit-Limit", Long.toString(counted.count().limit()));
    to.out().header("X-RateLimit-Remaining", remaining);
    to.out().header("X-RateLimit-Reset", reset);
  }

  /** Lets pages of other origins read the reply, where the route says so (Fetch standard). */
  void cors(Progress at) {
    Matched matched = at.matchedOrNull();
    RoutePlan route = matched == null ? null : matched.route();
    CorsPlan cors = route == null ? null : route.cors();
    if (cors == null) {
      return;
    }
    to.out().header("Vary", "Origin");
    if (allowed(cors, at.inbound().head()) && !cors.expose().isEmpty()) {
      to.out().header("Access-Control-Expose-Headers", cors.expose());
    }
  }

  private boolean allowed(CorsPlan cors, RequestHead head) {
    String origin = head.value("origin");
    String allowed = origin == null ? null : cors.allowed(origin);
    if (allowed == null) {
      return false;
    }
    to.out().header("Access-Control-Allow-Origin", allowed);
    if (cors.credentials()) {
      to.out().header("Access-Control-Allow-Credentials", "true");
    }
    return true;
  }

  /** Tells a browser what pages of its origin may send; nothing when they may not. */
  void preflight(CorsPlan cors, Progress at, boolean closes) throws IOException {
    RequestHead head = at.inbound().head();
    to.out().put("HTTP/1.1 204 No Content");
    to.out().endLine();
    to.out()
        .header("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    if (allowed(cors, head)) {
      to.out().header("Access-Control-Allow-Methods", cors.methods());
      String wanted = head.value("access-control-request-headers");
      String headers = cors.headers().isEmpty() && wanted != null ? wanted : cors.headers();
      if (isList(headers)) {
        to.out().header("Access-Control-Allow-Headers", headers);
      }
      to.out().header("Access-Control-Max-Age", cors.maxAge());
    }
    common(at.inbound().requestId(), "1.1");
    connection(closes, head.minorVersion());
    end(NOTHING);
  }

  /** Whether it is a list of names and no more, so that it can be said to be one. */
  private static boolean isList(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
      if (!plain && "-_.*, ".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Says whether the connection goes on where the version does not say it by itself. */
  void connection(boolean closes, int minorVersion) {
    if (closes) {
      to.out().header("Connection", "close");
    } else if (minorVersion == 0) {
      to.out().header("Connection", "keep-alive");
    }
  }

  /** Says that the connection goes on in WebSocket, or is to (RFC 6455 section 4). */
  static void webSocket(Output out) {
    out.header("Connection", "Upgrade");
    out.header("Upgrade", "websocket");
  }

  private void start(Refusal why, String type, int length) {
    to.out().put("HTTP/1.1 ");
    to.out().putDecimal(why.status());
    to.out().put(" ");
    to.out().put(reason(why.status()));
    to.out().endLine();
    to.out().header("Content-Type", type);
    to.out().header("Content-Length", Integer.toString(length));
    to.out().header("Cache-Control", "no-store");
  }

  /**
   * What the route takes, a line for each (RFC 9110 section 11.6.1): tokens by RFC 6750 section 3,
   * keys by a scheme of our own, because there is no registered one.
   */
  private void challenge(Refusal why, Progress at) {
    if (why.status() != 401) {
      return;
    }
    Matched matched = at.matchedOrNull();
    RoutePlan route = matched == null ? null : matched.route();
    RouteDefinition.Auth auth = route == null ? RouteDefinition.Auth.JWT : route.auth();
    String realm = " realm=\"" + (matched == null ? "aegis" : matched.tenant().id()) + '"';
    if (why instanceof Refusal.NotIdentified nobody) {
      nobody.schemes().forEach(scheme -> to.out().header("WWW-Authenticate", scheme + realm));
      return;
    }
    if (auth == RouteDefinition.Auth.SIGNATURE) {
      to.out().header("WWW-Authenticate", "Signature" + realm);
      to.out().header("Accept-Signature", WANTED_SIGNATURE); // RFC 9421 section 5.1
      return;
    }
    if (auth != RouteDefinition.Auth.API_KEY) {
      to.out()
          .header(
              "WWW-Authenticate",
              why == ByCaller.MISSING_CREDENTIALS || why == ByCaller.UNKNOWN_KEY
                  ? "Bearer" + realm
                  : "Bearer"
                      + realm
                      + ", error=\"invalid_token\", error_description=\""
                      + why.title()
                      + '"');
    }
    if (auth == RouteDefinition.Auth.API_KEY || auth == RouteDefinition.Auth.ANY) {
      to.out().header("WWW-Authenticate", "ApiKey" + realm);
    }
  }

  private static String detail(Refusal why) {
    return why.detail().isEmpty() ? why.title() : why.detail();
  }

  private static byte[] problem(
      Refusal why, String detail, @Nullable String path, String requestId) {
    return ProblemJson.write(
        new Problem(why.status(), why.code(), why.title(), detail, path, requestId));
  }

  private static String reason(int status) {
    return switch (status) {
      case 301 -> "Moved Permanently";
      case 302 -> "Found";
      case 303 -> "See Other";
      case 307 -> "Temporary Redirect";
      case 308 -> "Permanent Redirect";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 421 -> "Misdirected Request";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      default -> "Refused";
    };
  }
}
