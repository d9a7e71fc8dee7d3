package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.testkit.FreePorts;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** gRPC from end to end: grpc-java's client and server, with the gateway between them. */
final class GrpcTest {
  private static final Metadata.Key<String> DETAIL =
      Metadata.Key.of("x-detail", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor<byte[], byte[]> UNARY = method("Unary", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> DOWN =
      method("Down", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> UP =
      method("Up", MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> BOTH =
      method("Both", MethodType.BIDI_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> HANG =
      method("Hang", MethodType.SERVER_STREAMING);

  private final CompletableFuture<Boolean> cancelled = new CompletableFuture<>();
  private Server server;
  private GatewayInProcess gateway;
  private ManagedChannel channel;

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName("test.Echo/" + name)
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(service())
            .build()
            .start();
    gateway = GatewayInProcess.before("http://127.0.0.1:" + server.getPort());
    speakHttp2(server.getPort());
    channel = channel(gateway.port());
  }

  private void speakHttp2(int port) {
    gateway.put(
        "tenants/a/upstreams/u",
        Map.of(
            "id",
            "u",
            "protocol",
            "http2",
            "targets",
            List.of(Map.of("url", "http://127.0.0.1:" + port))));
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .overrideAuthority("a.test")
        .build();
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    gateway.close();
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
  }

  private ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Echo")
        .addMethod(
            UNARY,
            ServerCalls.asyncUnaryCall(
                (request, reply) -> {
                  if (new String(request, UTF_8).equals("bad")) {
                    Metadata trailers = new Metadata();
                    trailers.put(DETAIL, "why");
                    reply.onError(
                        Status.INVALID_ARGUMENT
                            .withDescription("not this")
                            .asRuntimeException(trailers));
                  } else {
                    reply.onNext(request);
                    reply.onCompleted();
                  }
                }))
        .addMethod(
            DOWN,
            ServerCalls.asyncServerStreamingCall(
                (request, reply) -> {
                  for (int i = 0; i < 1_000; i++) {
                    reply.onNext((new String(request, UTF_8) + i).getBytes(UTF_8));
                  }
                  reply.onCompleted();
                }))
        .addMethod(UP, ServerCalls.asyncClientStreamingCall(GrpcTest::summing))
        .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(GrpcTest::echoing))
        .addMethod(
            HANG,
            ServerCalls.asyncServerStreamingCall(
                (request, reply) -> {
                  ((ServerCallStreamObserver<byte[]>) reply)
                      .setOnCancelHandler(() -> cancelled.complete(true));
                  reply.onNext(request);
                }))
        .build();
  }

  private static StreamObserver<byte[]> summing(StreamObserver<byte[]> reply) {
    return new StreamObserver<>() {
      private long total;

      @Override
      public void onNext(byte[] value) {
        total += value.length;
      }

      @Override
      public void onError(Throwable t) {
        reply.onError(t);
      }

      @Override
      public void onCompleted() {
        reply.onNext(Long.toString(total).getBytes(UTF_8));
        reply.onCompleted();
      }
    };
  }

  private static StreamObserver<byte[]> echoing(StreamObserver<byte[]> reply) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] value) {
        reply.onNext(value);
      }

      @Override
      public void onError(Throwable t) {
        reply.onError(t);
      }

