package dev.aegis.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A backend on a raw socket that answers as its script says, faults included, and keeps exactly
 * what it received.
 */
public final class StubUpstream implements AutoCloseable {
  private final Script script;
  private final ServerSocket server;
  private final List<HttpMessage> received = new CopyOnWriteArrayList<>();
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();

  private StubUpstream(Script script, int port) throws IOException {
    this.script = script;
    this.server = new ServerSocket(port, 512, FreePorts.LOOPBACK);
  }

  /** What a backend does with one request. */
  @FunctionalInterface
  public interface Script {
    /** Answers a request, or does not; the connection then waits for the next one. */
    void answer(HttpMessage request, Exchange exchange) throws IOException, InterruptedException;
  }

  /** The connection that a request came over. */
  public static final class Exchange {
    private final Socket socket;
    private final int connection;

    private Exchange(Socket socket, int connection) {
      this.socket = socket;
      this.connection = connection;
    }

    /** The connection's number, from 1 in the order of their coming. */
    public int connection() {
      return connection;
    }

    /** Sends the text as ISO 8859-1. */
    public Exchange send(String text) throws IOException {
      return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends the bytes. */
    public Exchange send(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      return this;
    }

    /** Sends a reply with these lines behind the status, and a body with its length. */
    public Exchange reply(int status, List<String> lines, byte[] body) throws IOException {
      StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append(" Scripted\r\n");
      for (String line : lines) {
        head.append(line).append("\r\n");
      }
      head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
      byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
      byte[] all = Arrays.copyOf(bytes, bytes.length + body.length);
      System.arraycopy(body, 0, all, bytes.length, body.length);
      return send(all);
    }

    /** Ends the connection in order. */
    public void close() throws IOException {
      socket.close();
    }

    /** Ends the connection by a reset. */
    public void reset() throws IOException {
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      socket.close();
    }
  }

  /** A backend on a free port. */
  public static StubUpstream start(Script script) {
    return start(FreePorts.next(), script);
  }

  /** A backend on this port. */
  public static StubUpstream start(int port, Script script) {
    try {
      StubUpstream upstream = new StubUpstream(script, port);
      Thread.ofVirtual().name("stub-upstream-" + port).start(upstream::accept);
      return upstream;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A backend that answers each request with 200 and this text. */
  public static StubUpstream answering(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return start(
        (request, exchange) ->
            exchange.reply(
                200,
                List.of("Content-Type: text/plain"),
                request.method().equals("HEAD") ? new byte[0] : bytes));
  }

  /** The port that it listens on. */
  public int port() {
    return server.getLocalPort();
  }

  /** Where it is reached, as {@code http://127.0.0.1:PORT}. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** What was received so far, in the order in which it was complete. */
  public List<HttpMessage> received() {
    return List.copyOf(received);
  }

  /** How many connections were made so far. */
  public int connections() {
    return connections.get();
  }

  /** How many connections are open now. */
  public int openConnections() {
    return open.size();
  }

  /** What went wrong in reading requests, or in the script; connections that ended are no fault. */
  public List<Throwable> faults() {
    return List.copyOf(faults);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        int number = connections.incrementAndGet();
        Thread.ofVirtual().name("stub-upstream-" + port()).start(() -> serve(socket, number));
      } catch (IOException e) {
        if (!server.isClosed()) {
          faults.add(e);
        }
      }
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      Exchange exchange = new Exchange(socket, number);
      while (!socket.isClosed()) {
        @Nullable HttpMessage request = HttpMessage.read(in, false);
        if (request == null) {
          return;
        }
        received.add(request);
        script.answer(request, exchange);
      }
    } catch (SocketException e) {
      // The peer, the script or the test ended the connection.
    } catch (IOException | RuntimeException e) {
      faults.add(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  /** Stops listening and ends each connection. */
  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
