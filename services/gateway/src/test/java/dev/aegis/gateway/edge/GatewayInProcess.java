package dev.aegis.gateway.edge;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.StartFailure;
import dev.aegis.events.UpstreamEvent;
import dev.aegis.gateway.cache.ReplyCache;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.overload.Load;
import dev.aegis.gateway.pipeline.Limits;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.plugin.Failure;
import dev.aegis.gateway.plugin.Links;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.gateway.snapshot.Compiler;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.telemetry.Finished;
import dev.aegis.gateway.tls.CallerTls;
import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.gateway.tracing.Tracing;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.gateway.upstream.Forwarder;
import dev.aegis.gateway.upstream.HealthChecks;
import dev.aegis.gateway.upstream.Mirrors;
import dev.aegis.gateway.upstream.Upstreams;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import dev.aegis.journal.Verdict;
import dev.aegis.model.Finding;
import dev.aegis.plugins.Plugins;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's way of a request, from its listener to its upstreams, on a configuration put
 * together by a test: no Kafka, no journal, and what telemetry hears is kept.
 */
public final class GatewayInProcess implements AutoCloseable {
  static final String SECRET = "a shared key of more than thirty-two bytes";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * More than any test asks for. Requests that race for the first connection of a caller by HTTP/2
   * may each open one of their own.
   */
  private static final int MOST_CONNECTIONS = 1_000;

  /** Shown for hosts without a certificate. */
  static final KeyedChain DEFAULT =
      SelfSigned.make(
          List.of("default.test"), Instant.now(), Instant.now().plus(Duration.ofDays(1)));

  private static final EdgeSettings BOUNDS =
      new EdgeSettings(Duration.ofSeconds(20), Duration.ofSeconds(10), Duration.ofSeconds(10));

  private volatile Plugins plugins = Plugins.builtIn();
  private final KeptFailures failures = new KeptFailures();
  private final Links links =
      new Links(() -> plugins, failures, () -> System.nanoTime() + elapsed().toNanos());
  private final List<UpstreamEvent> heard = new CopyOnWriteArrayList<>();
  private final Fold fold = new Fold();
  private final MasterKey masterKey = MasterKey.parse(MasterKey.newText());
  private final Upstreams upstreams = new Upstreams(null, null, heard::add, InstantSource.system());
  private final Deadlines deadlines = new Deadlines();
  private final HealthChecks checks = new HealthChecks(upstreams, deadlines);
  private final @Nullable PublishedKeysPeer keys;
  private final Compiler compiler;
  private final Forwarder forwarder = new Forwarder(deadlines);
  private final List<Finished> finished = new CopyOnWriteArrayList<>();
  private final CallerSelector selector;
  private final HttpListener listener;
  private final HttpListener secure;
  private final InstantSource clock = () -> Instant.now().plus(elapsed());
  private final List<StreamsFront> fronts = new ArrayList<>();
  private TargetProtocol protocol = TargetProtocol.HTTP_1_1;
  private volatile Duration elapsed = Duration.ZERO;
  private volatile Snapshot snapshot = Snapshot.empty("test", Instant.EPOCH);

  private GatewayInProcess(EdgeSettings bounds, int mostActive) throws StartFailure {
    this(bounds, mostActive, null);
  }

