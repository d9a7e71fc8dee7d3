package dev.aegis.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever connects to the admin port, with or without a token, cannot make it take in for ever. */
final class AdminListenerTest {
  private static final String HOST = " HTTP/1.1\r\nHost: admin\r\n";
  private static final int PIECE = 8_192;

  /** Far above all bounds: whoever was let send so much was not stopped. */
  private static final int TOO_MANY = 64 << 20;

  private static final int READ_BOUND = 30_000;
  private static final int SILENT = 200;

  private static KafkaPeer kafka;
  private static AdminInstance admin;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    kafka = KafkaPeer.start();
    admin = new AdminInstance(kafka.bootstrap(), data, "listener");
  }

  @AfterAll
  static void stop() {
    admin.close();
    kafka.close();
  }

  /** What is sent without an end is answered, or cut off, long before the caller tires. */
  @ParameterizedTest
  @CsvSource({
    "request line, GET /, a, 414",
    "header, GET /admin/tenants{host}X-Long: , a, 400",
    "headers, GET /admin/tenants{host}, X-Many: 1{line}, 400",
    "body of a length, POST /admin/tenants{host}{token}Content-Length: 900000000{line}{line}, a, 413",
    "chunked body, POST /admin/tenants{host}{token}Transfer-Encoding: chunked{line}{line},"
        + " 4{line}aaaa{line}, 413",
    "body of nobody, POST /admin/tenants{host}Content-Length: 900000000{line}{line}, a, 413",
  })
  void whatDoesNotEndIsCutOff(String name, String begin, String more, int status)
      throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      long sent = 0;
      try {
        out.write(bytes(begin));
        byte[] piece = bytes(more).length == 0 ? new byte[0] : repeated(bytes(more));
        while (sent < TOO_MANY && socket.getInputStream().available() == 0) {
          out.write(piece);
          sent += piece.length;
        }
      } catch (SocketException e) {
        // It was cut off, which is as good; what was answered may be lost with it.
      }
      assertThat(sent).as(name).isLessThan(TOO_MANY);
      String answer = answer(socket);
      assertThat(answer)
          .as(name)
          .satisfiesAnyOf(
              text -> assertThat(text).isEmpty(),
              text -> assertThat(text).startsWith("HTTP/1.1 " + status + " "));
    }
    assertThat(admin.get("/admin/tenants").status()).as("after it").isEqualTo(200);
  }

  /** Connections that say nothing, or stop within a head or a body, keep nobody else waiting. */
  @Test
  void thoseThatStopKeepNobodyWaiting() throws IOException {
    List<Socket> stopped = new ArrayList<>();
    try {
      for (int i = 0; i < SILENT; i++) {
        Socket socket = connect();
        stopped.add(socket);
        String half =
            switch (i % 3) {
              case 0 -> "";
              case 1 -> "GET /admin/ten";
              default ->
                  "POST /admin/tenants{host}{token}Content-Type: application/json{line}"
                      + "Content-Length: 50{line}{line}{";
            };
        socket.getOutputStream().write(bytes(half));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(admin.get("/admin/tenants").status()).isEqualTo(200);
      }
    } finally {
      for (Socket socket : stopped) {
        socket.close();
      }
    }
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin.base().getPort());
    socket.setSoTimeout(READ_BOUND);
    return socket;
  }

  private static byte[] bytes(String text) {
    return text.replace("{host}", HOST)
        .replace("{line}", "\r\n")
        .replace("{token}", "Authorization: Bearer " + AdminInstance.TOKEN + "\r\n")
        .getBytes(ISO_8859_1);
  }

  private static byte[] repeated(byte[] what) {
    return new String(what, ISO_8859_1).repeat(PIECE / what.length).getBytes(ISO_8859_1);
  }

  /** All that comes until the connection ends; nothing when it was broken off. */
  private static String answer(Socket socket) throws IOException {
    try (InputStream in = socket.getInputStream()) {
      byte[] first = in.readNBytes(13);
      return new String(first, ISO_8859_1);
    } catch (SocketException e) {
      return "";
    }
  }
}
