package dev.aegis.gateway.edge;

import dev.aegis.events.Blame;
import dev.aegis.gateway.cache.Answer;
import dev.aegis.gateway.cache.CachePlan;
import dev.aegis.gateway.cache.Question;
import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.cache.Resource;
import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Http1Reply;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.pipeline.Progress.Matched;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.pipeline.Refusal.ByUpstream;
import dev.aegis.gateway.pipeline.Step;
import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.snapshot.CorsPlan;
import dev.aegis.gateway.snapshot.Redirect;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.snapshot.TenantPlan;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.gateway.upstream.Mirrors;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.gateway.upstream.Squeeze;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.model.Uuid7;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request of a caller, from its head to its record: the only place that sees all of it. */
final class RequestExchange {
  private static final Logger LOG = LoggerFactory.getLogger(RequestExchange.class);
  private static final int MAX_REQUEST_ID = 128;
  private static final int MAX_DISCARDED = 64 * 1024;
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final Duration SETTLE = Duration.ofSeconds(2);

  private final Edge edge;
  private final CallerLeg leg;
  private final RequestHead head;
  private String address;
  private boolean secure;
  private final long startedMillis = System.currentTimeMillis();
  private final long startedNanos = System.nanoTime();
  private volatile String requestId = "";
  private boolean closes;
  private boolean replying;
  private boolean bodyStillRead;
  private @Nullable Backend backend;
  private @Nullable String cached;

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

