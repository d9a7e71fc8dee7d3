package dev.aegis.gateway.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a caller's handshake, read ahead of TLS: whether a caller is asked for a
 * certificate, and whose, must be settled before TLS sees the message that names the host.
 *
 * <p>What it finds decides no more than what the caller is asked for. Which host the connection is
 * for, TLS says itself; so whoever makes the two differ has shown nothing to that host.
 */
final class ClientHello {
  private static final int RECORD_HEADER = 5;
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int MESSAGE_HEADER = 4;
  private static final int RANDOM = 34; // with the version before it
  private static final int SERVER_NAME = 0;
  private static final int HOST_NAME = 0;

  /** RFC 8446 section 5.1. */
  private static final int MAX_RECORD = 1 << 14;

  /** Most bytes of the message; TLS itself takes no more (jdk.tls.maxHandshakeMessageSize). */
  private static final int MAX_MESSAGE = 32 * 1024;

  private byte[] bytes = new byte[1024];
  private int read;
  private @Nullable String host;

  private ClientHello() {}

  /**
   * Reads up to the message's end, or to where it stops to be one: that is for TLS to refuse.
   *
   * @throws IOException when the connection breaks
   */
  static ClientHello read(InputStream in) throws IOException {
    ClientHello hello = new ClientHello();
    byte[] message = hello.message(in);
    if (message != null) {
      try {
        hello.host = host(ByteBuffer.wrap(message));
      } catch (BufferUnderflowException e) {
        hello.host = null; // a length beyond the end: no host can be believed
      }
    }
    return hello;
  }

  /** The host that it asks for, lower case; null for none, or when it is not understood. */
  @Nullable String host() {
    return host;
  }

  /** All that was read, for TLS to read again. */
  InputStream consumed() {
    return new ByteArrayInputStream(bytes, 0, read);
  }

  /** The message without its header, put together from its records; null when it is none. */
  private byte @Nullable [] message(InputStream in) throws IOException {
    byte[] message = new byte[MESSAGE_HEADER];
    int held = 0;
    int wanted = MESSAGE_HEADER;
    while (held < wanted) {
      int header = read;
      if (!take(in, RECORD_HEADER) || bytes[header] != HANDSHAKE) {
        return null;
      }
      int length = (bytes[header + 3] & 0xff) << 8 | bytes[header + 4] & 0xff;
      if (length == 0 || length > MAX_RECORD || !take(in, length)) {
        return null;
      }
      for (int at = header + RECORD_HEADER; at < read && held < wanted; at++) {
        message[held++] = bytes[at];
        if (held == MESSAGE_HEADER && wanted == MESSAGE_HEADER) {
          int size = (message[1] & 0xff) << 16 | (message[2] & 0xff) << 8 | message[3] & 0xff;
          if (message[0] != CLIENT_HELLO || size > MAX_MESSAGE) {
            return null;
          }
          wanted += size;
          message = Arrays.copyOf(message, wanted);
        }
      }
    }
    return Arrays.copyOfRange(message, MESSAGE_HEADER, wanted);
  }

  /** Exactly so many bytes more; false when the caller ends before. */
  private boolean take(InputStream in, int count) throws IOException {
    if (read + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(read + count, 2 * bytes.length));
    }
    int more = in.readNBytes(bytes, read, count);
    read += more;
    return more == count;
  }

  /** RFC 8446 section 4.1.2 and RFC 6066 section 3. */
  private static @Nullable String host(ByteBuffer message) {
    skip(message, RANDOM);
    skip(message, message.get() & 0xff); // session id
    skip(message, message.getShort() & 0xffff); // suites
    skip(message, message.get() & 0xff); // compression
    if (!message.hasRemaining()) {
      return null;
    }
    ByteBuffer extensions = part(message, message.getShort() & 0xffff);
    while (extensions.hasRemaining()) {
      int type = extensions.getShort() & 0xffff;
      ByteBuffer extension = part(extensions, extensions.getShort() & 0xffff);
      if (type == SERVER_NAME) {
        ByteBuffer names = part(extension, extension.getShort() & 0xffff);
        while (names.hasRemaining()) {
          int kind = names.get();
          ByteBuffer name = part(names, names.getShort() & 0xffff);
          if (kind == HOST_NAME) {
            return StandardCharsets.ISO_8859_1.decode(name).toString().toLowerCase(Locale.ROOT);
          }
        }
      }
    }
    return null;
  }

  private static void skip(ByteBuffer from, int count) {
    part(from, count);
  }

  private static ByteBuffer part(ByteBuffer from, int count) {
    if (count > from.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer part = from.slice(from.position(), count);
    from.position(from.position() + count);
    return part;
  }
}
