package dev.aegis.gateway.edge;

import dev.aegis.events.Blame;
import dev.aegis.gateway.cache.Answer;
import dev.aegis.gateway.cache.CachePlan;
import dev.aegis.gateway.cache.Question;
import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.cache.Resource;
import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Field;
import dev.aegis.gateway.http1.FieldNames;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http1.Transformed;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Counted;
import dev.aegis.gateway.pipeline.Refusal;
import dev.aegis.gateway.pipeline.Refusal.ByCaller;
import dev.aegis.gateway.pipeline.Refusal.ByUpstream;
import dev.aegis.gateway.pipeline.ReplyCosts;
import dev.aegis.gateway.plugin.Balancer;
import dev.aegis.gateway.plugin.BodyFlow;
import dev.aegis.gateway.plugin.Chain;
import dev.aegis.gateway.plugin.Edit;
import dev.aegis.gateway.plugin.Phase;
import dev.aegis.gateway.plugin.RateLimit;
import dev.aegis.gateway.plugin.RefusalEdit;
import dev.aegis.gateway.snapshot.RoutePlan;
import dev.aegis.gateway.tracing.Trace;
import dev.aegis.gateway.upstream.Backend;
import dev.aegis.gateway.upstream.Exchange;
import dev.aegis.gateway.upstream.Mirrors;
import dev.aegis.gateway.upstream.Outbound;
import dev.aegis.gateway.upstream.Split;
import dev.aegis.gateway.upstream.Squeeze;
import dev.aegis.gateway.upstream.Upstream;
import dev.aegis.plugin.Candidate;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that goes on, as its upstream sees it: cached, copied, forwarded, and its outcome. */
final class Forwarding implements Outbound {
  private static final Logger LOG = LoggerFactory.getLogger(Forwarding.class);
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final Duration SETTLE = Duration.ofSeconds(2);

  private final RequestExchange exchange;
  private final Edge edge;
  private final CallerLeg leg;
  private final RequestHead head;
  private final String address;
  private final Admitted admitted;
  private @Nullable Counted limit;
  private final Body body;
  private final OutboundBody outbound;
  private @Nullable BodyFlow replyBody;
  private @Nullable Question question;
  private Answer.@Nullable Miss miss;
  private ReplyCache.@Nullable Gathering gathering;
  private long age = -1;
  private @Nullable Edit requestEdit;
  private @Nullable Edit replyEdit;
  private @Nullable Balancer balancer;

  /**
   * @param exchange what it is a part of
   * @param leg of the caller
   */
  Forwarding(RequestExchange exchange, Edge edge, CallerLeg leg, Admitted admitted, Body body) {
    this.exchange = exchange;
    this.edge = edge;
    this.leg = leg;
    this.head = admitted.inbound().head();
    this.address = admitted.inbound().address();
    this.admitted = admitted;
    this.limit = admitted.limit();
    this.body = body;
    this.outbound = new OutboundBody(leg, head, body);
  }

  /** Forwards to one of those that {@code split} chooses from; true when the next may follow. */
  boolean run(Split split) throws IOException {
    RoutePlan route = admitted.identified().route();
    if (route.chain().has(Phase.REQUEST)) {
      switch (route.chain().request(admitted.identified().live())) {
        case Chain.Result.Edited(Edit edit) -> requestEdit = edit;
        case Chain.Result.Refused refused -> {
          return exchange.refused(admitted, new Refusal.PluginFailed(), body);
        }
        case Chain.Result.Failed failed -> {
          return exchange.refused(admitted, new Refusal.PluginFailed(), body);
        }
      }
    }
    Backend chosen = split.choose(this);
    exchange.sentTo(chosen);
    Upstream upstream = chosen.upstream();
    if (upstream == null) {
      return exchange.refused(admitted, new Refusal.Later(ByUpstream.NO_HEALTHY_TARGET, 1), body);
    }
    long most = route.caps().request();
    if (body.length() > most) {
      return exchange.refused(admitted, ByCaller.PAYLOAD_TOO_LARGE, body);
    }
    body.atMost(most);
    if (route.chain().has(Phase.REQUEST_BODY)) {
      Exchange wrong = outbound.edit(route.chain(), admitted.identified().live(), most);
      if (wrong != null) {
        return wrong.fault() == Exchange.Fault.PLUGIN_FAILED
            ? exchange.refused(admitted, outbound.refusal(), body) // nothing was begun
            : ended(wrong);
      }
    }
    CachePlan plan = route.cache();
    if (plan != null) {
      Question question = question(plan, chosen);
      switch (edge.cache().ask(question)) {
        case Answer.Hit hit -> {
          return given(hit);
        }
        case Answer.NotKept none -> {
          exchange.cached("miss");
          return exchange.refused(admitted, ByCaller.NOT_CACHED, body);
        }
        case Answer.Miss miss -> {
          exchange.cached("miss");
          this.question = question;
          this.miss = miss;
        }
        case Answer.Bypass passing -> exchange.cached("bypass");
      }
    }
    RoutePlan.MirrorPlan mirror = route.mirror();
    if (mirror == null
        || head.asksForWebSocket()
        || ThreadLocalRandom.current().nextInt(100) >= mirror.percent()) {
      return carried(upstream);
    }
    Mirrors mirrors = edge.forwarder().mirrors();
    try (Mirrors.Copy copy =
        mirrors.copy(mirror.upstream(), mirror.maxBodyBytes(), outbound.goes())) {
      boolean next = carried(upstream);
      Body sent = outbound.goes();
      if (sent.done() && !exchange.bodyStillRead() && copy.complete(sent.taken())) {
        byte[] copied = outboundHead().copy(copy.length());
        copy.send(head.method(), copied, address, subject());
      }
      return next;
    }
  }

