package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.Http1Reply;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.pipeline.Caller;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.pipeline.Step;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.RefusalEdit;
import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.signature.ContentDigest;
import dev.aegis.gateway.snapshot.CorsPlan;
import dev.aegis.gateway.snapshot.Redirect;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.model.Uuid7;
import dev.aegis.plugin.Refused;
import java.io.IOException;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request of a caller, from its head to its record: the only place that sees all of it. */
final class RequestExchange {
  private static final Logger LOG = LoggerFactory.getLogger(RequestExchange.class);
  private static final int MAX_REQUEST_ID = 128;
  private static final int MAX_DISCARDED = 64 * 1024;

  private final Edge edge;
  private final CallerLeg leg;
  private RequestHead head;
  private String address;
  private boolean secure;
  private final long startedMillis = System.currentTimeMillis();
  private final long startedNanos = System.nanoTime();
  private volatile String requestId = "";
  private @Nullable Trace trace;
  private boolean closes;
  private boolean replying;
  private boolean bodyStillRead;
  private @Nullable Backend backend;
  private @Nullable String cached;
  private @Nullable String note;

  RequestExchange(Edge edge, CallerLeg leg, RequestHead head, String address) {
    this.edge = edge;
    this.leg = leg;
    this.head = head;
    this.address = address;
    this.secure = leg.secure();
  }

  /** Whether another thread still reads the caller's body, so that nobody else may. */
  boolean bodyStillRead() {
    return bodyStillRead;
  }

  /** Another thread goes on reading the body. */
  void leaveBody() {
    bodyStillRead = true;
  }

  /** Whether the caller spoke over TLS, to here or to a trusted proxy. */
  boolean secure() {
    return secure;
  }

  /** The trace that it is a part of, null when nothing is traced. */
  @Nullable Trace trace() {
    return trace;
  }

  /** Whether no request follows on the connection. */
  boolean closes() {
    return closes;
  }

  /** No request follows on the connection. */
  void close() {
    closes = true;
  }

  /** The upstream that was chosen. */
  void sentTo(Backend chosen) {
    backend = chosen;
  }

  /** What the cache made of it, for the record. */
  void cached(String how) {
    cached = how;
  }

  /** What there is to say of it in the log. */
  void noted(String what) {
    note = what;
  }

  /** Serves a request whose head was read; true when the connection can take another. */
  boolean run() throws IOException {
    requestId = requestId();
    trace = edge.tracing().begin(head, startedNanos);
    believe(edge.settings().front());
    closes = !head.persistent() || leg.ending();
    Snapshot snapshot = edge.snapshot().get();
    TenantPlan tenant = Pipeline.tenant(snapshot, head, edge.settings().tenantHeader());
    Inbound inbound =
        new Inbound(
            tenant, requestId, head, address, leg.handshake(), startedMillis, startedNanos, secure);
    Body body = Body.of(head, leg.input());
    try {
      if (Pipeline.unserved(head.method())) {
        return refused(inbound, ByCaller.METHOD_NOT_ALLOWED, body);
      }
      if (misdirected(snapshot, tenant)) {
        return refused(inbound, ByCaller.MISDIRECTED_REQUEST, body);
      }
      if (head.asterisk()) {
        return answered(inbound, null, body);
      }
      return tenant == null ? served(inbound, body) : counted(inbound, tenant, body);
    } catch (RuntimeException e) {
      String incident = Uuid7.text(startedMillis);
      LOG.error("Incident {} in request {}", incident, requestId, e);
      Refusal bug = new Refusal.Internal(incident);
      record(inbound, bug.status(), bug, null, body.taken(), 0);
      bodyStillRead = !body.done();
      leg.reply(head).out().clear();
      if (begun()) {
        leg.close(); // its missing end tells
        return false;
      }
      new Replies(leg.reply(head)).refuse(bug, inbound, null, true);
      return false;
    }
  }

  /** Turns a request away before anything is spent on it, when there is too much already. */
  private boolean counted(Inbound inbound, TenantPlan tenant, Body body) throws IOException {
    Load.Share share = edge.load().share(tenant.id());
    return switch (edge.load().begin(share, tenant.mostActive())) {
      case FULL -> turnedAway(inbound, tenant, Refusal.Overloaded.GATEWAY, body);
      case TENANT_FULL -> turnedAway(inbound, tenant, Refusal.Overloaded.TENANT, body);
      case BEGUN -> {
        try {
          yield served(inbound, body);
        } finally {
          edge.load().end(share);
        }
      }
    };
  }

  private boolean turnedAway(Inbound inbound, TenantPlan tenant, Refusal why, Body body)
      throws IOException {
    return refused(new Matched(inbound, tenant, null), why, body);
  }

