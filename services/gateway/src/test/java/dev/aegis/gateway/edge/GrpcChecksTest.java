package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.Authority;
import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.gateway.tls.TlsPeer;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets that are asked by gRPC's health service, that of grpc-java. */
final class GrpcChecksTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

  private static final Map<String, ?> SHORT = Map.of("grpc_service", "", "timeout_ms", 300);

  /** A server of gRPC that counts what it is asked. */
  private static final class Backend implements AutoCloseable {
    private final AtomicInteger asked = new AtomicInteger();
    private final Server server;

    Backend(BindableService... services) throws Exception {
      this(builder -> builder, services);
    }

    Backend(UnaryOperator<NettyServerBuilder> more, BindableService... services) throws Exception {
      NettyServerBuilder builder =
          more.apply(NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0)));
      for (BindableService service : services) {
        builder.addService(service);
      }
      server = builder.intercept(counting()).build().start();
    }

    private ServerInterceptor counting() {
      return new ServerInterceptor() {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
          asked.incrementAndGet();
          return next.startCall(call, headers);
        }
      };
    }

    int port() {
      return server.getPort();
    }

    String url() {
      return "http://127.0.0.1:" + port();
    }

    @Override
    public void close() {
      server.shutdownNow();
      await().until(server::isTerminated);
    }
  }

  private static void check(GatewayInProcess gateway, String url, String service) {
    check(gateway, url, service, Map.of());
  }

  private static void check(
      GatewayInProcess gateway, String url, String service, Map<String, ?> more) {
    check(gateway, url, Map.of("grpc_service", service), more);
  }

  private static void check(
      GatewayInProcess gateway, String url, Map<String, ?> asks, Map<String, ?> more) {
    // Long enough for a server that has just started on a busy machine.
    Map<String, Object> health = new HashMap<>(Map.of("timeout_ms", 20_000));
    health.putAll(Map.of("interval_ms", 100, "healthy", 1, "unhealthy", 1));
    health.putAll(asks);
    Map<String, Object> definition = new HashMap<>(more);
    definition.putAll(
        Map.of(
            "id",
            "u",
            "protocol",
            "http2",
            "targets",
            List.of(Map.of("url", url)),
            "health",
            health));
    gateway.put("tenants/a/upstreams/u", definition);
  }

  private static void awaitHeard(GatewayInProcess gateway, String... events) {
    await().untilAsserted(() -> assertThat(gateway.heard()).containsExactly(events));
  }

  private static void assertDown(GatewayInProcess gateway) throws Exception {
    awaitHeard(gateway, "upstream.unhealthy");
    try (HttpProbe caller = gateway.connect()) {
      HttpMessage reply = caller.send(GET).read();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.text()).contains("\"code\":\"no_healthy_target\"");
    }
  }

  @Test
  void asksAboutAService() throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("shop.Orders", ServingStatus.SERVING);
    try (Backend backend = new Backend(health.getHealthService());
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), "shop.Orders");
      await().until(() -> backend.asked.get() >= 4);
      assertThat(gateway.heard()).isEmpty();
      health.setStatus("shop.Orders", ServingStatus.NOT_SERVING);
      assertDown(gateway);
      health.setStatus("shop.Orders", ServingStatus.SERVING);
      awaitHeard(gateway, "upstream.unhealthy", "upstream.recovered");
      int before = backend.asked.get();
      await().until(() -> backend.asked.get() >= before + 4);
      assertThat(gateway.heard()).hasSize(2);
    }
  }

  @Test
  void asksAboutTheWholeServer() throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("shop.Orders", ServingStatus.NOT_SERVING);
    try (Backend backend = new Backend(health.getHealthService());
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), "");
      await().until(() -> backend.asked.get() >= 4);
      assertThat(gateway.heard()).isEmpty();
      health.enterTerminalState();
      assertDown(gateway);
    }
  }

  /** {@code NOT_FOUND}: nobody there has heard of it. */
  @Test
  void takesAServiceThatIsNotKnownForOneThatDoesNotServe() throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    try (Backend backend = new Backend(health.getHealthService());
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), "shop.Orders");
      assertDown(gateway);
    }
  }

  /** {@code UNIMPLEMENTED}. */
  @Test
  void takesAServerThatCannotBeAskedForOneThatDoesNotServe() throws Exception {
    try (Backend backend = new Backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), "");
      assertDown(gateway);
    }
  }

  /** Each call hangs, or says that it serves and does not come to its end. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void waitsNoLongerThanItIsTold(boolean answers) throws Exception {
    AtomicInteger cancelled = new AtomicInteger();
    HealthGrpc.HealthImplBase hangs =
        new HealthGrpc.HealthImplBase() {
          @Override
          public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> reply) {
            ((ServerCallStreamObserver<HealthCheckResponse>) reply)
                .setOnCancelHandler(cancelled::incrementAndGet);
            if (answers) {
              reply.onNext(
                  HealthCheckResponse.newBuilder().setStatus(ServingStatus.SERVING).build());
            }
          }
        };
    try (Backend backend = new Backend(hangs);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), SHORT, Map.of());
      assertDown(gateway);
      await().until(() -> cancelled.get() >= 1);
    }
  }

  @Test
  void waitsNoLongerForAServerThatSaysNothing() throws Exception {
    try (RawBackend backend = RawBackend.start(RawBackend.Leg::toEnd);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), SHORT, Map.of());
      assertDown(gateway);
      assertThat(backend.legs().getFirst().text()).startsWith("PRI * HTTP/2.0\r\n");
      // What was given up is closed: there are no more than those that are being asked.
      await().until(() -> backend.connections() >= 3 && backend.openConnections() <= 1);
    }
  }

  @Test
  void takesAServerOfAnotherVersionForOneThatDoesNotServe() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  leg.send("HTTP/1.1 200 X\r\nContent-Length: 7\r\n\r\n\0\0\0\0\2\b\1");
                  leg.toEnd();
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), "");
      assertDown(gateway);
    }
  }

  /** A server that speaks nothing else; what is no gRPC is 415 to it. */
  @Test
  void asksForPathsInHttp2() throws Exception {
    try (Backend backend = new Backend();
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      check(gateway, backend.url(), Map.of("path", "/up"), Map.of());
      assertDown(gateway);
      check(gateway, backend.url(), Map.of("path", "/up", "statuses", List.of(415)), Map.of());
      awaitHeard(gateway, "upstream.unhealthy", "upstream.recovered");
    }
  }

  @Test
  void asksOverTls() throws Exception {
    KeyedChain chain =
        SelfSigned.make(
            List.of("localhost"), Instant.now().minusSeconds(60), Instant.now().plusSeconds(3_600));
    SslContext tls =
        GrpcSslContexts.forServer(
                new ByteArrayInputStream(Pem.text(chain.own()).getBytes(UTF_8)),
                new ByteArrayInputStream(Pem.text(chain.key()).getBytes(UTF_8)))
            .build();
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("", ServingStatus.NOT_SERVING);
    try (Backend backend =
            new Backend(builder -> builder.sslContext(tls), health.getHealthService());
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1")) {
      check(
          gateway,
          "https://localhost:" + backend.port(),
          "",
          Map.of("tls", Map.of("ca", Pem.text(chain.own()))));
      assertDown(gateway);
      assertThat(backend.asked.get()).isPositive();
      health.setStatus("", ServingStatus.SERVING);
      awaitHeard(gateway, "upstream.unhealthy", "upstream.recovered");
    }
  }

  /** Over TLS a target has to choose HTTP/2 (RFC 9113 section 3.2), before it is asked a thing. */
  @Test
  void asksNobodyWhoDoesNotChooseHttp2() throws Exception {
    Authority authority = new Authority("ours");
    try (RawBackend backend =
            RawBackend.start(
                new TlsPeer(authority.issue("127.0.0.1"))::over, RawBackend.Leg::toEnd);
        GatewayInProcess gateway = GatewayInProcess.before("http://127.0.0.1:1")) {
      check(
          gateway,
          "https://127.0.0.1:" + backend.port(),
          "",
          Map.of("tls", Map.of("ca", Pem.text(authority.certificate()))));
      assertDown(gateway);
      assertThat(backend.legs()).isNotEmpty().allMatch(leg -> leg.text().isEmpty());
    }
  }
}
