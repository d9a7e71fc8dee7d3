package dev.aegis.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A caller that sends exactly the bytes it is told to over one connection, and reads replies
 * without forgiving anything.
 */
public final class HttpProbe implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  private HttpProbe(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /** A connection to a loopback port; reads give up after 10 s. */
  public static HttpProbe connect(int port) throws IOException {
    return connect(port, Duration.ofSeconds(10));
  }

  /**
   * A connection to a loopback port.
   *
   * @param readTimeout how long a read may wait
   */
  public static HttpProbe connect(int port, Duration readTimeout) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Math.toIntExact(readTimeout.toMillis()));
      socket.connect(new InetSocketAddress(FreePorts.LOOPBACK, port), 10_000);
      return new HttpProbe(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Over a connection that was made elsewhere, such as one that is secured. */
  public static HttpProbe over(Socket connected) throws IOException {
    return new HttpProbe(connected);
  }

  /** One request over a connection of its own. */
  public static HttpMessage once(int port, String request) throws IOException {
    try (HttpProbe probe = connect(port)) {
      return probe.send(request).read();
    }
  }

  /** Sends the text as ISO 8859-1. */
  public HttpProbe send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends the bytes. */
  public HttpProbe send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Says that nothing more will be sent; replies can still be read. */
  public HttpProbe finish() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Reads a reply. */
  public HttpMessage read() throws IOException {
    return present(HttpMessage.read(in, false));
  }

  /** Reads the reply to a HEAD, which has no body whatever its length field says. */
  public HttpMessage readHead() throws IOException {
    return present(HttpMessage.read(in, true));
  }

  private static HttpMessage present(@Nullable HttpMessage message) throws IOException {
    if (message == null) {
      throw new IOException("the connection ended where a reply was expected");
    }
    return message;
  }

  /**
   * Whether the peer has ended the connection, waiting for it as long as a read may; any byte that
   * comes instead is an error.
   */
  public boolean ended() throws IOException {
    try {
      int next = in.read();
      if (next >= 0) {
        throw new AssertionError(
            "the connection goes on with byte " + next + " and " + in.available() + " more");
      }
      return true;
    } catch (SocketException e) {
      // A reset ends it too.
      return true;
    }
  }

  /** Where further bytes can be read as they come. */
  public InputStream input() {
    return in;
  }

  /** Ends the connection by a reset instead of in order. */
  public void reset() throws IOException {
    socket.setOption(StandardSocketOptions.SO_LINGER, 0);
    socket.close();
  }

  /** Ends the connection. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