  private boolean served(Inbound came, Body body) throws IOException {
    Inbound inbound = came;
    TenantPlan tenant = came.tenant();
    if (tenant != null && tenant.chain().has(Phase.REWRITE) && !tenant.suspended()) {
      Matched at = new Matched(came, tenant, null);
      RequestHead other = tenant.chain().rewrite(at.live(null, null));
      if (other == null) {
        return refused(at, new Refusal.PluginFailed(), body);
      }
      head = other;
      inbound = came.with(other);
    }
    Matched asked = edge.pipeline().preflight(inbound);
    RoutePlan asksAbout = asked == null ? null : asked.route();
    CorsPlan cors = asksAbout == null ? null : asksAbout.cors();
    if (asked != null && cors != null) {
      return preflighted(asked, cors, body);
    }
    return switch (edge.pipeline().run(inbound, new ArbiterInquiry(this, edge, leg))) {
      case Step.Stop<Admitted>(Progress at, Refusal why) when why == ByCaller.CALLER_GONE ->
          gone(at);
      case Step.Stop<Admitted>(Progress at, Refusal why) -> refused(at, why, body);
      case Step.Go<Admitted>(Admitted admitted) -> {
        try {
          yield goesOn(admitted, body);
        } finally {
          admitted.places().close();
        }
      }
    };
  }

  private boolean goesOn(Admitted admitted, Body body) throws IOException {
    if (head.maxForwards() == 0) {
      return answered(admitted, admitted.limit(), body);
    }
    return switch (admitted.identified().route().end()) {
      case RoutePlan.End.Forwarded(Split split) -> {
        Refusal wrong = bound(admitted, body);
        yield wrong == null
            ? new Forwarding(this, edge, leg, admitted, body).run(split)
            : refused(admitted, wrong, body);
      }
      case RoutePlan.End.Redirected(Redirect to) -> redirected(admitted, to, body);
    };
  }

  /**
   * Binds the body of a signed request to the digest that was signed: it is checked on its way, and
   * no upstream gets the end of another.
   *
   * @return what is wrong already
   */
  private @Nullable Refusal bound(Admitted admitted, Body body) {
    Caller caller = admitted.callerOrNull();
    byte[] digest =
        caller != null && caller.credential() == Caller.Credential.SIGNATURE
            ? ContentDigest.sha256(head)
            : null;
    if (digest == null) {
      return null;
    }
    try {
      body.mustHave(digest);
      return null;
    } catch (BadMessage e) {
      return Refusal.of(e);
    }
  }

  /** What trusted proxies say of the caller. */
  private void believe(Front front) {
    InetAddress from = leg.from();
    if (front.trusted().contains(from)) {
      address = front.trusted().caller(from, head.values("x-forwarded-for")).getHostAddress();
      secure = front.secure(from, secure, head.values("x-forwarded-proto"));
    }
  }

  /**
   * Whether the connection was opened for one tenant's host and the request is for another's (RFC
   * 9110 section 15.5.20): what a caller checked about the one says nothing about the other.
   */
  private boolean misdirected(Snapshot snapshot, @Nullable TenantPlan asked) {
    String serverName = leg.handshake().host();
    if (serverName == null || serverName.equals(head.host())) {
      return false;
    }
    TenantPlan opened = snapshot.tenant(serverName);
    return opened != null && asked != null && !opened.id().equals(asked.id());
  }

  /** Answers bytes that are no request; a connection of HTTP/1.1 closes. */
  void refuseUnread(Refusal why) throws IOException {
    requestId = Uuid7.text(startedMillis);
    recordUnread(why);
    new Replies(leg.reply(head)).refuseUnread(why, requestId);
  }

  /** Tells the caller that it took too long; on another thread than the request's. */
  void tellLate(Output out) throws IOException {
    requestId = requestId.isEmpty() ? Uuid7.text(startedMillis) : requestId;
    new Replies(new Http1Reply(out, true)).refuseUnread(ByCaller.REQUEST_TIMEOUT, requestId);
  }

  /** Records a request whose head never came to be. */
  void recordUnread(Refusal why) {
    requestId = requestId.isEmpty() ? Uuid7.text(startedMillis) : requestId;
    Trace own = edge.tracing().begin(null, startedNanos);
    edge.records()
        .accept(RequestRecord.unread(why, requestId, address, startedMillis, elapsed(), own, edge));
  }

  boolean refused(Progress at, Refusal why, Body body) throws IOException {
    closes |= !droppable(body);
    RefusalEdit edit = wording(at, why);
    record(at, why.status(), why, null, 0, 0);
    beginReply();
    new Replies(leg.reply(head)).refuse(why, at, edit, closes);
    return dropped(body);
  }

