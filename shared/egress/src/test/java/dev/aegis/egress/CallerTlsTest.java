package dev.aegis.egress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.egress.CallResult.Answered;
import dev.aegis.egress.CallResult.Failed;
import dev.aegis.egress.CallResult.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls to receivers over TLS, with a certificate for {@code hooks.example}. */
final class CallerTlsTest {
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);

  private static SSLContext tls;

  @BeforeAll
  static void makeCertificate(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("keys.p12");
    int code =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "hooks",
                "-keyalg",
                "EC",
                "-dname",
                "CN=hooks.example",
                "-ext",
                "SAN=dns:hooks.example",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                "changeit")
            .inheritIO()
            .start()
            .waitFor();
    assertThat(code).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore roots = KeyStore.getInstance("PKCS12");
    roots.load(null, null);
    roots.setCertificateEntry("hooks", keys.getCertificate("hooks"));
    trusted.init(roots);
    tls = SSLContext.getInstance("TLS");
    tls.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
  }

  @Test
  void callsAReceiverWhoseCertificateIsGoodForTheHost() throws Exception {
    try (ServerSocket server = tls.getServerSocketFactory().createServerSocket(0, 5, LOOPBACK)) {
      answer(server, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");

      assertThat(post("https://hooks.example:" + server.getLocalPort() + "/", tls))
          .isInstanceOfSatisfying(Answered.class, a -> assertThat(a.status()).isEqualTo(202));
    }
  }

  @Test
  void refusesACertificateOfAnotherHost() throws Exception {
    try (ServerSocket server = tls.getServerSocketFactory().createServerSocket(0, 5, LOOPBACK)) {
      answer(server, "HTTP/1.1 202 Accepted\r\n\r\n");

      assertThat(failure(post("https://other.example:" + server.getLocalPort() + "/", tls)))
          .isEqualTo(Failure.TLS);
    }
  }

  @Test
  void refusesACertificateThatNobodyVouchesFor() throws Exception {
    try (ServerSocket server = tls.getServerSocketFactory().createServerSocket(0, 5, LOOPBACK)) {
      answer(server, "HTTP/1.1 202 Accepted\r\n\r\n");

      assertThat(
              failure(
                  post(
                      "https://hooks.example:" + server.getLocalPort() + "/",
                      SSLContext.getDefault())))
          .isEqualTo(Failure.TLS);
    }
  }

  @Test
  void knowsAReceiverThatSpeaksNoTls() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK)) {
      answer(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");

      assertThat(failure(post("https://hooks.example:" + server.getLocalPort() + "/", tls)))
          .isEqualTo(Failure.TLS);
    }
  }

  @Test
  void givesUpOnAHandshakeThatNeverComes() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (ServerSocket server = new ServerSocket(0, 5, LOOPBACK)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket _ = server.accept()) {
                  done.await();
                } catch (IOException | InterruptedException e) {
                  done.countDown();
                }
              });

      assertThat(failure(post("https://hooks.example:" + server.getLocalPort() + "/", tls, 400)))
          .isEqualTo(Failure.TIMEOUT);
    } finally {
      done.countDown();
    }
  }

  private static void answer(ServerSocket server, String reply) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket socket = server.accept()) {
                byte[] some = new byte[8192];
                int count = socket.getInputStream().read(some);
                if (count > 0) {
                  socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
                  socket.getOutputStream().flush();
                }
              } catch (IOException e) {
                // The caller refused the certificate.
                return;
              }
            });
  }

  private static CallResult post(String url, SSLContext context) throws InterruptedException {
    return post(url, context, 20_000);
  }

  private static CallResult post(String url, SSLContext context, int millis)
      throws InterruptedException {
    try (Caller caller =
        new Caller(
            (host, limit) -> List.of(LOOPBACK),
            new EgressGuard(Network.parseList("127.0.0.0/8")),
            context.getSocketFactory(),
            Duration.ofSeconds(5),
            Duration.ofMillis(millis))) {
      return caller.post(URI.create(url), Map.of(), BODY);
    }
  }

  private static Failure failure(CallResult result) {
    return ((Failed) result).failure();
  }
}