  private GatewayInProcess(EdgeSettings bounds, int mostActive, @Nullable PublishedKeysPeer keys)
      throws StartFailure {
    this(bounds, mostActive, keys, new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE));
  }

  private GatewayInProcess(
      EdgeSettings bounds, int mostActive, @Nullable PublishedKeysPeer keys, Pipeline pipeline)
      throws StartFailure {
    this(bounds, mostActive, keys, pipeline, Tracing.OFF);
  }

  private GatewayInProcess(
      EdgeSettings bounds,
      int mostActive,
      @Nullable PublishedKeysPeer keys,
      Pipeline pipeline,
      Tracing tracing)
      throws StartFailure {
    this.keys = keys;
    compiler =
        new Compiler(
            "test",
            upstreams,
            masterKey,
            keys == null ? null : keys.keys(),
            keys == null ? null : keys.askedIssuers(),
            links,
            true,
            InstantSource.system());
    CallerTls tls =
        new CallerTls(() -> snapshot, DEFAULT, deadlines, bounds.head(), bounds.front());
    selector =
        new CallerSelector(
            bounds,
            tracing,
            () -> snapshot,
            pipeline,
            forwarder,
            deadlines,
            finished::add,
            "gateway-test",
            tls,
            new Load(mostActive),
            new ReplyCache(16 << 20, clock, () -> System.nanoTime() + elapsed.toNanos()));
    listener = listen(server -> {});
    secure = listen(server -> server.tls(of -> of.sslContext(tls.context())));
  }

  private HttpListener listen(Consumer<WebServerConfig.Builder> more) throws StartFailure {
    return HttpListener.startWith(
        new HttpListener.Options(
            "gateway",
            "127.0.0.1",
            0,
            GatewaySettings.PORT,
            -1,
            MOST_CONNECTIONS,
            Duration.ofMillis(100)),
        server -> {
          server.protocolsDiscoverServices(false).addConnectionSelector(selector).useNio(false);
          more.accept(server);
        });
  }

  /** A gateway whose tenant {@code a} sends everything to these targets and asks nobody. */
  public static GatewayInProcess before(String... targets) throws StartFailure {
    return before(BOUNDS, 60_000, targets);
  }

  /** The same with other bounds. */
  public static GatewayInProcess before(EdgeSettings bounds, int idleMillis, String... targets)
      throws StartFailure {
    return before(new GatewayInProcess(bounds, 10_000), idleMillis, targets);
  }

  /** One whose upstreams speak this protocol to the targets that they are given. */
  static GatewayInProcess before(TargetProtocol protocol, String target) throws StartFailure {
    GatewayInProcess gateway = new GatewayInProcess(BOUNDS, 10_000);
    gateway.protocol = protocol;
    gateway.tenant("a", target, Map.of());
    return gateway;
  }

  /** One that serves so many requests at once. */
  static GatewayInProcess atMost(int mostActive, String... targets) throws StartFailure {
    return before(new GatewayInProcess(BOUNDS, mostActive), 60_000, targets);
  }

  /** One that fetches keys of issuers from this machine, and keeps them in {@code folder}. */
  static GatewayInProcess fetchingKeys(Path folder, String target) throws StartFailure {
    return before(
        new GatewayInProcess(BOUNDS, 10_000, new PublishedKeysPeer(folder)), 60_000, target);
  }

  /** One whose limits are counted like this. */
  public static GatewayInProcess counting(Limits limits, String target) throws StartFailure {
    Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE, limits);
    return before(new GatewayInProcess(BOUNDS, 10_000, null, pipeline), 60_000, target);
  }

  /** One that traces. */
  public static GatewayInProcess tracing(Tracing tracing, String... targets) throws StartFailure {
    Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);
    return before(new GatewayInProcess(BOUNDS, 10_000, null, pipeline, tracing), 60_000, targets);
  }

  private static GatewayInProcess before(
      GatewayInProcess gateway, int idleMillis, String... targets) {
    gateway.put("tenants/a", Map.of("id", "a", "name", "a"));
    gateway.put(
        "tenants/a/upstreams/u",
        Map.of("id", "u", "targets", urls(targets), "timeouts", Map.of("idle_ms", idleMillis)));
    gateway.route(Map.of());
    return gateway;
  }

  private static List<Map<String, String>> urls(String... targets) {
    List<Map<String, String>> urls = new ArrayList<>();
    for (String target : targets) {
      urls.add(Map.of("url", target));
    }
    return urls;
  }

  /** Adds a tenant like {@code a}, with a target of its own and these members of its route. */
  void tenant(String id, String target, Map<String, ?> route) {
    put("tenants/" + id, Map.of("id", id, "name", id));
    upstream(id, "u", target, Map.of());
    route(id, route);
  }

  /** Gives tenant {@code a} an upstream, {@code u} or another, with these members beside. */
  void upstream(String id, String target, Map<String, ?> more) {
    upstream("a", id, target, more);
  }

  private void upstream(String tenant, String id, String target, Map<String, ?> more) {
    Map<String, Object> upstream = new HashMap<>(more);
    upstream.put("id", id);
    switch (protocol) {
      case HTTP_1_1 -> upstream.put("targets", urls(target));
      case HTTP_2 -> {
        StreamsFront front = new StreamsFront(URI.create(target).getPort());
        fronts.add(front);
        upstream.put("targets", urls(front.url()));
        upstream.put("protocol", "http2");
      }
    }
    put("tenants/" + tenant + "/upstreams/" + id, upstream);
  }

  /** Connections that were made to {@code backend}, the only one that there is. */
  int connectionsTo(StubUpstream backend) {
    return switch (protocol) {
      case HTTP_1_1 -> backend.connections();
      case HTTP_2 -> fronts.getFirst().connections();
    };
  }

  /**
   * Replaces the route of tenant {@code a}: every path, asks nobody, and leads to {@code u} where
   * these members say nothing else.
   */
  void route(Map<String, ?> more) {
    route("a", more);
  }

  private void route(String tenant, Map<String, ?> more) {
    Map<String, Object> route =
        new HashMap<>(Map.of("id", "all", "paths", List.of("/**"), "auth", "none"));
    if (!more.containsKey("redirect") && !more.containsKey("split")) {
      route.put("upstream", "u");
    }
    route.putAll(more);
    put("tenants/" + tenant + "/routes/all", route);
  }

  /** Puts other plugins in the place of those that there are, as when a jar comes or goes. */
  void install(Plugins installed) {
    plugins = installed;
    compile();
  }

  /** What is wrong with the configuration in force. */
  List<Finding> compiledFindings() {
    return snapshot.findings();
  }

  /** Plugins that are not called any more. */
  List<String> switchedOff() {
    return links.findings().stream().map(Finding::subject).toList();
  }

  /** What became of calls of plugins. */
  List<Failure> pluginFailures() {
    return failures.kept();
  }

  /** Puts an object into force. */
  public void put(String key, Map<String, ?> definition) {
    change(key, definition);
    compile();
  }

  /** Changes an object, or deletes it, of which the gateway hears with {@link #compile}. */
  void change(String key, @Nullable Map<String, ?> definition) {
    long revision = fold.revision() + 1;
    Verdict verdict =
        fold.apply(
            revision,
            new Change(
                ObjectKey.parse(key),
                definition == null ? null : JSON.convertValue(definition, ObjectNode.class),
                Change.ANY,
                "test",
                Instant.ofEpochMilli(revision)));
    if (!(verdict instanceof Verdict.Applied)) {
      throw new AssertionError(verdict);
    }
  }

  /** Puts all changes into force. */
  void compile() {
    snapshot = compiler.compile(fold, Set.of(), true);
  }

  /** Lets tenant {@code a} trust tokens of the issuer {@code idp} with {@link #SECRET}. */
  void trust() {
    ObjectKey issuer = ObjectKey.parse("tenants/a/issuers/main");
    put(
        issuer.toString(),
        Map.of(
            "id",
            "main",
            "issuer",
            "idp",
            "algorithms",
            List.of("HS256"),
            "secret",
            JSON.convertValue(masterKey.seal(issuer, SECRET).toJson(), Map.class)));
    put(
        "tenants/a/roles/all",
        Map.of("id", "all", "permissions", List.of(Map.of("paths", List.of("/**")))));
  }

  /** Lets {@code tenant} show {@code chain} for these hosts. */
  void certificate(String tenant, String id, KeyedChain chain, String... hosts) {
    certificate(tenant, id, chain, Map.of(), hosts);
  }

  /** The same with more members. */
  void certificate(
      String tenant, String id, KeyedChain chain, Map<String, ?> more, String... hosts) {
    ObjectKey key = new ObjectKey(Kind.CERTIFICATE, tenant, id);
    StringBuilder pem = new StringBuilder();
    chain.chain().forEach(each -> pem.append(Pem.text(each)));
    Map<String, Object> definition = new HashMap<>(more);
    definition.put("id", id);
    definition.put("hosts", List.of(hosts));
    definition.put("certificate", pem.toString());
    definition.put(
        "private_key",
        JSON.convertValue(masterKey.seal(key, Pem.text(chain.key())).toJson(), Map.class));
    put(key.toString(), definition);
  }

  /** So much more time than the real one has passed for kept replies and failed plugins. */
  void elapse(Duration inAll) {
    elapsed = inAll;
  }

  private Duration elapsed() {
    return elapsed;
  }

  /** What there is to say about keys that are fetched. */
  List<Finding> keyFindings() {
    return keys == null ? List.of() : keys.keys().findings();
  }

  /** What there is to say about issuers that are asked about tokens. */
  List<Finding> introspectionFindings() {
    return keys == null ? List.of() : keys.askedIssuers().findings();
  }

  Mirrors mirrors() {
    return forwarder.mirrors();
  }

  /** Lets these be the targets of tenant {@code a}, spoken to as {@code tls} says. */
  void targets(Map<String, ?> tls, String... targets) {
    put("tenants/a/upstreams/u", Map.of("id", "u", "targets", urls(targets), "tls", tls));
  }

  /** What an upstream has to say of itself when it is asked who it is. */
  static Map<String, Object> shown(MasterKey masterKey, KeyedChain chain) {
    ObjectKey key = ObjectKey.parse("tenants/a/upstreams/u");
    return Map.of(
        "certificate",
        Pem.text(chain.own()),
        "private_key",
        JSON.convertValue(masterKey.seal(key, Pem.text(chain.key())).toJson(), Map.class));
  }

  MasterKey masterKey() {
    return masterKey;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  public int port() {
    return listener.port();
  }

  int securePort() {
    return secure.port();
  }

  public HttpProbe connect() throws IOException {
    return HttpProbe.connect(port());
  }

  /** Types of the events about upstreams, in their order. */
  List<String> heard() {
    return heard.stream().map(event -> event.event().type()).toList();
  }

  /** What telemetry heard, in its order. */
  List<Finished> finished() {
    return List.copyOf(finished);
  }

  /** The same once there are so many: a record follows the last byte of its reply. */
  public List<Finished> finished(int count) {
    await().until(() -> finished.size() >= count);
    return finished();
  }

  /** Requests under way. */
  public long active() {
    return selector.active();
  }

  void drain() throws InterruptedException {
    selector.drain(Duration.ZERO);
  }

  @Override
  public void close() {
    listener.close();
    secure.close();
    checks.close();
    if (keys != null) {
      keys.close();
    }
    upstreams.close();
    deadlines.close();
    fronts.forEach(StreamsFront::close);
  }
}
