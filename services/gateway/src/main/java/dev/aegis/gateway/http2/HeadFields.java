package dev.aegis.gateway.http2;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Head;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Hears the fields of a head and writes them down as one of HTTP/1.1, which then goes through the
 * same checks as any other. What only HTTP/2 can get wrong is checked here (RFC 9113 sections 8.2
 * and 8.3): nothing that ends a line of HTTP/1.1 gets into one.
 */
final class HeadFields implements FieldSink {
  private static final byte[] NOTHING = {};

  /** What a list of fields is for. */
  enum Kind {
    REQUEST,
    REPLY,
    TRAILER
  }

  private final Kind kind;
  private byte @Nullable [] method;
  private byte @Nullable [] scheme;
  private byte @Nullable [] authority;
  private byte @Nullable [] path;
  private byte @Nullable [] status;
  private boolean regular;
  private boolean sized;
  private boolean empty;
  private byte[] cookie = NOTHING;
  private @Nullable BadMessage wrong;
  private int total;
  private byte[] lines = new byte[512];
  private int length;

  HeadFields(Kind kind) {
    this.kind = kind;
  }

  @Override
  public void field(FieldLine line) {
    total += line.size();
    if (wrong != null) {
      return; // the block must be read to its end all the same
    }
    if (total > Head.MAX_BYTES) {
      wrong = new BadMessage(BadMessage.Kind.HEAD_TOO_LARGE, "the head is larger than 32 KiB");
      return;
    }
    byte[] name = line.name();
    if (name.length > 0 && name[0] == ':') {
      pseudo(text(name), line.value());
    } else {
      regular = true;
      check(name, line.value());
      regular(name, line.value());
    }
  }

  private void pseudo(String name, byte[] value) {
    check(NOTHING, value);
    if (regular || kind == Kind.TRAILER) {
      reject("a pseudo-header field comes after others");
      return;
    }
    boolean request = kind == Kind.REQUEST;
    boolean again;
    switch (name) {
      case ":method" -> {
        again = !request || method != null;
        method = value;
      }
      case ":scheme" -> {
        again = !request || scheme != null;
        scheme = value;
      }
      case ":authority" -> {
        again = !request || authority != null;
        authority = value;
      }
      case ":path" -> {
        again = !request || path != null;
        path = value;
      }
      case ":status" -> {
        again = request || status != null;
        status = value;
      }
      default -> again = true;
    }
    if (again) {
      reject("a pseudo-header field is repeated, or does not belong there");
    }
  }

  /** Section 8.2.1; what else is wrong with names and values, HTTP/1.1 knows too. */
  private void check(byte[] name, byte[] value) {
    for (byte b : name) {
      if (b <= ' ' || b >= 'A' && b <= 'Z' || b == ':' || b == 0x7f) {
        reject("a field name has letters in upper case, or bytes that no name has");
        return;
      }
    }
    for (byte b : value) {
      if (b == 0 || b == '\r' || b == '\n') {
        reject("a field value has NUL, CR or LF");
        return;
      }
    }
    if (value.length > 0 && (blank(value[0]) || blank(value[value.length - 1]))) {
      reject("a field value begins or ends with white space");
    }
  }

  private static boolean blank(byte b) {
    return b == ' ' || b == '\t';
  }

