package dev.aegis.gateway.proxies;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy says before the first byte of a connection that it passes on: for whom it speaks.
 * Both versions of HAProxy's PROXY protocol (proxy-protocol.txt, sections 2.1 and 2.2).
 *
 * <p>Not a byte behind it is read. What cannot be understood ends the connection: where the
 * caller's own bytes begin, nobody could tell.
 */
public final class ProxyHeader {
  /** Where bytes come from. */
  @FunctionalInterface
  public interface Source {
    /** The next byte, or -1 at the end. */
    int next() throws IOException;
  }

  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final byte[] WORD = "PROXY ".getBytes(StandardCharsets.US_ASCII);

  /** With CR LF. */
  private static final int MAX_LINE = 107;

  private static final int FIXED = 16;

  /** Our own bound: the addresses, and more of such fields than any proxy sends. */
  private static final int MAX_REST = 4096;

  private static final int CHECKSUM = 3;

  private ProxyHeader() {}

  /**
   * Reads it.
   *
   * @return for whom the proxy speaks; null when it speaks for itself or does not say
   * @throws BadProxyHeader when it is none
   */
  static @Nullable InetAddress read(Source in) throws IOException {
    int first = next(in);
    if (first == WORD[0]) {
      return line(in);
    }
    if (first == SIGNATURE[0]) {
      return binary(in);
    }
    throw new BadProxyHeader("there is no header");
  }

  private static @Nullable InetAddress line(Source in) throws IOException {
    byte[] line = new byte[MAX_LINE];
    line[0] = WORD[0];
    int length = 1;
    while (length < 2 || line[length - 1] != '\n') {
      if (length == MAX_LINE) {
        throw new BadProxyHeader("a line of more than 107 bytes");
      }
      line[length] = (byte) next(in);
      if (length < WORD.length && line[length] != WORD[length]) {
        throw new BadProxyHeader("there is no header");
      }
      length++;
    }
    if (line[length - 2] != '\r') {
      throw new BadProxyHeader("a line that does not end in CR LF");
    }
    String text = new String(line, 0, length - 2, StandardCharsets.ISO_8859_1);
    String[] words = text.split(" ", -1);
    if (words[1].equals("UNKNOWN")) {
      return null; // whatever follows
    }
    boolean v4 = words[1].equals("TCP4");
    if (words.length != 6 || !v4 && !words[1].equals("TCP6")) {
      throw new BadProxyHeader("not two addresses and two ports");
    }
    InetAddress source = address(words[2], v4);
    address(words[3], v4);
    port(words[4]);
    port(words[5]);
    return source;
  }

  private static InetAddress address(String text, boolean v4) throws BadProxyHeader {
    InetAddress address = text.indexOf(':') < 0 == v4 ? Literal.parse(text) : null;
    if (address == null) {
      throw new BadProxyHeader("not an address of its family");
    }
    return address;
  }

  private static void port(String text) throws BadProxyHeader {
    if (Literal.decimal(text, 0, text.length(), 65535) < 0) {
      throw new BadProxyHeader("not a port");
    }
  }

  private static @Nullable InetAddress binary(Source in) throws IOException {
    byte[] header = new byte[FIXED];
    header[0] = SIGNATURE[0];
    for (int i = 1; i < FIXED; i++) {
      header[i] = (byte) next(in);
      if (i < SIGNATURE.length && header[i] != SIGNATURE[i]) {
        throw new BadProxyHeader("there is no header");
      }
    }
    int command = header[12] & 0xff;
    int rest = (header[14] & 0xff) << 8 | header[15] & 0xff;
    if (command != 0x20 && command != 0x21) {
      throw new BadProxyHeader("neither version 2 nor a known command");
    }
    if (rest > MAX_REST) {
      throw new BadProxyHeader("more than 4096 bytes");
    }
    header = Arrays.copyOf(header, FIXED + rest);
    for (int i = FIXED; i < header.length; i++) {
      header[i] = (byte) next(in);
    }
    if (command == 0x20) {
      return null; // LOCAL: the proxy itself, such as a health check; the rest says nothing
    }
    int each = addressBytes(header[13] & 0xff);
    int addresses = each == 108 ? 2 * each : each == 0 ? 0 : 2 * each + 4;
    if (rest < addresses) {
      throw new BadProxyHeader("shorter than its addresses");
    }
    checkFields(header, FIXED + addresses);
    return each == 4 || each == 16
        ? Literal.of(Arrays.copyOfRange(header, FIXED, FIXED + each))
        : null;
  }

  /** Only what comes over TCP can be meant here. */
  private static int addressBytes(int family) throws BadProxyHeader {
    return switch (family) {
      case 0x00 -> 0;
      case 0x11 -> 4;
      case 0x21 -> 16;
      case 0x31 -> 108; // a socket of the proxy's machine
      default -> throw new BadProxyHeader("not a family and protocol for streams");
    };
  }

  /** Fields behind the addresses are passed over, but they must be whole and as they were sent. */
  private static void checkFields(byte[] header, int from) throws BadProxyHeader {
    boolean checked = false;
    for (int at = from; at < header.length; ) {
      if (at + 3 > header.length) {
        throw new BadProxyHeader("a field that is cut off");
      }
      int value = at + 3;
      int length = (header[at + 1] & 0xff) << 8 | header[at + 2] & 0xff;
      if (value + length > header.length) {
        throw new BadProxyHeader("a field that is cut off");
      }
      if (header[at] == CHECKSUM) {
        if (checked || length != 4 || !holds(header, value)) {
          throw new BadProxyHeader("its checksum does not hold");
        }
        checked = true;
      }
      at = value + length;
    }
  }

  /** CRC32c of all bytes, its own counted as zeros (section 2.2.4). */
  private static boolean holds(byte[] header, int at) {
    CRC32C sum = new CRC32C();
    sum.update(header, 0, at);
    sum.update(new byte[4]);
    sum.update(header, at + 4, header.length - at - 4);
    long said =
        (header[at] & 0xffL) << 24
            | (header[at + 1] & 0xffL) << 16
            | (header[at + 2] & 0xffL) << 8
            | header[at + 3] & 0xffL;
    return sum.getValue() == said;
  }

  private static int next(Source in) throws IOException {
    int next = in.next();
    if (next < 0) {
      throw new BadProxyHeader("it is cut off");
    }
    return next;
  }
}
