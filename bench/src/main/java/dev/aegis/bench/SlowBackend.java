package dev.aegis.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A backend of this process. {@code /slow} answers a chunk at a time over {@link #STREAM_MILLIS},
 * {@code /large} with {@link #LARGE} bytes, {@code /count} with how many bytes it was sent, and any
 * other path at once.
 */
final class SlowBackend implements AutoCloseable {
  /** Bytes of a large body. */
  static final long LARGE = 100L << 20;

  /** Chunks of a slow reply, and its length in milliseconds. */
  static final int CHUNKS = 50;

  static final int STREAM_MILLIS = 10_000;

  /** Bytes of a chunk. */
  static final int CHUNK = 100;

  private final ServerSocket server;

  private SlowBackend(ServerSocket server) {
    this.server = server;
  }

  static SlowBackend start() throws IOException {
    ServerSocket server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 4096);
    SlowBackend backend = new SlowBackend(server);
    Thread.ofVirtual().name("backend").start(backend::accept);
    return backend;
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (true) {
      Socket socket;
      try {
        socket = server.accept();
      } catch (IOException e) {
        return; // closed: the bench is over
      }
      Thread.ofVirtual().start(() -> serve(socket));
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
      for (String head = head(in); head != null; head = head(in)) {
        answer(head, in, socket.getOutputStream());
      }
    } catch (IOException | InterruptedException e) {
      // The gateway closed it: what was missing is seen by who asked.
    }
  }

  private static void answer(String head, InputStream in, OutputStream out)
      throws IOException, InterruptedException {
    if (head.startsWith("GET /slow")) {
      send(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      String chunk = Integer.toHexString(CHUNK) + "\r\n" + "x".repeat(CHUNK) + "\r\n";
      for (int i = 0; i < CHUNKS; i++) {
        Thread.sleep(STREAM_MILLIS / CHUNKS);
        send(out, chunk);
      }
      send(out, "0\r\n\r\n");
    } else if (head.startsWith("GET /large")) {
      send(out, "HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
      byte[] part = new byte[64 * 1024];
      for (long left = LARGE; left > 0; left -= part.length) {
        out.write(part);
      }
    } else if (head.startsWith("PUT /count")) {
      long length = length(head);
      long got = 0;
      byte[] part = new byte[64 * 1024];
      while (got < length) {
        int count = in.read(part, 0, (int) Math.min(part.length, length - got));
        if (count < 0) {
          return;
        }
        got += count;
      }
      String text = Long.toString(got);
      send(out, "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
    } else {
      send(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  }

  static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A head with its empty line, or null at the end. */
  static @Nullable String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return null;
      }
      head.append((char) next);
    }
    return head.toString();
  }

  static long length(String head) {
    for (String line : head.split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    return 0;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
