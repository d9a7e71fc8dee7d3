package dev.aegis.tests;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A backend that speaks WebSocket (RFC 6455) and sends back each frame of at most 125 bytes, a
 * close frame as the last one. It keeps what it was told with a close frame, or that none came.
 */
final class EchoSocket implements AutoCloseable {
  /** What it heard at the end of a connection that broke off. */
  static final int NO_GOODBYE = 1006;

  private static final String KEY = "Sec-WebSocket-Key: ";
  private static final int CLOSE = 0x88;

  private final ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Queue<Integer> goodbyes = new ConcurrentLinkedQueue<>();

  EchoSocket() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** The status of each close frame, in their order. */
  Queue<Integer> goodbyes() {
    return goodbyes;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return; // It was closed.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      out.write(accepted(head(in)).getBytes(StandardCharsets.US_ASCII));
      goodbyes.add(echo(in, out));
    } catch (IOException | GeneralSecurityException e) {
      goodbyes.add(NO_GOODBYE);
    } finally {
      open.remove(socket);
    }
  }

  private static String head(DataInputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  private static String accepted(String head) throws GeneralSecurityException {
    int at = head.indexOf(KEY) + KEY.length();
    String proof =
        head.substring(at, head.indexOf('\r', at)) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    byte[] digest =
        MessageDigest.getInstance("SHA-1").digest(proof.getBytes(StandardCharsets.US_ASCII));
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(digest)
        + "\r\n\r\n";
  }

  /** Frames from the gateway are masked as a client's, those to it are not (section 5.1). */
  private static int echo(DataInputStream in, OutputStream out) throws IOException {
    while (true) {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      if (second < 0x80 || second > 0x80 + 125) {
        throw new IOException("not masked, or long: " + second);
      }
      byte[] mask = in.readNBytes(4);
      byte[] frame = new byte[2 + (second & 0x7f)];
      frame[0] = (byte) first;
      frame[1] = (byte) (second & 0x7f);
      in.readFully(frame, 2, frame.length - 2);
      for (int i = 2; i < frame.length; i++) {
        frame[i] ^= mask[(i - 2) % 4];
      }
      out.write(frame);
      if (first == CLOSE) {
        return frame.length < 4 ? NO_GOODBYE : (frame[2] & 0xff) << 8 | frame[3] & 0xff;
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
