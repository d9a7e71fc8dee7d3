package dev.aegis.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * What the build has the JVM watch, to keep the classes that usual commands need in an archive
 * ({@code -XX:AOTCacheOutput}): some of them, against an installation without anything in it.
 */
public final class RehearsalMain {
  private static final byte[] NOTHING =
      "{\"items\":[{\"id\":\"a\",\"hosts\":[]}],\"next_cursor\":null}"
          .getBytes(StandardCharsets.UTF_8);

  private RehearsalMain() {}

  /** Runs them and ends the process. */
  public static void main(String[] args) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, NOTHING.length);
            exchange.getResponseBody().write(NOTHING);
          }
        });
    server.start();
    Map<String, String> environment =
        Map.of(
            "AEGIS_ADMIN_URL",
            "http://127.0.0.1:" + server.getAddress().getPort(),
            "AEGIS_ADMIN_TOKEN",
            "nobody's");
    for (String line :
        List.of("status", "tenant list", "route list -t a --json", "tenant create a", "--help")) {
      AegisCommand.run(
          new Session(
              new PrintWriter(new StringWriter()),
              new PrintWriter(new StringWriter()),
              false,
              new ByteArrayInputStream(new byte[0]),
              _ -> null,
              environment,
              InstantSource.system(),
              Path.of("")),
          line.split(" ", -1));
    }
    server.stop(0);
  }
}
