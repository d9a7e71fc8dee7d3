package dev.aegis.chassis;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A running Helidon listener, bounded and with {@code TCP_NODELAY}. */
public final class HttpListener implements AutoCloseable {
  /**
   * Where and within which bounds to listen.
   *
   * @param label what is there, for tables and messages
   * @param bind address to listen on
   * @param port port, 0 for a free one
   * @param portSetting the setting to change when the port is taken
   * @param maxPayload longest body of a request in bytes, -1 for no bound
   * @param maxConnections most connections at once
   * @param grace how long {@link #close()} waits for requests in progress
   */
  public record Options(
      String label,
      String bind,
      int port,
      Setting<Integer> portSetting,
      long maxPayload,
      int maxConnections,
      Duration grace) {
    private static final long MAX_PAYLOAD = 8L << 20;
    private static final int MAX_CONNECTIONS = 1024;
    private static final Duration GRACE = Duration.ofMillis(500);

    /** Bounds for an API or management listener: 8 MiB, 1024 connections, half a second. */
    public static Options of(String label, Settings settings, Setting<Integer> portSetting) {
      return new Options(
          label,
          settings.of(CommonSettings.BIND),
          settings.of(portSetting),
          portSetting,
          MAX_PAYLOAD,
          MAX_CONNECTIONS,
          GRACE);
    }

    /** A copy with another longest body. */
    public Options withMaxPayload(long bytes) {
      return new Options(label, bind, port, portSetting, bytes, maxConnections, grace);
    }

    /** A copy with another number of connections. */
    public Options withMaxConnections(int connections) {
      return new Options(label, bind, port, portSetting, maxPayload, connections, grace);
    }

    /** A copy with another time for requests in progress. */
    public Options withGrace(Duration time) {
      return new Options(label, bind, port, portSetting, maxPayload, maxConnections, time);
    }
  }

  private final Options options;
  private final WebServer server;

  private HttpListener(Options options, WebServer server) {
    this.options = options;
    this.server = server;
  }

  /**
   * Listens with Helidon's own HTTP, and answers whatever goes wrong with problems.
   *
   * @param routing adds the paths
   * @throws StartFailure when it cannot listen there: one line with the port and the setting
   */
  public static HttpListener start(Options options, Consumer<HttpRouting.Builder> routing)
      throws StartFailure {
    return startWith(
        options,
        server -> {
          HttpRouting.Builder paths = HttpRouting.builder();
          HttpProblems.handlers(paths);
          routing.accept(paths);
          server.routing(paths);
        });
  }

  /**
   * Listens as {@code more} says, which comes after this class's own settings: routing, connection
   * selectors, TLS.
   *
   * @throws StartFailure when it cannot listen there
   */
  public static HttpListener startWith(Options options, Consumer<WebServerConfig.Builder> more)
      throws StartFailure {
    if (new InetSocketAddress(options.bind(), options.port()).isUnresolved()) {
      throw new StartFailure(
          "cannot listen on \""
              + options.bind()
              + "\" ("
              + options.label()
              + "): no such host; see AEGIS_BIND");
    }
    WebServerConfig.Builder config =
        WebServer.builder()
            .host(options.bind())
            .port(options.port())
            .connectionOptions(socket -> socket.tcpNoDelay(true))
            .maxPayloadSize(options.maxPayload())
            .maxTcpConnections(options.maxConnections())
            .shutdownGracePeriod(options.grace())
            .directHandlers(HttpProblems.directHandlers())
            .featuresDiscoverServices(false)
            .shutdownHook(false);
    more.accept(config);
    WebServer server = config.build();
    RuntimeException thrown = null;
    try {
      server.start();
    } catch (RuntimeException e) {
      thrown = e;
    }
    // Helidon only logs why it does not listen, so the reason is asked of the system again.
    if (thrown != null || !server.isRunning()) {
      server.stop();
      throw failure(options, thrown);
    }
    return new HttpListener(options, server);
  }

  private static StartFailure failure(Options options, @Nullable RuntimeException thrown) {
    String what = " (" + options.label() + ")";
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(options.bind(), options.port()));
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      return new StartFailure(
          reason.contains("in use")
              ? "port "
                  + options.port()
                  + what
                  + " is in use; choose another with "
                  + options.portSetting().env()
                  + " or --"
                  + options.portSetting().name()
                  + ", 0 picks a free one"
              : "cannot listen on "
                  + options.bind()
                  + ":"
                  + options.port()
                  + what
                  + ": "
                  + reason
                  + "; see AEGIS_BIND and "
                  + options.portSetting().env(),
          e);
    }
    if (thrown != null) {
      throw thrown;
    }
    return new StartFailure(
        "cannot listen on " + options.bind() + ":" + options.port() + what + "; see the log");
  }

  /** The real port. */
  public int port() {
    return server.port();
  }

  /** Address for the table of listeners; a wildcard address is shown as the loopback one. */
  public Listener listener() {
    return new Listener(options.label(), uri());
  }

  /** Base URI. */
  public URI uri() {
    String host = options.bind();
    if (host.equals("0.0.0.0") || host.equals("::")) {
      host = "127.0.0.1";
    }
    String literal = host.contains(":") ? "[" + host + "]" : host;
    return URI.create((server.hasTls() ? "https" : "http") + "://" + literal + ":" + port());
  }

  /** The server behind it. */
  public WebServer server() {
    return server;
  }

  /** Stops to accept, waits for requests in progress as long as the options say, and closes. */
  @Override
  public void close() {
    server.stop();
  }
}