      @Override
      public void onCompleted() {
        reply.onCompleted();
      }
    };
  }

  private byte[] unary(byte[] request) {
    return ClientCalls.blockingUnaryCall(
        channel, UNARY, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), request);
  }

  private byte[] unary(String request) {
    return unary(request.getBytes(UTF_8));
  }

  @Test
  void carriesOneMessageEachWay() {
    assertThat(unary("hello")).asString(UTF_8).isEqualTo("hello");
    byte[] large = new byte[3_000_000];
    Arrays.fill(large, (byte) 'x');
    assertThat(unary(large)).isEqualTo(large);
    assertThat(gateway.finished(2))
        .allSatisfy(each -> assertThat(each.event().status()).isEqualTo(200));
  }

  @Test
  void carriesTheServersStatusAndTrailer() {
    assertThatThrownBy(() -> unary("bad"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
              assertThat(e.getStatus().getDescription()).isEqualTo("not this");
              assertThat(Status.trailersFromThrowable(e).get(DETAIL)).isEqualTo("why");
            });
  }

  @Test
  void carriesAStreamDownToASlowCaller() {
    Iterator<byte[]> replies =
        ClientCalls.blockingServerStreamingCall(
            channel, DOWN, CallOptions.DEFAULT, "n".getBytes(UTF_8));
    List<String> got = new ArrayList<>();
    replies.forEachRemaining(each -> got.add(new String(each, UTF_8)));
    assertThat(got).hasSize(1_000).startsWith("n0").endsWith("n999");
  }

  @Test
  void carriesAStreamUp() throws Exception {
    Collected collected = new Collected();
    StreamObserver<byte[]> up =
        ClientCalls.asyncClientStreamingCall(channel.newCall(UP, CallOptions.DEFAULT), collected);
    for (int i = 0; i < 200; i++) {
      up.onNext(new byte[10_000]);
    }
    up.onCompleted();
    assertThat(collected.next()).isEqualTo("2000000");
  }

  /** Each message is answered before the next one is sent: nothing may be held back. */
  @Test
  void carriesAConversation() throws Exception {
    Collected collected = new Collected();
    StreamObserver<byte[]> up =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BOTH, CallOptions.DEFAULT), collected);
    for (int i = 0; i < 50; i++) {
      up.onNext(("m" + i).getBytes(UTF_8));
      assertThat(collected.next()).isEqualTo("m" + i);
    }
    up.onCompleted();
    assertThat(collected.next()).isEqualTo("completed");
  }

  @Test
  void tellsTheServerThatTheCallerIsGone() throws Exception {
    Collected collected = new Collected();
    ClientCall<byte[], byte[]> call = channel.newCall(HANG, CallOptions.DEFAULT);
    ClientCalls.asyncServerStreamingCall(call, "x".getBytes(UTF_8), collected);
    assertThat(collected.next()).isEqualTo("x");
    call.cancel("enough", null);
    assertThat(cancelled.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(gateway.finished(1).getFirst().event().code()).isEqualTo("caller_gone");
  }

  @Test
  void refusesInWordsOfGrpc() {
    gateway.trust();
    gateway.put(
        "tenants/a/routes/all", Map.of("id", "all", "paths", List.of("/**"), "upstream", "u"));
    assertThatThrownBy(() -> unary("hello"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
              assertThat(e.getStatus().getDescription()).startsWith("missing_credentials");
            });
    assertThat(gateway.finished(1).getFirst().event().status()).isEqualTo(401);
  }

  @Test
  void saysThatNoTargetIsThere() throws Exception {
    speakHttp2(FreePorts.next());
    assertThatThrownBy(() -> unary("hello"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void goesOnWhenTheServerIsReplaced() throws Exception {
    assertThat(unary("one")).asString(UTF_8).isEqualTo("one");
    int port = server.getPort();
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .addService(service())
            .build()
            .start();
    assertThat(unary("two")).asString(UTF_8).isEqualTo("two");
  }

  @Test
  void carriesItOverTls() throws Exception {
    ManagedChannel secure =
        NettyChannelBuilder.forAddress("127.0.0.1", gateway.securePort())
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .build())
            .overrideAuthority("a.test")
            .build();
    try {
      byte[] reply =
          ClientCalls.blockingUnaryCall(
              secure, UNARY, CallOptions.DEFAULT, "hello".getBytes(UTF_8));
      assertThat(reply).asString(UTF_8).isEqualTo("hello");
    } finally {
      secure.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /** Over TLS a target is asked for HTTP/2 by ALPN (RFC 7301). */
  @Test
  void carriesItToTargetsOverTls() throws Exception {
    KeyedChain chain =
        SelfSigned.make(
            List.of("localhost"), Instant.now().minusSeconds(60), Instant.now().plusSeconds(3_600));
    Server secure =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .sslContext(
                GrpcSslContexts.forServer(
                        new ByteArrayInputStream(Pem.text(chain.own()).getBytes(UTF_8)),
                        new ByteArrayInputStream(Pem.text(chain.key()).getBytes(UTF_8)))
                    .build())
            .addService(service())
            .build()
            .start();
    try {
      gateway.put(
          "tenants/a/upstreams/u",
          Map.of(
              "id",
              "u",
              "protocol",
              "http2",
              "tls",
              Map.of("ca", Pem.text(chain.own())),
              "targets",
              List.of(Map.of("url", "https://localhost:" + secure.getPort()))));
      assertThat(unary("hello")).asString(UTF_8).isEqualTo("hello");
      assertThat(unary("again")).asString(UTF_8).isEqualTo("again");
    } finally {
      secure.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void servesManyAtOnceOverFewConnections() throws Exception {
    List<CompletableFuture<byte[]>> many = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      byte[] request = ("m" + i).getBytes(UTF_8);
      many.add(CompletableFuture.supplyAsync(() -> unary(request)));
    }
    for (int i = 0; i < many.size(); i++) {
      assertThat(many.get(i).get(30, TimeUnit.SECONDS)).asString(UTF_8).isEqualTo("m" + i);
    }
    await().until(() -> gateway.active() == 0);
  }

  /** What came, one after the other. */
  private static final class Collected implements StreamObserver<byte[]> {
    private final BlockingQueue<String> came = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return String.valueOf(came.poll(20, TimeUnit.SECONDS));
    }

    @Override
    public void onNext(byte[] value) {
      came.add(new String(value, UTF_8));
    }

    @Override
    public void onError(Throwable t) {
      came.add(t.toString());
    }

    @Override
    public void onCompleted() {
      came.add("completed");
    }
  }
}