  private void regular(byte[] name, byte[] value) {
    switch (text(name)) {
      case "" -> reject("a field has no name");
      case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" ->
          reject("a field speaks of the connection");
      case "te" -> {
        if (kind == Kind.REQUEST && !text(value).equals("trailers")) {
          reject("TE is not exactly \"trailers\"");
        }
        line(name, value);
      }
      case "cookie" -> { // one line in HTTP/1.1 (section 8.2.3)
        cookie = cookie.length == 0 ? value : joined(cookie, value);
      }
      case "content-length" -> {
        sized = true;
        empty = text(value).equals("0");
        line(name, value);
      }
      default -> line(name, value);
    }
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + 2 + second.length);
    both[first.length] = ';';
    both[first.length + 1] = ' ';
    System.arraycopy(second, 0, both, first.length + 2, second.length);
    return both;
  }

  private void reject(String detail) {
    if (wrong == null) {
      wrong = new BadMessage(BadMessage.Kind.MALFORMED, detail);
    }
  }

  /**
   * The head of a request in HTTP/1.1, its body in chunks where no length is said.
   *
   * @param ended whether no body follows
   * @throws BadMessage when it is none
   */
  byte[] request(boolean ended) throws BadMessage {
    if (method == null || scheme == null || path == null) {
      reject("a request has :method, :scheme and :path");
    } else if (!text(scheme).equals("http") && !text(scheme).equals("https")) {
      reject(":scheme is neither http nor https");
    } else if (method.length == 0 || has(method, ' ') || has(path, ' ')) {
      reject(":method or :path is empty or has a space");
    } else if (path.length == 0
        || path[0] != '/' && !(text(path).equals("*") && text(method).equals("OPTIONS"))) {
      reject(":path does not begin with /");
    } else if (ended && sized && !empty) {
      reject("Content-Length announces a body, and there is none"); // section 8.1.1
    }
    byte[] rest = lines();
    length = 0;
    put(method);
    put(" ");
    put(path);
    put(" HTTP/1.1\r\n");
    if (authority != null) {
      host(rest, authority);
    }
    put(rest);
    if (cookie.length > 0) {
      line("cookie".getBytes(StandardCharsets.ISO_8859_1), cookie);
    }
    if (!ended && !sized) {
      put("transfer-encoding: chunked\r\n");
    }
    put("\r\n");
    if (wrong != null) {
      throw wrong;
    }
    return Arrays.copyOf(lines, length);
  }

  /** Where :authority and Host both say something, they say the same (section 8.3.1). */
  private void host(byte[] rest, byte[] named) {
    String all = "\r\n" + text(rest);
    int host = all.indexOf("\r\nhost:");
    if (host < 0) {
      put("host: ");
      put(named);
      put("\r\n");
    } else if (!all.startsWith("\r\nhost: " + text(named) + "\r\n", host)) {
      reject(":authority and Host differ");
    }
  }

  /**
   * The head of a reply in HTTP/1.1.
   *
   * @param ended whether no body follows
   * @param toHead whether the request was HEAD, so that no body says nothing of its length
   * @throws BadMessage when it is none
   */
  byte[] reply(boolean ended, boolean toHead) throws BadMessage {
    byte[] rest = lines();
    length = 0;
    if (status == null || status.length != 3) {
      reject("a reply has a :status of three digits");
    } else {
      put("HTTP/1.1 ");
      put(status);
      put(" \r\n");
      put(rest);
      if (cookie.length > 0) {
        line("cookie".getBytes(StandardCharsets.ISO_8859_1), cookie);
      }
      boolean interim = status[0] == '1';
      if (interim && (ended || text(status).equals("101"))) {
        reject("an interim reply ends the stream, or switches protocols");
      }
      boolean bodiless = toHead || text(status).equals("204") || text(status).equals("304");
      if (ended && sized && !empty && !bodiless) {
        reject("Content-Length announces a body, and there is none");
      }
      if (!sized && !interim && ended && !bodiless) {
        put("content-length: 0\r\n");
      } else if (!sized && !interim && !ended) {
        put("transfer-encoding: chunked\r\n");
      }
      put("\r\n");
    }
    if (wrong != null) {
      throw wrong;
    }
    return Arrays.copyOf(lines, length);
  }

  /**
   * The lines of a trailer.
   *
   * @throws BadMessage when it is none
   */
  byte[] trailer() throws BadMessage {
    if (wrong != null) {
      throw wrong;
    }
    return lines();
  }

  private byte[] lines() {
    return Arrays.copyOf(lines, length);
  }

  private static boolean has(byte[] text, char wanted) {
    for (byte b : text) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }

  private void line(byte[] name, byte[] value) {
    put(name);
    put(": ");
    put(value);
    put("\r\n");
  }

  private void put(byte @Nullable [] more) {
    if (more == null) {
      return; // something is wrong, and is said
    }
    if (length + more.length > lines.length) {
      lines = Arrays.copyOf(lines, Math.max(length + more.length, lines.length * 2));
    }
    System.arraycopy(more, 0, lines, length, more.length);
    length += more.length;
  }

  private void put(String more) {
    put(more.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