  /** Serves a request whose head was read; true when the connection can take another. */
  boolean run() throws IOException {
    requestId = requestId();
    believe(edge.settings().front());
    closes = !head.persistent() || leg.ending();
    Inbound inbound =
        new Inbound(
            edge.snapshot().get(),
            requestId,
            head,
            address,
            leg.handshake(),
            startedMillis,
            startedNanos);
    Body body = Body.of(head, leg.input());
    try {
      if (head.method().equals("CONNECT") || head.method().equals("TRACE")) {
        return refused(inbound, ByCaller.METHOD_NOT_ALLOWED, body);
      }
      if (misdirected(inbound, leg.handshake().host())) {
        return refused(inbound, ByCaller.MISDIRECTED_REQUEST, body);
      }
      if (head.asterisk()) {
        return answered(inbound, null, body);
      }
      TenantPlan tenant = inbound.snapshot().tenant(head.host());
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
      new Replies(leg.reply(head)).refuse(bug, inbound, true);
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

  private boolean served(Inbound inbound, Body body) throws IOException {
    Matched asked = edge.pipeline().preflight(inbound);
    RoutePlan asksAbout = asked == null ? null : asked.route();
    CorsPlan cors = asksAbout == null ? null : asksAbout.cors();
    if (asked != null && cors != null) {
      return preflighted(asked, cors, body);
    }
    return switch (edge.pipeline().run(inbound)) {
      case Step.Stop<Admitted>(Progress at, Refusal why) -> refused(at, why, body);
      case Step.Go<Admitted>(Admitted admitted) when head.maxForwards() == 0 ->
          answered(admitted, admitted.limit(), body);
      case Step.Go<Admitted>(Admitted admitted) ->
          switch (admitted.identified().route().end()) {
            case RoutePlan.End.Forwarded(Split split) -> forwarded(admitted, split, body);
            case RoutePlan.End.Redirected(Redirect to) -> redirected(admitted, to, body);
          };
    };
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
  private static boolean misdirected(Inbound inbound, @Nullable String serverName) {
    if (serverName == null || serverName.equals(inbound.head().host())) {
      return false;
    }
    TenantPlan opened = inbound.snapshot().tenant(serverName);
    TenantPlan asked = inbound.snapshot().tenant(inbound.head().host());
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
    edge.records()
        .accept(RequestRecord.unread(why, requestId, address, startedMillis, elapsed(), edge));
  }

  private boolean refused(Progress at, Refusal why, Body body) throws IOException {
    closes |= !droppable(body);
    record(at, why.status(), why, null, 0, 0);
    beginReply();
    new Replies(leg.reply(head)).refuse(why, at, closes);
    return dropped(body);
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

  private boolean forwarded(Admitted admitted, Split split, Body body) throws IOException {
    RoutePlan route = admitted.identified().route();
    Forwarding forwarding = new Forwarding(admitted, body);
    Backend chosen = split.choose(forwarding);
    backend = chosen;
    Upstream upstream = chosen.upstream();
    if (upstream == null) {
      return refused(admitted, new Refusal.Later(ByUpstream.NO_HEALTHY_TARGET, 1), body);
    }
    long most = route.caps().request();
    if (body.length() > most) {
      return refused(admitted, ByCaller.PAYLOAD_TOO_LARGE, body);
    }
    body.atMost(most);
    CachePlan plan = route.cache();
    if (plan != null) {
      Question question = question(admitted, plan, chosen, forwarding.subject() != null);
      switch (edge.cache().ask(question)) {
        case Answer.Hit hit -> {
          return given(admitted, forwarding, hit);
        }
        case Answer.NotKept none -> {
          cached = "miss";
          return refused(admitted, ByCaller.NOT_CACHED, body);
        }
        case Answer.Miss miss -> {
          cached = "miss";
          forwarding.missed(question, miss);
        }
        case Answer.Bypass passing -> cached = "bypass";
      }
    }
    RoutePlan.MirrorPlan mirror = route.mirror();
    if (mirror == null
        || head.asksForWebSocket()
        || ThreadLocalRandom.current().nextInt(100) >= mirror.percent()) {
      return carried(admitted, upstream, forwarding);
    }
    Mirrors mirrors = edge.forwarder().mirrors();
    try (Mirrors.Copy copy = mirrors.copy(mirror.upstream(), mirror.maxBodyBytes(), body)) {
      boolean next = carried(admitted, upstream, forwarding);
      if (body.done() && !bodyStillRead && copy.complete(body.taken())) {
        byte[] outbound = outboundHead(admitted).copy(copy.length());
        copy.send(head.method(), outbound, address, forwarding.subject());
      }
      return next;
    }
  }

  private OutboundHead outboundHead(Admitted admitted) {
    return new OutboundHead(admitted, address, secure, leg.protocol(head));
  }

  private boolean carried(Admitted admitted, Upstream upstream, Forwarding forwarding)
      throws IOException {
    Exchange exchange;
    try {
      exchange = edge.forwarder().forward(upstream, forwarding);
      if (exchange.fault() == null) {
        forwarding.keep();
      }
    } finally {
      forwarding.forget();
    }
    return ended(admitted, exchange, forwarding.body());
  }

  /** Gives the caller a reply that was kept. */
  private boolean given(Admitted admitted, Forwarding forwarding, Answer.Hit hit)
      throws IOException {
    cached = "hit";
    forwarding.age = hit.age();
    Exchange exchange = edge.forwarder().give(forwarding, hit.message(), hit.notModified());
    return ended(admitted, exchange, forwarding.body());
  }

  private Question question(Admitted admitted, CachePlan plan, Backend asked, boolean identified) {
    boolean credentials =
        identified
            || head.value(Field.AUTHORIZATION) != null
            || head.value(Field.X_API_KEY) != null;
    String origin = asked.id() + (secure ? "\nhttps://" : "\nhttp://") + head.authority();
    return new Question(plan, resource(admitted), origin, head, credentials);
  }

  private Resource resource(Admitted admitted) {
    String tenant = admitted.identified().matched().tenant().id();
    return new Resource(tenant, head.host(), head.path(), head.query());
  }

  private boolean ended(Admitted admitted, Exchange exchange, Body body) throws IOException {
    Exchange.Rest rest = exchange.rest();
    Exchange.Fault fault = exchange.fault();
    if (fault == null) {
      record(admitted, exchange.status(), null, exchange, exchange.bytesIn(), exchange.bytesOut());
      return settled(rest, body) && !closes;
    }
    Refusal why = refusal(fault, exchange);
    if (fault == Exchange.Fault.CIRCUIT_OPEN || fault == Exchange.Fault.OVERLOADED) {
      return refused(admitted, why, body); // nothing was begun
    }
    if (fault == Exchange.Fault.CALLER_GONE || begun()) {
      // Nobody is left to tell, or a reply was begun: its missing end tells.
      int status = begun() ? exchange.status() : why.status();
      record(admitted, status, why, exchange, body.taken(), exchange.bytesOut());
      leg.close();
      throw new LegFailure(LegFailure.Leg.CALLER, false, new IOException(exchange.detail()));
    }
    LOG.debug("{} {}: {}", requestId, why.code(), exchange.detail());
    leg.reply(head).out().clear();
    record(admitted, why.status(), why, exchange, body.taken(), 0);
    closes |= !body.done() || rest != null || why.blame() == Blame.CALLER;
    new Replies(leg.reply(head)).refuse(why, admitted, closes);
    return settled(rest, body) && !closes;
  }

  /** Waits a little for the rest of the body; true when the next request follows. */
  private boolean settled(Exchange.@Nullable Rest rest, Body body) {
    if (rest == null) {
      return body.done();
    }
    boolean settled = rest.settle(SETTLE);
    bodyStillRead = !settled;
    return settled;
  }

  private void beginReply() {
    replying = true;
    leg.beginReply();
  }

  /** Whether the caller has got anything of the reply; interim replies are none. */
  private boolean begun() {
    return replying && leg.replyBegun();
  }

  private static Refusal refusal(Exchange.Fault fault, Exchange exchange) {
    return switch (fault) {
      case NO_TARGET -> later(ByUpstream.NO_HEALTHY_TARGET, exchange);
      case CIRCUIT_OPEN -> later(ByUpstream.CIRCUIT_OPEN, exchange);
      case OVERLOADED -> later(ByUpstream.OVERLOADED, exchange);
      case UPSTREAM_FAILED -> ByUpstream.UPSTREAM_FAILED;
      case UPSTREAM_TIMEOUT -> ByUpstream.UPSTREAM_TIMEOUT;
      case CALLER_GONE -> ByCaller.CALLER_GONE;
      case CALLER_TIMEOUT -> ByCaller.REQUEST_TIMEOUT;
      case REQUEST_TOO_LARGE -> ByCaller.PAYLOAD_TOO_LARGE;
      case REPLY_TOO_LARGE -> ByUpstream.UPSTREAM_FAILED;
      case CALLER_MALFORMED -> new Refusal.Malformed(exchange.detail());
    };
  }

  private static Refusal later(ByUpstream why, Exchange exchange) {
    return new Refusal.Later(why, Math.max(1, (exchange.retryAfter().toMillis() + 999) / 1000));
  }

  private void record(
      Progress at,
      int status,
      @Nullable Refusal why,
      @Nullable Exchange exchange,
      long bytesIn,
      long bytesOut) {
    edge.records()
        .accept(
            RequestRecord.of(
                at,
                backend(at),
                status,
                why,
                exchange,
                bytesIn,
                bytesOut,
                cached,
                elapsed(),
                edge.node()));
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

  /** The request as the forwarder sees it. */
  private final class Forwarding implements dev.aegis.gateway.upstream.Outbound {
    private final Admitted admitted;
    private final Body body;
    private @Nullable Question question;
    private Answer.@Nullable Miss miss;
    private ReplyCache.@Nullable Gathering gathering;
    private long age = -1;

    Forwarding(Admitted admitted, Body body) {
      this.admitted = admitted;
      this.body = body;
    }

    /** The reply may be kept. */
    void missed(Question question, Answer.Miss miss) {
      this.question = question;
      this.miss = miss;
    }

    /** All of the reply went on. */
    void keep() {
      if (gathering != null) {
        gathering.keep();
      }
    }

    /** The reply came to its end, good or bad. */
    void forget() {
      if (gathering != null) {
        gathering.close();
      }
    }

    @Override
    public Body.@Nullable Copy replied(ResponseHead reply, Body content) {
      if (!SAFE.contains(head.method()) && reply.status() < 400) {
        edge.cache().invalidate(resource(admitted)); // before the caller can know of the change
      }
      if (question == null || miss == null) {
        return null;
      }
      gathering = edge.cache().gather(question, miss, reply, content);
      return gathering;
    }

    @Override
    public String method() {
      return head.method();
    }

    @Override
    public void head(Output out) {
      outboundHead(admitted).write(out);
    }

    @Override
    public String address() {
      return address;
    }

    @Override
    public @Nullable String subject() {
      Principal principal = admitted.principalOrNull();
      return principal == null ? null : principal.subject();
    }

    @Override
    public @Nullable String field(String name) {
      return head.value(name);
    }

    @Override
    public Body body() {
      return body;
    }

    @Override
    public boolean expectsContinue() {
      return head.expectsContinue();
    }

    @Override
    public boolean takesTrailers() {
      String te = head.value(Field.TE);
      return te != null && te.toLowerCase(Locale.ROOT).contains("trailers");
    }

    @Override
    public ReplyTo caller() {
      return leg.reply(head);
    }

    @Override
    public boolean awaited() {
      return true;
    }

    @Override
    public void whenGone(Runnable action, boolean bodyIsRead) {
      leg.whenGone(action, bodyIsRead);
    }

    @Override
    public void forgetGone() {
      leg.forgetGone();
    }

    @Override
    public boolean gone() {
      return leg.gone();
    }

    @Override
    public Set<Field> replaced() {
      return admitted.limit() == null ? Replies.OWN : Replies.OWN_AND_LIMITS;
    }

    @Override
    public FieldNames removed() {
      return admitted.identified().route().replyEdit().dropped();
    }

    @Override
    public @Nullable Squeeze squeeze() {
      Squeeze squeeze = admitted.identified().route().squeeze();
      return squeeze != null && Squeeze.taken(head.value("accept-encoding")) ? squeeze : null;
    }

    @Override
    public long mostReplyBytes() {
      return admitted.identified().route().caps().reply();
    }

    @Override
    public @Nullable Beyond beyond() {
      return head.asksForWebSocket() ? new WebSocket() : null;
    }

    /** The caller's connection once it speaks WebSocket. */
    private final class WebSocket implements Beyond {
      private Departures.@Nullable Entry leaving;

      @Override
      public void fields() {
        beginReply();
        closes = true;
        Replies replies = new Replies(leg.reply(head));
        replies.common(requestId, "1.1");
        replies.limit(admitted.limit());
        Replies.webSocket(leg.reply(head).out());
      }

      @Override
      public void whenLeaving(Runnable action) {
        leaving = edge.departures().add(action);
      }

      @Override
      public void forgetLeaving() {
        Departures.Entry entry = leaving;
        if (entry != null) {
          edge.departures().remove(entry);
        }
      }

      @Override
      public Input input() {
        leg.unboundReads();
        return leg.input();
      }

      @Override
      public void close() {
        leg.close();
      }
    }

    @Override
    public void replyFields(boolean last, String protocol) {
      beginReply();
      closes |= last || leg.ending();
      admitted.identified().route().replyEdit().put(leg.reply(head).out());
      Replies replies = new Replies(leg.reply(head));
      replies.cors(admitted);
      if (admitted.identified().route().squeeze() != null) {
        leg.reply(head).out().header("Vary", "Accept-Encoding");
      }
      if (age >= 0) {
        leg.reply(head).out().header("Age", Long.toString(age)); // RFC 9111 section 5.1
      }
      replies.common(requestId, protocol);
      replies.limit(admitted.limit());
      replies.connection(closes, head.minorVersion());
    }
  }
}