  /** What plugins change about how a refusal is told; nothing where it has to cost nothing. */
  @Nullable RefusalEdit wording(Progress at, Refusal why) {
    Matched matched = at.matchedOrNull();
    if (matched == null
        || !matched.chain().has(Phase.REFUSAL)
        || why instanceof Refusal.Overloaded
        || why == ByCaller.TENANT_SUSPENDED) {
      return null;
    }
    return matched
        .chain()
        .refusal(
            matched.live(matched.route(), at.callerOrNull()),
            new Refused(why.status(), why.code(), why.title(), why.detail()));
  }

  /** The caller went away before its request could be forwarded. */
  private boolean gone(Progress at) throws LegFailure {
    record(at, ByCaller.CALLER_GONE.status(), ByCaller.CALLER_GONE, null, 0, 0);
    leg.close();
    throw new LegFailure(LegFailure.Leg.CALLER, false, new IOException("gone"));
  }

  /** Answers an OPTIONS that goes no further than here (RFC 9110 sections 7.6.2 and 9.3.7). */
  private boolean answered(Progress at, @Nullable Counted limit, Body body) throws IOException {
    closes |= !droppable(body);
    record(at, 204, null, null, 0, 0);
    beginReply();
    new Replies(leg.reply(head)).options(at, limit, closes);
    return dropped(body);
  }

  /** Whether a body that nobody wants is worth reading, so that the next request can follow. */
  private boolean droppable(Body body) {
    boolean small = body.length() >= 0 && body.length() <= MAX_DISCARDED;
    return small && (body.done() || !head.expectsContinue());
  }

  /** Reads the body to its end if the connection stays; true when the next request follows. */
  private boolean dropped(Body body) throws IOException {
    if (closes) {
      return false;
    }
    try {
      body.discard();
      return true;
    } catch (BadMessage e) {
      return false;
    }
  }

  private boolean preflighted(Matched asked, CorsPlan cors, Body body) throws IOException {
    closes |= !droppable(body);
    record(asked, 204, null, null, 0, 0);
    beginReply();
    new Replies(leg.reply(head)).preflight(cors, asked, closes);
    return dropped(body);
  }

  private boolean redirected(Admitted admitted, Redirect to, Body body) throws IOException {
    closes |= !droppable(body);
    record(admitted, to.status(), null, null, 0, 0);
    beginReply();
    String path = admitted.identified().route().upstreamPath(head.path());
    String location = to.location(head.host(), path, head.query());
    new Replies(leg.reply(head))
        .redirect(to.status(), location, admitted, admitted.limit(), closes);
    return dropped(body);
  }

  /** What is said from now on is the reply. */
  void beginReply() {
    replying = true;
    leg.beginReply();
  }

  /** Whether the caller has got anything of the reply; interim replies are none. */
  boolean begun() {
    return replying && leg.replyBegun();
  }

  void record(
      Progress at,
      int status,
      @Nullable Refusal why,
      @Nullable Exchange exchange,
      long bytesIn,
      long bytesOut) {
    Finished finished =
        RequestRecord.of(
            at,
            backend(at),
            status,
            why,
            exchange,
            bytesIn,
            bytesOut,
            cached,
            note,
            elapsed(),
            trace,
            leg.protocol(head),
            edge.node());
    edge.records().accept(finished);
    Matched matched = at.matchedOrNull();
    RoutePlan route = matched == null ? null : matched.route();
    if (matched != null && route != null && route.chain().has(Phase.LOG)) {
      route
          .chain()
          .ended(matched.live(route, at.callerOrNull()), RequestRecord.ended(finished.event()));
    }
  }

  /** The upstream that was chosen, before that the only one that could be, or null. */
  private @Nullable Backend backend(Progress at) {
    Matched matched = at.matchedOrNull();
    RoutePlan route = matched == null ? null : matched.route();
    return backend != null || route == null ? backend : route.only();
  }

  private long elapsed() {
    return System.nanoTime() - startedNanos;
  }

  /** The caller's own id when it is harmless, else a new one. */
  private String requestId() {
    String given = head.value(Field.X_REQUEST_ID);
    if (given == null || given.isEmpty() || given.length() > MAX_REQUEST_ID) {
      return Uuid7.text(startedMillis);
    }
    for (int i = 0; i < given.length(); i++) {
      char c = given.charAt(i);
      if (c <= ' ' || c > '~' || c == '"' || c == '\\') {
        return Uuid7.text(startedMillis);
      }
    }
    return given;
  }
}
