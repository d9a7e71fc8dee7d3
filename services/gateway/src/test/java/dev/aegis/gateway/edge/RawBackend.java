package dev.aegis.gateway.edge;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backend of bytes: its script gets each connection as it is made, before anything was read, and
 * every byte that it reads is kept.
 */
final class RawBackend implements AutoCloseable {
  private final ServerSocket server;
  private final Layer layer;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<Leg> legs = new CopyOnWriteArrayList<>();
  private final AtomicInteger number = new AtomicInteger();

  /** What it does with a connection. */
  interface Script {
    void serve(Leg leg) throws Exception;
  }

  /** What it puts between TCP and its script. */
  interface Layer {
    Socket over(Socket plain) throws IOException;
  }

  private RawBackend(Layer layer, Script script) throws IOException {
    this.server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    this.layer = layer;
    this.script = script;
  }

  static RawBackend start(Script script) {
    return start(plain -> plain, script);
  }

  static RawBackend start(Layer layer, Script script) {
    try {
      RawBackend backend = new RawBackend(layer, script);
      Thread.ofVirtual().start(backend::accept);
      return backend;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One connection. */
  static final class Leg {
    private final Socket plain;
    private final Socket socket;
    private final InputStream in;
    private final int number;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    Leg(Socket plain, Socket socket, int number) throws IOException {
      this.plain = plain;
      this.socket = socket;
      this.in = socket.getInputStream();
      this.number = number;
    }

    /** From 1, in the order of their coming. */
    int number() {
      return number;
    }

    /** Reads up to and with the blank line. */
    String head() throws IOException {
      StringBuilder head = new StringBuilder();
      while (!head.toString().endsWith("\r\n\r\n")) {
        head.append((char) (byte1() & 0xff));
      }
      return head.toString();
    }

    private int byte1() throws IOException {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended after " + text());
      }
      keep(new byte[] {(byte) next}, 1);
      return next;
    }

    /** Reads this many bytes. */
    byte[] read(int count) throws IOException {
      byte[] bytes = in.readNBytes(count);
      keep(bytes, bytes.length);
      return bytes;
    }

    /** Reads what is there, at least one byte; -1 at the end. */
    int some(byte[] into) throws IOException {
      int count = in.read(into);
      keep(into, Math.max(count, 0));
      return count;
    }

    /** Reads until the gateway ends the connection. */
    void toEnd() throws IOException {
      byte[] bytes = new byte[8192];
      while (some(bytes) >= 0) {
        // Kept already.
      }
    }

    Leg send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    Leg send(byte[] bytes, int count) throws IOException {
      socket.getOutputStream().write(bytes, 0, count);
      return this;
    }

    /** Ends its own direction in order, and waits for the gateway to end the other. */
    void socketEnd() throws IOException {
      socket.shutdownOutput();
      toEnd();
    }

    /** What the script speaks over. */
    Socket socket() {
      return socket;
    }

    /** Ends TCP in order, and says nothing of what lies above it. */
    void cut() throws IOException {
      plain.close();
    }

    void reset() throws IOException {
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      socket.close();
    }

    private synchronized void keep(byte[] bytes, int count) {
      received.write(bytes, 0, count);
    }

    /** All that was read. */
    synchronized String text() {
      return received.toString(StandardCharsets.ISO_8859_1);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  String url() {
    return "http://127.0.0.1:" + port();
  }

  int connections() {
    return number.get();
  }

  int openConnections() {
    return open.size();
  }

  List<Leg> legs() {
    return List.copyOf(legs);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        Leg leg = new Leg(socket, layer.over(socket), number.incrementAndGet());
        legs.add(leg);
        Thread.ofVirtual().start(() -> serve(socket, leg));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket, Leg leg) {
    try (socket) {
      script.serve(leg);
    } catch (Exception e) {
      // The gateway or the test ended the connection.
    } finally {
      open.remove(socket);
    }
  }

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