  private OutboundHead outboundHead() {
    return new OutboundHead(
        admitted,
        address,
        exchange.secure(),
        leg.protocol(head),
        requestEdit,
        outbound.length(),
        exchange.trace());
  }

  private boolean carried(Upstream upstream) throws IOException {
    Exchange outcome;
    try {
      outcome = edge.forwarder().forward(upstream, this);
      if (outcome.fault() == null) {
        keep();
      }
    } finally {
      forget();
    }
    return ended(outcome);
  }

  /** Gives the caller a reply that was kept. */
  private boolean given(Answer.Hit hit) throws IOException {
    exchange.cached("hit");
    age = hit.age();
    return ended(edge.forwarder().give(this, hit.message(), hit.notModified()));
  }

  private Question question(CachePlan plan, Backend asked) {
    boolean credentials =
        subject() != null
            || admitted.identified().route().arbiter() != null
            || head.value(Field.AUTHORIZATION) != null
            || head.value(Field.X_API_KEY) != null;
    String origin =
        asked.id() + (exchange.secure() ? "\nhttps://" : "\nhttp://") + head.authority();
    return new Question(plan, resource(), origin, head, credentials);
  }

  private Resource resource() {
    String tenant = admitted.identified().matched().tenant().id();
    return new Resource(tenant, head.host(), head.path(), head.query());
  }

  private boolean ended(Exchange outcome) throws IOException {
    Exchange.Rest rest = outcome.rest();
    Exchange.Fault fault = outcome.fault();
    if (fault == null) {
      exchange.record(
          admitted, outcome.status(), null, outcome, outbound.read(outcome), outcome.bytesOut());
      return settled(rest) && !exchange.closes();
    }
    Refusal why = refusal(fault, outcome);
    if (fault == Exchange.Fault.CIRCUIT_OPEN || fault == Exchange.Fault.OVERLOADED) {
      return exchange.refused(admitted, why, body); // nothing was begun
    }
    if (fault == Exchange.Fault.CALLER_GONE || exchange.begun()) {
      // Nobody is left to tell, or a reply was begun: its missing end tells.
      int status = exchange.begun() ? outcome.status() : why.status();
      exchange.record(admitted, status, why, outcome, body.taken(), outcome.bytesOut());
      leg.close();
      throw new LegFailure(LegFailure.Leg.CALLER, false, new IOException(outcome.detail()));
    }
    LOG.debug("{} {}: {}", admitted.inbound().requestId(), why.code(), outcome.detail());
    leg.reply(head).out().clear();
    RefusalEdit edit = exchange.wording(admitted, why);
    exchange.record(admitted, why.status(), why, outcome, body.taken(), 0);
    if (!body.done() || rest != null || why.blame() == Blame.CALLER) {
      exchange.close();
    }
    new Replies(leg.reply(head)).refuse(why, admitted, edit, exchange.closes());
    return settled(rest) && !exchange.closes();
  }

  /** Waits a little for the rest of the body; true when the next request follows. */
  private boolean settled(Exchange.@Nullable Rest rest) {
    if (rest == null) {
      return body.done();
    }
    boolean settled = rest.settle(SETTLE);
    if (!settled) {
      exchange.leaveBody();
    }
    return settled;
  }

  private Refusal refusal(Exchange.Fault fault, Exchange outcome) {
    return switch (fault) {
      case NO_TARGET -> later(ByUpstream.NO_HEALTHY_TARGET, outcome);
      case CIRCUIT_OPEN -> later(ByUpstream.CIRCUIT_OPEN, outcome);
      case OVERLOADED -> later(ByUpstream.OVERLOADED, outcome);
      case UPSTREAM_FAILED -> ByUpstream.UPSTREAM_FAILED;
      case UPSTREAM_TIMEOUT -> ByUpstream.UPSTREAM_TIMEOUT;
      case CALLER_GONE -> ByCaller.CALLER_GONE;
      case CALLER_TIMEOUT -> ByCaller.REQUEST_TIMEOUT;
      case REQUEST_TOO_LARGE -> ByCaller.PAYLOAD_TOO_LARGE;
      case REPLY_TOO_LARGE -> ByUpstream.UPSTREAM_FAILED;
      case PLUGIN_FAILED -> outbound.refusal();
      case CALLER_MALFORMED -> new Refusal.Malformed(outcome.detail());
    };
  }

