package dev.aegis.gateway.conformance;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backend that keeps every request as the bytes it came in, and answers each with its own target,
 * so that an answer to another request shows. It frames requests by {@code Content-Length} and
 * {@code Transfer-Encoding: chunked} as the gateway must write them, and forgives nothing.
 */
final class RecordingBackend implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Script script = new Script("", true);

  /**
   * What it says to the next request for {@code /scripted}.
   *
   * @param bytes as ISO 8859-1
   * @param stays whether the connection is then kept
   */
  record Script(String bytes, boolean stays) {}

  /**
   * A request, or what came of one before its connection ended.
   *
   * @param connection from 1, in the order of their coming
   */
  record Received(int connection, String bytes, boolean whole) {}

  private RecordingBackend() throws IOException {
    server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
  }

  static RecordingBackend start() throws IOException {
    RecordingBackend backend = new RecordingBackend();
    Thread.ofVirtual().start(backend::accept);
    return backend;
  }

  String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /** What came since {@link #forget}, in the order of its end. */
  List<Received> received() {
    return List.copyOf(received);
  }

  void forget() {
    received.clear();
  }

  void say(Script next) {
    script = next;
  }

  /** The reply to a request for {@code target} that has no script. */
  static String reply(String target) {
    String body = "for " + target;
    return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        int number = connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket, number));
      } catch (IOException e) {
        return; // closed by the test
      }
    }
  }

  private void serve(Socket socket, int number) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        bytes.reset();
        String head = request(in, bytes);
        received.add(new Received(number, bytes.toString(StandardCharsets.ISO_8859_1), true));
        bytes.reset();
        String[] words = head.split(" ", 3);
        Script said = script;
        boolean scripted = words[1].equals("/scripted");
        String reply = scripted ? said.bytes() : reply(words[1]);
        if (!scripted && words[0].equals("HEAD")) {
          reply = reply.substring(0, reply.indexOf("\r\n\r\n") + 4);
        }
        socket.getOutputStream().write(reply.getBytes(StandardCharsets.ISO_8859_1));
        if (scripted && !said.stays()) {
          socket.shutdownOutput();
          while (in.read() >= 0) {
            // Until the gateway ends it too, so that nothing is lost to a reset.
          }
          return;
        }
      }
    } catch (IOException e) {
      // The gateway or the test ended the connection; what came before is kept below.
    } finally {
      open.remove(socket);
      if (bytes.size() > 0) {
        received.add(new Received(number, bytes.toString(StandardCharsets.ISO_8859_1), false));
      }
    }
  }

  /** Reads one request into {@code bytes}; returns its head. */
  private static String request(InputStream in, ByteArrayOutputStream bytes) throws IOException {
    String head = until(in, bytes, "\r\n\r\n");
    int length = head.indexOf("\r\nContent-Length: ");
    if (length >= 0) {
      int from = length + 18;
      take(in, bytes, Integer.parseInt(head.substring(from, head.indexOf("\r\n", from))));
    } else if (head.contains("\r\nTransfer-Encoding: chunked\r\n")) {
      int size;
      do {
        size = Integer.parseInt(until(in, bytes, "\r\n").strip(), 16);
        take(in, bytes, size + 2);
      } while (size > 0);
    }
    return head;
  }

  private static String until(InputStream in, ByteArrayOutputStream bytes, String end)
      throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException();
      }
      bytes.write(next);
      text.append((char) next);
    }
    return text.toString();
  }

  private static void take(InputStream in, ByteArrayOutputStream bytes, int count)
      throws IOException {
    byte[] part = in.readNBytes(count);
    bytes.write(part);
    if (part.length < count) {
      throw new EOFException();
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
