package dev.aegis.admin.api;

import dev.aegis.admin.access.Access;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.access.Operators;
import dev.aegis.admin.audit.AuditLog;
import dev.aegis.admin.audit.AuditTrail;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.admin.changes.Restoring;
import dev.aegis.admin.history.Past;
import dev.aegis.admin.history.Revisions;
import dev.aegis.admin.nodes.Nodes;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.relay.Expositions;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.admin.store.LastUses;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Json;
import dev.aegis.journal.Origin;
import dev.aegis.model.NearName;
import dev.aegis.model.Uuid7;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Everything under {@code /admin}: lets operators in, finds the operation, and writes its reply.
 *
 * <p>Nothing but the API's own description is answered without a credential, not even whether a
 * path exists.
 */
public final class AdminApi implements AutoCloseable {
  /** Longest body that is read, in bytes, except where all of the configuration may be sent. */
  public static final int MAX_BODY = 1 << 20;

  /** How much of a longer one is read on, so that the caller sees why it is refused, in bytes. */
  private static final int MAX_IN_VAIN = 16 << 20;

  /** Longest body that a connection takes before it is closed without an answer, in bytes. */
  public static final long MAX_PAYLOAD = (long) ConfigOperations.MAX_DOCUMENT + MAX_IN_VAIN;

  private static final int CHUNK = 1 << 16;
  private static final String REQUEST_ID = "X-Request-Id";
  private static final String TENANT_ID = "tenant_id";
  private static final String OPENAPI = "/admin/openapi.json";

  private final Operators operators;
  private final Authorization authorization;
  private final Auditing auditing;
  private final InstantSource clock;
  private final Followers followers = new Followers();
  private final Router router;

  /**
   * @param operators who is let in
   * @param reader the configuration in force
   * @param publishing changes it
   * @param nodes who runs which revision
   * @param revisions the changes of the past
   * @param past the states of the past
   * @param restoring goes back to one
   * @param plugins what can be put to use
   * @param analytics answers {@code /admin/analytics}
   * @param dispatcher answers for endpoints
   * @param gateway says what would become of a request
   * @param expositions answers {@code /admin/metrics}
   * @param logs answer {@code /admin/logs}
   * @param uses when API keys were last used
   * @param trail answers {@code /admin/audit}
   * @param audit where calls are noted
   * @param clock for ids and for forgetting
   */
  public AdminApi(
      Operators operators,
      JournalReader reader,
      Publishing publishing,
      Nodes nodes,
      Revisions revisions,
      Past past,
      Restoring restoring,
      PluginCatalog plugins,
      Backend analytics,
      Backend dispatcher,
      Backend gateway,
      Expositions expositions,
      GatewayLogs logs,
      LastUses uses,
      AuditTrail trail,
      AuditLog audit,
      InstantSource clock) {
    this.operators = operators;
    this.authorization = new Authorization(reader);
    this.auditing = new Auditing(audit, clock);
    this.clock = clock;
    Shown shown = new Shown(uses);
    IdempotencyKeys keys = new IdempotencyKeys(clock, new Lives(reader)::of);
    Writes writes = new Writes(publishing, nodes, keys, shown);
    ObjectOperations objects = new ObjectOperations(reader, writes, shown);
    List<Operation> operations = new ArrayList<>(objects.operations());
    operations.addAll(new TenantOperations(reader, objects, writes).operations());
    operations.addAll(new ConfigOperations(reader, publishing, writes, gateway).operations());
    operations.addAll(new UnderwayOperations(publishing).operations());
    operations.addAll(new WebhookOperations(objects, writes, dispatcher).operations());
    operations.addAll(new ApiKeyOperations(objects, writes).operations());
    operations.addAll(new OperatorOperations(objects, writes).operations());
    operations.addAll(
        new ReadOperations(reader, nodes, revisions, plugins, analytics, gateway).operations());
    operations.addAll(new MetricsOperations(expositions).operations());
    operations.addAll(new LogOperations(logs, operators, reader, followers).operations());
    operations.addAll(new AuditOperations(reader, trail).operations());
    operations.addAll(new HistoryOperations(reader, past, restoring, writes).operations());
    operations.add(
        new Operation(
            "GET",
            OPENAPI,
            Set.of(),
            Needs.OPEN,
            call -> Reply.bytes(200, "application/json", OpenApi.document())));
    operations.add(
        new Operation(
            "GET",
            ConfigSchema.PATH,
            Set.of(),
            Needs.OPEN,
            call ->
                Reply.bytes(200, "application/schema+json", Json.write(ConfigSchema.document()))));
    this.router = new Router(operations);
  }