  private static Refusal later(ByUpstream why, Exchange outcome) {
    return new Refusal.Later(why, Math.max(1, (outcome.retryAfter().toMillis() + 999) / 1000));
  }

  /** All of the reply went on. */
  private void keep() {
    if (gathering != null) {
      gathering.keep();
    }
  }

  /** The reply came to its end, good or bad. */
  private void forget() {
    if (gathering != null) {
      gathering.close();
    }
  }

  @Override
  public Body.@Nullable Copy replied(ResponseHead reply, Body content) {
    if (ReplyCosts.asks(admitted.identified().route().limits())) {
      ReplyCosts costs = edge.pipeline().limits().replyCosts();
      limit = costs.charge(admitted, reply, System.currentTimeMillis());
    }
    if (!SAFE.contains(head.method()) && reply.status() < 400) {
      edge.cache().invalidate(resource()); // before the caller can know of the change
    }
    if (question == null || miss == null) {
      return null;
    }
    gathering = edge.cache().gather(question, miss, reply, content);
    return gathering;
  }

  @Override
  public @Nullable Trace trace() {
    return exchange.trace();
  }

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public void head(Output out) {
    outboundHead().write(out);
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
  public boolean wishes() {
    return admitted.identified().route().chain().has(Phase.BALANCE);
  }

  @Override
  public int wish(List<Fit> fit) {
    Balancer asked = balancer;
    if (asked == null) {
      asked = new Balancer(admitted.identified().route().chain(), admitted.identified().live());
      balancer = asked;
    }
    return asked.choose(
        fit.stream()
            .map(each -> new Candidate(each.authority(), each.weight(), each.active()))
            .toList());
  }

  @Override
  public Body body() {
    return outbound.goes();
  }

  @Override
  public Duration within() {
    return Duration.ZERO;
  }

  @Override
  public boolean expectsContinue() {
    return head.expectsContinue() && !outbound.continued();
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
    return limit == null ? Replies.OWN : Replies.OWN_AND_LIMITS;
  }

  @Override
  public FieldNames removed() {
    FieldNames removed = admitted.identified().route().replyEdit().dropped();
    Edit edit = replyEdit;
    FieldNames all = edit == null ? removed : removed.with(edit.dropped());
    for (RateLimit each : admitted.identified().route().limits()) {
      FieldNames dropped = each.dropped();
      all = dropped == null ? all : all.with(dropped);
    }
    return all;
  }

  @Override
  public boolean passing(ResponseHead reply) {
    Chain chain = admitted.identified().route().chain();
    if (chain.has(Phase.REPLY_BODY)) {
      replyBody = chain.replyBody(admitted.identified().live(), reply);
      if (replyBody == null) {
        return false;
      }
    }
    if (!chain.has(Phase.REPLY)) {
      return true;
    }
    return switch (chain.reply(admitted.identified().live(), reply)) {
      case Chain.Result.Edited(Edit edit) -> {
        replyEdit = edit;
        yield true;
      }
      case Chain.Result.Refused refused -> false;
      case Chain.Result.Failed failed -> false;
    };
  }

  @Override
  public Transformed.@Nullable By edited(ResponseHead reply) {
    BodyFlow flow = replyBody;
    return flow == null || flow.idle() ? null : flow;
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
      exchange.beginReply();
      exchange.close();
      Replies replies = new Replies(leg.reply(head));
      replies.common(admitted.inbound().requestId(), "1.1");
      replies.limit(limit);
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
    exchange.beginReply();
    if (last || leg.ending()) {
      exchange.close();
    }
    admitted.identified().route().replyEdit().put(leg.reply(head).out());
    Edit edit = replyEdit;
    if (edit != null) {
      edit.lines(leg.reply(head).out()::header);
    }
    Replies replies = new Replies(leg.reply(head));
    replies.cors(admitted);
    if (admitted.identified().route().squeeze() != null) {
      leg.reply(head).out().header("Vary", "Accept-Encoding");
    }
    if (age >= 0) {
      leg.reply(head).out().header("Age", Long.toString(age)); // RFC 9111 section 5.1
    }
    replies.common(admitted.inbound().requestId(), protocol);
    replies.limit(limit);
    replies.connection(exchange.closes(), head.minorVersion());
  }
}
