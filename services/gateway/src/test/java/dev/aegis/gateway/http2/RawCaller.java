package dev.aegis.gateway.http2;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A caller in HTTP/2 who writes whatever frames a test wants, and reads what comes back. */
public final class RawCaller implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PUSH_PROMISE = 5;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;
  public static final int END_STREAM = 1;
  public static final int END_HEADERS = 4;
  public static final int WHOLE = END_STREAM | END_HEADERS;

  private final Socket socket;
  private final DataInputStream in;
  private final FieldDecoder decoder = new FieldDecoder();

  private RawCaller(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    in = new DataInputStream(socket.getInputStream());
  }

  /** One that has said nothing yet. */
  public static RawCaller silent(int port) throws IOException {
    return new RawCaller(port);
  }

  /** One that has said the preface and empty SETTINGS. */
  public static RawCaller connect(int port) throws IOException {
    RawCaller caller = new RawCaller(port);
    caller.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    caller.frame(SETTINGS, 0, 0);
    return caller;
  }

  /** One frame, or what there was instead. */
  public record Frame(int type, int flags, int stream, byte[] payload) {
    /** Whether its stream, or its field block, ends with it. */
    public boolean has(int flag) {
      return (flags & flag) != 0;
    }

    /** Its payload as a number. */
    public int number(int at) {
      return (payload[at] & 0xff) << 24
          | (payload[at + 1] & 0xff) << 16
          | (payload[at + 2] & 0xff) << 8
          | payload[at + 3] & 0xff;
    }
  }

  /** Sends bytes of ISO 8859-1. */
  public RawCaller bytes(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** Sends a frame whose header says what is true. */
  public RawCaller frame(int type, int flags, int stream, int... payload) throws IOException {
    byte[] bytes = new byte[payload.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) payload[i];
    }
    return frame(type, flags, stream, bytes);
  }

  /** The same. */
  public RawCaller frame(int type, int flags, int stream, byte[] payload) throws IOException {
    return frame(payload.length, type, flags, stream, payload);
  }

  /** Sends a frame whose header may lie. */
  public RawCaller frame(int length, int type, int flags, int stream, byte[] payload)
      throws IOException {
    byte[] bytes = new byte[9 + payload.length];
    bytes[0] = (byte) (length >> 16);
    bytes[1] = (byte) (length >> 8);
    bytes[2] = (byte) length;
    bytes[3] = (byte) type;
    bytes[4] = (byte) flags;
    bytes[5] = (byte) (stream >> 24);
    bytes[6] = (byte) (stream >> 16);
    bytes[7] = (byte) (stream >> 8);
    bytes[8] = (byte) stream;
    System.arraycopy(payload, 0, bytes, 9, payload.length);
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** A number in four bytes. */
  public static byte[] number(long value) {
    return new byte[] {
      (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
    };
  }

  /** A field block of literals; each field is a name, the first {@code =} behind it, a value. */
  public static byte[] block(String... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (String field : fields) {
      int at = field.indexOf('=', 1);
      block.write(0);
      string(block, field.substring(0, at));
      string(block, field.substring(at + 1));
    }
    return block.toByteArray();
  }

  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>= 7) {
        block.write(rest & 127 | 128);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /** Sends a whole request without a body for host {@code a.test}, with more fields. */
  public RawCaller get(int stream, String... more) throws IOException {
    return frame(HEADERS, WHOLE, stream, request("GET", "/" + stream, more));
  }

  /** Sends the head of a request with a body for host {@code a.test}, with more fields. */
  public RawCaller post(int stream, String... more) throws IOException {
    return frame(HEADERS, END_HEADERS, stream, request("POST", "/" + stream, more));
  }

  /** The field block of a request. */
  public static byte[] request(String method, String path, String... more) {
    String[] fields = new String[4 + more.length];
    fields[0] = ":method=" + method;
    fields[1] = ":scheme=http";
    fields[2] = ":path=" + path;
    fields[3] = ":authority=a.test";
    System.arraycopy(more, 0, fields, 4, more.length);
    return block(fields);
  }

  /** Reads the next frame, whatever it is. */
  public Frame any() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, in.readNBytes(length));
  }

  /** Reads the next frame that is neither SETTINGS nor WINDOW_UPDATE. */
  public Frame next() throws IOException {
    Frame frame = any();
    while (frame.type() == SETTINGS || frame.type() == WINDOW_UPDATE) {
      frame = any();
    }
    return frame;
  }

  /** The fields of a field block. */
  public Map<String, String> fields(byte[] block) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    decoder.decode(
        block,
        0,
        block.length,
        line ->
            fields.put(
                new String(line.name(), StandardCharsets.ISO_8859_1),
                new String(line.value(), StandardCharsets.ISO_8859_1)));
    return fields;
  }

  /**
   * What becomes of {@code stream}: {@code "200"}, {@code "reset CANCEL"}, {@code "goaway CANCEL"},
   * {@code "closed"}. Frames of other streams are passed over.
   */
  public String outcome(int stream) throws IOException {
    String status = "";
    try {
      while (true) {
        Frame frame = next();
        if (frame.type() == GOAWAY && frame.number(4) != 0) {
          return "goaway " + ErrorCode.of(frame.number(4));
        }
        if (frame.type() == HEADERS) {
          String said = fields(frame.payload()).getOrDefault(":status", "");
          status = frame.stream() == stream && status.isEmpty() ? said : status;
        }
        if (frame.stream() != stream) {
          continue;
        }
        if (frame.type() == RST_STREAM) {
          return "reset " + ErrorCode.of(frame.number(0));
        }
        if (frame.type() <= HEADERS && frame.has(END_STREAM)) {
          return status;
        }
      }
    } catch (EOFException | SocketException e) {
      return "closed";
    }
  }

  /** Ends its own direction. */
  public void end() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
