package dev.aegis.gateway.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.chassis.StartFailure;
import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.snapshot.Snapshot;
import dev.aegis.gateway.upstream.Deadlines;
import dev.aegis.journal.KeyedChain;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TLS for callers keeps between an accepted connection and its first request. */
final class CallerTlsTest {
  private static final Instant NOW = Instant.now();

  @TempDir Path folder;

  @Test
  void handshakesThatCameToNothingAreForgotten() throws Exception {
    KeyedChain chain = DefaultCertificate.of(folder.resolve("c.pem"), "example.com", NOW);
    try (Deadlines deadlines = new Deadlines();
        ServerSocket server = new ServerSocket(0, 5, InetAddress.ofLiteral("127.0.0.1"))) {
      CallerTls tls =
          new CallerTls(
              () -> Snapshot.empty("example.com", NOW),
              chain,
              deadlines,
              Duration.ofMillis(200),
              Front.NONE);
      try (Socket caller = new Socket(server.getInetAddress(), server.getLocalPort());
          Socket plain = server.accept()) {
        caller.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes("US-ASCII"));
        SSLSocket socket =
            (SSLSocket) tls.context().getSocketFactory().createSocket(plain, null, true);
        assertThat(tls.handshakes()).isEqualTo(1);
        assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        await().until(() -> tls.handshakes() == 0);
        assertThatThrownBy(
                () -> tls.secured(plain.getRemoteSocketAddress(), plain.getLocalSocketAddress()))
            .isInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void theDefaultCertificateIsMadeOnceAndReadByItsOwnerOnly() throws Exception {
    Path file = folder.resolve("gateway").resolve("default-certificate.pem");
    KeyedChain made = DefaultCertificate.of(file, "example.com", NOW);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(DefaultCertificate.of(file, "example.com", NOW)).isEqualTo(made);
    X509Certificate own = made.own();
    own.verify(own.getPublicKey());
    own.checkValidity();
    assertThat(own.getVersion()).isEqualTo(3);
    assertThat(own.getSubjectX500Principal().getName()).isEqualTo("CN=localhost");
    assertThat(own.getSubjectAlternativeNames().toString())
        .isEqualTo("[[2, localhost], [2, example.com], [2, *.example.com]]");
    Files.writeString(file, "nothing");
    assertThatThrownBy(() -> DefaultCertificate.of(file, "example.com", NOW))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining(file + " must hold a certificate in PEM");
  }

  @Test
  void longNamesAreEncoded() {
    String name = "a".repeat(63) + "." + "b".repeat(63) + "." + "c".repeat(63);
    X509Certificate own =
        SelfSigned.make(Collections.nCopies(9, name), NOW, NOW.plusSeconds(60)).own();
    assertThat(own.getSubjectX500Principal().getName()).isEqualTo("CN=" + name);
    assertThat(own.getNotAfter().toInstant().getEpochSecond())
        .isEqualTo(NOW.plusSeconds(60).getEpochSecond());
  }
}
