package dev.aegis.gateway.edge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.gateway.tls.SelfSigned;
import dev.aegis.journal.KeyedChain;
import dev.aegis.testkit.Peers;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS sessions of callers: resumed for the host that they were agreed for, and for no other. */
final class ResumedSessionsTest {
  private static final String HOST = "a.acme.test";
  private static final String ASKING = "pay.acme.test";
  private static final KeyedChain SHOWN = chain("*.acme.test");

  @TempDir private Path folder;
  private StubUpstream backend;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    backend = StubUpstream.answering("hello");
    gateway = GatewayInProcess.before(backend.url());
    gateway.put(
        "tenants/a",
        Map.of(
            "id", "a", "name", "a", "hosts", List.of(HOST, "b.acme.test", "plain.test", ASKING)));
    gateway.put("tenants/g", Map.of("id", "g", "name", "g", "hosts", List.of("globex.test")));
    gateway.certificate("a", "main", SHOWN, "*.acme.test");
    gateway.certificate(
        "a", "asking", SHOWN, Map.of("client_ca", authority(), "client_auth", "optional"), ASKING);
  }

  @AfterEach
  void stop() {
    gateway.close();
    backend.close();
  }

  private static String authority() throws IOException {
    try (InputStream in = ResumedSessionsTest.class.getResourceAsStream("/tls/authority.pem")) {
      return new String(in.readAllBytes(), ISO_8859_1);
    }
  }

  private static KeyedChain chain(String host) {
    return SelfSigned.make(
        List.of(host), Instant.now().minusSeconds(60), Instant.now().plusSeconds(9999));
  }

  /** One request over a connection of its own; when its session was agreed. */
  private long agreed(SSLContext context, @Nullable String host, String version)
      throws IOException {
    try (SecureCaller caller =
        SecureCaller.connect(
            context,
            gateway.securePort(),
            host,
            wishes -> wishes.setProtocols(new String[] {version}))) {
      // The reply comes behind the ticket.
      caller.probe().send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read();
      SSLSession session = caller.socket().getSession();
      assertThat(session.getProtocol()).isEqualTo(version);
      long created = session.getCreationTime();
      // A session that began before this moment is not a new one.
      await().until(() -> System.currentTimeMillis() > created);
      return created;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, a.acme.test",
    "TLSv1.2, a.acme.test",
    "TLSv1.3, plain.test",
    "TLSv1.2, plain.test",
    "TLSv1.3,",
    "TLSv1.2,"
  })
  void aHostResumesItsOwn(String version, @Nullable String host) throws Exception {
    SSLContext context = SecureCaller.context(null);
    long first = agreed(context, host, version);
    assertThat(agreed(context, host, version)).isEqualTo(first);
    assertThat(agreed(context, host, version)).isEqualTo(first);
  }

  /** A new certificate is shown from the next handshake on. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void aNewCertificateEndsThem(String version) throws Exception {
    SSLContext context = SecureCaller.context(null);
    long first = agreed(context, HOST, version);
    gateway.certificate("a", "main", chain("*.acme.test"), "*.acme.test");
    assertThat(agreed(context, HOST, version)).isGreaterThan(first);
  }

  /**
   * With its session, a caller asks for a host that shows the same certificate: of the same tenant,
   * of another one, or one that wants to see a certificate each time.
   */
  @ParameterizedTest
  @CsvSource({
    "a.acme.test,   a.acme.test,   Reused",
    "plain.test,    plain.test,    Reused",
    "a.acme.test,   b.acme.test,   New",
    "plain.test,    globex.test,   New",
    "globex.test,   plain.test,    New",
    "nobody.test,   plain.test,    New",
    "a.acme.test,   pay.acme.test, New",
    "pay.acme.test, pay.acme.test, New",
    "pay.acme.test, a.acme.test,   New",
  })
  void noHostResumesAnothers(String first, String second, String expected) throws Exception {
    Path session = folder.resolve("session");
    for (List<String> options :
        List.of(List.of("-tls1_3"), List.of("-tls1_2"), List.of("-tls1_2", "-no_ticket"))) {
      assertThat(handshake(first, options, "-sess_out", session))
          .as("%s", options)
          .isEqualTo("New");
      assertThat(handshake(second, options, "-sess_in", session))
          .as("%s", options)
          .isEqualTo(expected);
    }
  }

  /** What OpenSSL, which offers any session to any host, says of its handshake. */
  private String handshake(String host, List<String> options, String option, Path session)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Peers.program("openssl", "AEGIS_TEST_OPENSSL").toString());
    command.addAll(List.of("s_client", "-ign_eof", "-servername", host, "-connect"));
    command.addAll(List.of("127.0.0.1:" + gateway.securePort(), option, session.toString()));
    command.addAll(options);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      // The end of the reply comes behind the ticket.
      in.write(
          ("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
              .getBytes(ISO_8859_1));
    }
    String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    return said.lines()
        .filter(line -> line.contains(", Cipher is "))
        .findFirst()
        .map(line -> line.substring(0, line.indexOf(',')))
        .orElse(said);
  }
}