  /** Adds the API to a listener. */
  public void addTo(HttpRouting.Builder routing) {
    routing.any("/admin", this::answer);
    routing.any("/admin/*", this::answer);
  }

  /** Ends what would go on by itself, such as what operators follow. */
  @Override
  public void close() {
    followers.close();
  }

  List<Operation> operations() {
    return router.operations();
  }

  private void answer(ServerRequest request, ServerResponse response) throws IOException {
    String requestId = Uuid7.text(clock.millis());
    String path = request.path().rawPath();
    Auditing.Heard heard =
        new Auditing.Heard(
            new Origin(
                peer(request).getHostAddress(),
                request.prologue().method().text(),
                path,
                requestId));
    // What is logged on the way says for which call; the thread is this call's alone.
    try (var _ = MDC.putCloseable("request_id", requestId)) {
      Reply reply;
      try {
        reply = answer(request, path, requestId, heard);
      } catch (RefusedCall refused) {
        reply = Problems.of(refused.why(), path, requestId);
      } catch (RuntimeException e) {
        auditing.broken(heard);
        response.header(REQUEST_ID, requestId);
        throw e;
      } finally {
        MDC.remove(TENANT_ID);
      }
      try {
        auditing.answered(heard, reply);
        write(request, response, reply.with(REQUEST_ID, requestId));
      } finally {
        if (reply.body() instanceof Reply.Body.Followed(LogFollowing following)) {
          following.close();
        }
      }
    }
  }

  private Reply answer(ServerRequest request, String path, String requestId, Auditing.Heard heard) {
    String sent = request.prologue().method().text();
    String method = sent.equals("HEAD") ? "GET" : sent;
    Router.Match match = router.match(method, segments(path));
    if (match instanceof Router.Match.Found(Operation operation, Map<String, String> values)) {
      heard.leadsTo(operation, values);
      String tenant = values.get("tenant");
      if (tenant != null) {
        MDC.put(TENANT_ID, tenant);
      }
    }
    boolean open = match instanceof Router.Match.Found found && found.operation().needs().open();
    Operator operator = Operator.NOBODY;
    if (!open) {
      switch (operators.identify(header(request, "Authorization"), peer(request))) {
        case Access.Refused refused -> {
          if (refused != Access.Refused.MISSING) {
            heard.showsWrongToken();
          }
          return Problems.of(refused, path, requestId);
        }
        case Access.Paused paused -> {
          return Problems.of(paused, path, requestId);
        }
        case Access.Stranger(String name) -> {
          heard.byStranger(name);
          throw Authorization.forbidden(
              "The issuer says who you are, and no admin.oidc.operators is for what it says");
        }
        case Access.Undecided undecided ->
            throw new RefusedCall(
                Refusal.of(
                    Refusal.Reason.IDENTITY_UNAVAILABLE,
                    "The keys of the operators' issuer cannot be had now; try again, or use a token"
                        + " that Aegis has made"));
        case Access.Granted(Operator granted) -> {
          operator = granted;
          heard.by(granted);
        }
      }
    }
    return switch (match) {
      case Router.Match.Nothing nothing ->
          throw ObjectOperations.notFound("There is nothing at " + path);
      case Router.Match.OtherMethods others -> otherMethods(sent, path, requestId, others);
      case Router.Match.Found found -> {
        String rawQuery = request.query().rawValue();
        authorization.check(operator, found.operation().needs(), found.segments(), rawQuery);
        Call call =
            new Call(
                method,
                path,
                rawQuery,
                found.segments(),
                query(rawQuery, found.operation().parameters()),
                headers(request),
                new Payload(body(request, longest(found.operation(), operator))),
                operator,
                heard.origin());
        if (call.flag(Writes.DRY_RUN)) {
          heard.rehearses();
        }
        yield found.operation().handler().answer(call);
      }
    };
  }

