package dev.aegis.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.Authority;
import dev.aegis.gateway.tls.TlsPeer;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Pem;
import dev.aegis.journal.SealedSecret;
import dev.aegis.journal.UpstreamDefinition.Tls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS to targets, against the JDK's own server. */
final class SecureWireTest {
  private static final Duration BOUND = Duration.ofSeconds(10);
  private static final Authority OURS = new Authority("ours");
  private static final Authority OTHER = new Authority("other");

  private final Deadlines deadlines = new Deadlines();

  @AfterEach
  void close() {
    deadlines.close();
  }

  /** A server that does with each connection what its script says. */
  private static final class Server implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    private final TlsPeer peer;
    private final Script script;
    private final BlockingQueue<SSLSession> sessions = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> failures = new LinkedBlockingQueue<>();

    interface Script {
      void serve(SSLSocket socket, Socket plain) throws Exception;
    }

    Server(TlsPeer peer, Script script) throws IOException {
      this.peer = peer;
      this.script = script;
      Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket plain = server.accept();
          Thread.ofVirtual().start(() -> serve(plain));
        } catch (IOException e) {
          return;
        }
      }
    }

    private void serve(Socket plain) {
      try (plain;
          SSLSocket socket = peer.over(plain)) {
        socket.startHandshake();
        sessions.add(socket.getSession());
        script.serve(socket, plain);
      } catch (Exception e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }

    SSLSession session() throws InterruptedException {
      SSLSession session = sessions.poll(10, TimeUnit.SECONDS);
      assertThat(session).isNotNull();
      return session;
    }

    Target target(String host, Tls tls) {
      return target(host, TargetTls.of(tls, null));
    }

    Target target(String host, TargetTls tls) {
      Target target = new Target(host, server.getLocalPort(), host + ":" + server.getLocalPort());
      target.tls(tls);
      return target;
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  private static void echo(SSLSocket socket, Socket plain) throws IOException {
    socket.getInputStream().transferTo(socket.getOutputStream());
  }

  private static Tls trusting(Authority authority) {
    return new Tls(true, List.of(authority.certificate()), null, List.of(), null);
  }

  private Wire open(Target target, String... protocols) throws IOException {
    return Wire.open(target, BOUND, List.of(protocols), deadlines);
  }

  private static void send(Wire wire, String text) throws IOException {
    wire.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String receive(Wire wire, int count) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(count);
    while (into.hasRemaining()) {
      if (wire.read(into) < 0) {
        break;
      }
    }
    return new String(into.array(), 0, into.position(), StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // the host of the target | the name that is asked for | names in the certificate | refused
        "localhost | | localhost |",
        "127.0.0.1 | | 127.0.0.1 |",
        "127.0.0.1 | shop.test | shop.test |",
        "127.0.0.1 | a.shop.test | *.shop.test |",
        "localhost | | other.test | matching localhost",
        "127.0.0.1 | | localhost | No subject alternative names matching IP address",
        "localhost | shop.test | localhost | matching shop.test",
      })
  void aTargetProvesItsName(
      String host, @Nullable String name, String names, @Nullable String refused) throws Exception {
    Tls tls = new Tls(true, List.of(OURS.certificate()), name, List.of(), null);
    try (Server server = new Server(new TlsPeer(OURS.issue(names)), SecureWireTest::echo)) {
      Target target = server.target(host, tls);
      if (refused == null) {
        try (Wire wire = open(target)) {
          send(wire, "hello");
          assertThat(receive(wire, 5)).isEqualTo("hello");
        }
      } else {
        assertThatThrownBy(() -> open(target))
            .isInstanceOf(IOException.class)
            .hasMessageStartingWith("TLS: ")
            .hasMessageContaining(refused);
        assertThat(server.failures.poll(10, TimeUnit.SECONDS)).isNotNull();
      }
    }
  }

  @Test
  void anotherAuthorityIsNotBelieved() throws Exception {
    try (Server server = new Server(new TlsPeer(OTHER.issue("localhost")), SecureWireTest::echo)) {
      assertThatThrownBy(() -> open(server.target("localhost", trusting(OURS))))
          .hasMessageContaining("unable to find valid certification path");
      // The system's authorities have not heard of it either.
      assertThatThrownBy(() -> open(server.target("localhost", Tls.DEFAULT)))
          .hasMessageContaining("unable to find valid certification path");
    }
  }

  /** Told once, not with every request. */
  @Test
  void whyItIsRefusedIsToldOnce() throws Exception {
    try (Server bad = new Server(new TlsPeer(OTHER.issue("localhost")), SecureWireTest::echo)) {
      Target target = bad.target("localhost", trusting(OURS));
      assertThat(target.trouble().news()).isNull();
      assertThatThrownBy(() -> open(target)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> open(target)).isInstanceOf(IOException.class);
      assertThat(target.trouble().news()).contains("unable to find valid certification path");
      assertThat(target.trouble().news()).isNull();
      target.tls(TargetTls.of(trusting(OTHER), null));
      open(target).close();
      assertThat(target.trouble().news()).isEmpty();
      assertThat(target.trouble().news()).isNull();
    }
  }

  @Test
  void aCertificateIsRefusedWhenItsTimeIsOver() throws Exception {
    Instant now = Instant.now();
    KeyedChain over =
        OURS.issue(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)), "localhost");
    KeyedChain early =
        OURS.issue(now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(2)), "localhost");
    for (KeyedChain shown : List.of(over, early)) {
      try (Server server = new Server(new TlsPeer(shown), SecureWireTest::echo)) {
        assertThatThrownBy(() -> open(server.target("localhost", trusting(OURS))))
            .hasMessageStartingWith("TLS: ");
        // Nor when it is trusted by itself, for which the JDK does not look at the time.
        Tls itself = new Tls(true, List.of(shown.own()), null, List.of(), null);
        assertThatThrownBy(() -> open(server.target("localhost", itself)))
            .hasMessageStartingWith("TLS: ");
      }
    }
  }

  @Test
  void believesEverybodyOnlyWhenItIsTold() throws Exception {
    Tls credulous = new Tls(false, List.of(), null, List.of(), null);
    try (Server server = new Server(new TlsPeer(OTHER.issue("x.test")), SecureWireTest::echo);
        Wire wire = open(server.target("localhost", credulous))) {
      send(wire, "hello");
      assertThat(receive(wire, 5)).isEqualTo("hello");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"localhost | | localhost", "127.0.0.1 | | ", "127.0.0.1 | shop.test | shop.test"})
  void asksForTheHost(String host, @Nullable String name, @Nullable String asked) throws Exception {
    Tls tls = new Tls(true, List.of(OURS.certificate()), name, List.of(), null);
    KeyedChain shown = OURS.issue("localhost", "127.0.0.1", "shop.test");
    try (Server server = new Server(new TlsPeer(shown), SecureWireTest::echo);
        Wire wire = open(server.target(host, tls))) {
      ExtendedSSLSession session = (ExtendedSSLSession) server.session();
      assertThat(session.getRequestedServerNames())
          .isEqualTo(asked == null ? List.of() : List.of(new SNIHostName(asked)));
      assertThat(wire.protocol()).isEmpty();
    }
  }

  @Test
  void showsWhoItIsToThoseWhoAsk() throws Exception {
    KeyedChain own = OURS.issue("gateway.test");
    Tls tls =
        new Tls(
            true,
            List.of(OURS.certificate()),
            null,
            own.chain(),
            new SealedSecret("sealed", "AA=="));
    TlsPeer peer =
        new TlsPeer(
            OURS.issue("localhost"), OURS.certificate(), socket -> socket.setNeedClientAuth(true));
    try (Server server = new Server(peer, SecureWireTest::echo)) {
      Target target = server.target("localhost", TargetTls.of(tls, Pem.text(own.key())));
      try (Wire wire = open(target)) {
        send(wire, "hello");
        assertThat(receive(wire, 5)).isEqualTo("hello");
        assertThat(server.session().getPeerCertificates()[0]).isEqualTo(own.own());
      }
      // Without it the target breaks off; it may say so only after our end of the handshake.
      assertThatThrownBy(
              () -> {
                try (Wire wire = open(server.target("localhost", trusting(OURS)))) {
                  receive(wire, 1);
                }
              })
          .hasMessageContaining("certificate_required");
    }
    KeyedChain another = OURS.issue("another.test");
    assertThatThrownBy(() -> TargetTls.of(tls, Pem.text(another.key())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("does not belong to the certificate");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void resumesSessions(String version) throws Exception {
    TlsPeer peer =
        new TlsPeer(
            OURS.issue("localhost"),
            null,
            socket -> socket.setEnabledProtocols(new String[] {version}));
    try (Server server = new Server(peer, SecureWireTest::echo)) {
      Target target = server.target("localhost", trusting(OURS));
      long first;
      try (Wire wire = open(target)) {
        send(wire, "hello");
        assertThat(receive(wire, 5)).isEqualTo("hello"); // and the ticket before it
        SSLSession session = server.session();
        assertThat(session.getProtocol()).isEqualTo(version);
        first = session.getCreationTime();
      }
      // A session that began before this moment is the first one.
      await().until(() -> System.currentTimeMillis() > first);
      try (Wire wire = open(target)) {
        send(wire, "hello");
        assertThat(receive(wire, 5)).isEqualTo("hello");
        assertThat(server.session().getCreationTime()).isEqualTo(first);
      }
    }
  }

  /** RFC 6066 section 3. */
  @Test
  void asksWithoutAFinalDot() {
    assertThat(TargetTls.of(trusting(OURS), null).engine("a.test.", 1, List.of()).getPeerHost())
        .isEqualTo("a.test");
  }

  @Test
  void asksForProtocolsAndHearsWhichWasChosen() throws Exception {
    TlsPeer peer =
        new TlsPeer(
            OURS.issue("localhost"),
            null,
            socket -> {
              SSLParameters parameters = socket.getSSLParameters();
              parameters.setApplicationProtocols(new String[] {"h2"});
              socket.setSSLParameters(parameters);
            });
    try (Server server = new Server(peer, SecureWireTest::echo)) {
      Target target = server.target("localhost", trusting(OURS));
      try (Wire wire = open(target, "h2", "http/1.1")) {
        assertThat(wire.protocol()).isEqualTo("h2");
      }
      try (Wire wire = open(target)) {
        assertThat(wire.protocol()).isEmpty();
      }
      assertThatThrownBy(() -> open(target, "http/1.1"))
          .hasMessageContaining("no_application_protocol");
    }
  }

  @Test
  void doesNotSpeakWhatIsOutOfDate() throws Exception {
    // The JDK speaks nothing so old either: these are the bytes of its alert, protocol_version.
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket socket = server.accept()) {
                  socket.getInputStream().read(new byte[8192]);
                  socket.getOutputStream().write(new byte[] {21, 3, 2, 0, 2, 2, 70});
                  socket.shutdownOutput();
                  socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                  // The gateway's end.
                }
              });
      Target target = new Target("localhost", server.getLocalPort(), "t");
      target.tls(TargetTls.of(trusting(OURS), null));
      assertThatThrownBy(() -> open(target)).hasMessageContaining("protocol_version");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-x\r\n",
        "\u0016\u0003\u0003\u0000\u0004\u0002\u0000\u0000\u0000"
      })
  void whatIsNoTlsIsAFailedConnection(String said) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket socket = server.accept()) {
                  socket.getInputStream().read(new byte[8192]);
                  socket.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
                } catch (IOException e) {
                  // The gateway's end.
                }
              });
      Target target = new Target("localhost", server.getLocalPort(), "t");
      target.tls(TargetTls.of(trusting(OURS), null));
      assertThatThrownBy(() -> open(target)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aHandshakeThatIsNeverAnsweredEnds() throws Exception {
    // The system accepts for it, and nobody ever reads.
    try (ServerSocket server = new ServerSocket(0, 4, InetAddress.getLoopbackAddress())) {
      Target target = new Target("localhost", server.getLocalPort(), "t");
      target.tls(TargetTls.of(trusting(OURS), null));
      assertThatThrownBy(() -> Wire.open(target, Duration.ofMillis(200), List.of(), deadlines))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessage("TLS: the handshake took too long");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void anEndIsToldFromACut(String version) throws Exception {
    TlsPeer peer =
        new TlsPeer(
            OURS.issue("localhost"),
            null,
            socket -> socket.setEnabledProtocols(new String[] {version}));
    try (Server server =
        new Server(
            peer,
            (socket, plain) -> {
              int what = socket.getInputStream().read();
              OutputStream out = socket.getOutputStream();
              out.write("said".getBytes(StandardCharsets.US_ASCII));
              if (what == 'c') {
                plain.close();
              } else {
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
              }
            })) {
      Target target = server.target("localhost", trusting(OURS));
      try (Wire wire = open(target)) {
        send(wire, "e");
        assertThat(receive(wire, 100)).isEqualTo("said");
        assertThat(wire.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
      try (Wire wire = open(target)) {
        send(wire, "c");
        assertThat(receive(wire, 4)).isEqualTo("said");
        assertThatThrownBy(() -> wire.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
      }
    }
  }

  /** Both directions end on their own, as with TCP. */
  @Test
  void readingGoesOnWhenNothingMoreIsSent() throws Exception {
    try (Server server =
            new Server(
                new TlsPeer(OURS.issue("localhost")),
                (socket, plain) -> {
                  byte[] all = socket.getInputStream().readAllBytes();
                  socket.getOutputStream().write(all);
                });
        Wire wire = open(server.target("localhost", trusting(OURS)))) {
      send(wire, "hello");
      wire.endSending();
      assertThat(receive(wire, 5)).isEqualTo("hello");
      assertThat(wire.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @Test
  void carriesMuchBothWaysAtOnceAndIntoAnyRoom() throws Exception {
    byte[] much = new byte[3_000_000];
    for (int i = 0; i < much.length; i++) {
      much[i] = (byte) (i * 31 + i / 7);
    }
    try (Server server = new Server(new TlsPeer(OURS.issue("localhost")), SecureWireTest::echo);
        Wire wire = open(server.target("localhost", trusting(OURS)))) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      wire.write(ByteBuffer.wrap(much));
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      byte[] got = new byte[much.length];
      int at = 0;
      int room = 1;
      while (at < got.length) {
        ByteBuffer into = ByteBuffer.wrap(got, at, Math.min(room, got.length - at));
        int read = wire.read(into);
        assertThat(read).isPositive();
        at += read;
        room = room * 3 % 20_011 + 1;
      }
      assertThat(writer.join(BOUND)).isTrue();
      assertThat(Arrays.equals(got, much)).isTrue();
    }
  }

  @Test
  void closingWakesWhoReadsAndWhoWrites() throws Exception {
    CountDownLatch quiet = new CountDownLatch(1);
    try (Server server =
        new Server(new TlsPeer(OURS.issue("localhost")), (socket, plain) -> quiet.await())) {
      Wire wire = open(server.target("localhost", trusting(OURS)));
      CountDownLatch woken = new CountDownLatch(2);
      Thread.ofVirtual()
          .start(
              () -> {
                assertThatThrownBy(() -> wire.read(ByteBuffer.allocate(1)))
                    .isInstanceOf(IOException.class);
                woken.countDown();
              });
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    assertThatThrownBy(() -> wire.write(ByteBuffer.allocate(100_000_000)))
                        .isInstanceOf(IOException.class);
                    woken.countDown();
                  });
      await().until(() -> writer.getState() != Thread.State.RUNNABLE);
      wire.close();
      assertThat(woken.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(wire.usable(false)).isFalse();
      quiet.countDown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isUsableUntilTheTargetSpeaksOrEnds(boolean thoroughly) throws Exception {
    BlockingQueue<String> orders = new LinkedBlockingQueue<>();
    try (Server server =
        new Server(
            new TlsPeer(OURS.issue("localhost")),
            (socket, plain) -> {
              socket.getOutputStream().write('a');
              switch (orders.take()) {
                case "speak" -> socket.getOutputStream().write('b');
                case "end" -> socket.shutdownOutput();
                default -> plain.close();
              }
              socket.getInputStream().readAllBytes();
            })) {
      Target target = server.target("localhost", trusting(OURS));
      for (String order : List.of("speak", "end", "cut")) {
        try (Wire wire = open(target)) {
          assertThat(receive(wire, 1)).isEqualTo("a");
          assertThat(wire.usable(thoroughly)).isTrue();
          assertThat(wire.usable(true)).isTrue();
          orders.add(order);
          // Without a close look a cut is not seen: there is nothing to be read.
          await().until(() -> !wire.usable(thoroughly || order.equals("cut")));
        }
      }
    }
  }
}