  private static Reply otherMethods(
      String method, String path, String requestId, Router.Match.OtherMethods others) {
    Set<String> allowed = new TreeSet<>(others.allowed());
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    allowed.add("OPTIONS");
    String allow = String.join(", ", allowed);
    if (method.equals("OPTIONS")) {
      return Reply.empty(204).with("Allow", allow);
    }
    return Problems.of(
            Refusal.of(
                Refusal.Reason.METHOD_NOT_ALLOWED, method + " is not possible here; try " + allow),
            path,
            requestId)
        .with("Allow", allow);
  }

  private static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    for (String segment : path.substring(1).split("/", -1)) {
      segments.add(decoded(segment.replace("+", "%2B"), "The path"));
    }
    return segments;
  }

  private static Map<String, String> query(String raw, Set<String> known) {
    Map<String, String> query = new LinkedHashMap<>();
    if (known.contains(Operation.ANY_PARAMETER) || raw == null || raw.isEmpty()) {
      return query;
    }
    for (String pair : raw.split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      String[] parts = pair.split("=", 2);
      String name = decoded(parts[0], "The query");
      if (!known.contains(name)) {
        String near = NearName.of(name, known);
        throw RefusedCall.parameter(
            name, "is unknown" + (near == null ? "" : "; did you mean \"" + near + "\"?"));
      }
      if (query.put(name, parts.length == 1 ? "" : decoded(parts[1], "The query")) != null) {
        throw RefusedCall.parameter(name, "must be given once");
      }
    }
    return query;
  }

  private static String decoded(String text, String where) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw RefusedCall.malformed(where + " has a broken percent-encoding");
    }
  }

  private static Map<String, String> headers(ServerRequest request) {
    Map<String, String> headers = new HashMap<>();
    for (Header header : request.headers()) {
      headers.put(header.headerName().lowerCase(), header.values());
    }
    return headers;
  }

  private static @Nullable String header(ServerRequest request, String name) {
    return request.headers().first(HeaderNames.create(name)).orElse(null);
  }

  private static int longest(Operation operation, Operator operator) {
    return operation.template().equals(ConfigOperations.CONFIG) && !operator.bound()
        ? ConfigOperations.MAX_DOCUMENT
        : MAX_BODY;
  }

  private static InetAddress peer(ServerRequest request) {
    return ((InetSocketAddress) request.remotePeer().address()).getAddress();
  }

  private static byte[] body(ServerRequest request, int longest) {
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    try (InputStream in = request.content().inputStream()) {
      byte[] body = in.readNBytes(longest + 1);
      if (body.length > longest) {
        // Read on for a while, else the connection breaks before the caller has seen why.
        for (int read = 0; read < MAX_IN_VAIN; read += CHUNK) {
          if (in.readNBytes(CHUNK).length < CHUNK) {
            break;
          }
        }
        throw new RefusedCall(
            Refusal.of(Refusal.Reason.TOO_LARGE, "A body may have at most " + longest + " bytes"));
      }
      return body;
    } catch (IOException e) {
      throw RefusedCall.malformed("The body ended early");
    } catch (UncheckedIOException e) {
      throw RefusedCall.malformed("The body ended early");
    }
  }

  private static void write(ServerRequest request, ServerResponse response, Reply reply)
      throws IOException {
    response.status(Status.create(reply.status()));
    response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
    if (!reply.headers().containsKey("Cache-Control")) {
      response.header(HeaderNames.CACHE_CONTROL, "private, no-cache");
    }
    reply.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
    boolean head = request.prologue().method().text().toUpperCase(Locale.ROOT).equals("HEAD");
    switch (reply.body()) {
      case Reply.Body.None none -> response.send();
      case Reply.Body.Bytes(Payload payload) -> {
        byte[] bytes = payload.bytes();
        if (head) {
          response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(bytes.length));
          response.send();
        } else {
          response.send(bytes);
        }
      }
      case Reply.Body.Streamed(InputStream stream) -> {
        try (stream) {
          if (head) {
            response.send();
          } else {
            try (OutputStream out = response.outputStream()) {
              stream.transferTo(out);
            }
          }
        }
      }
      case Reply.Body.Followed(LogFollowing following) -> {
        if (head) {
          response.send();
        } else {
          follow(response, following);
        }
      }
    }
  }

  static void follow(ServerResponse response, LogFollowing following) {
    try (OutputStream out = response.outputStream()) {
      following.writeTo(out);
    } catch (IOException | UncheckedIOException | ServerConnectionException e) {
      // The reader is gone, or was cut off; there is nobody to tell.
      throw new CloseConnectionException("A follower is gone", e);
    }
  }
}
