package dev.aegis.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 message as it came over a socket, request or reply. */
public final class HttpMessage {
  private final String head;
  private final String startLine;
  private final List<Field> fields;
  private final byte[] body;
  private final byte[] framed;
  private final boolean complete;

  private HttpMessage(
      String head,
      String startLine,
      List<Field> fields,
      byte[] body,
      byte[] framed,
      boolean complete) {
    this.head = head;
    this.startLine = startLine;
    this.fields = fields;
    this.body = body;
    this.framed = framed;
    this.complete = complete;
  }

  /** One header line. */
  public record Field(String name, String value) {}

  /** The exact bytes up to and with the empty line, as ISO 8859-1. */
  public String head() {
    return head;
  }

  /** The first line. */
  public String startLine() {
    return startLine;
  }

  /** The header lines in their order. */
  public List<Field> fields() {
    return fields;
  }

  /** The content without its framing. */
  public byte[] body() {
    return body.clone();
  }

  /** The exact bytes behind the head: chunk sizes and trailers included. */
  public byte[] framed() {
    return framed.clone();
  }

  /** False when the connection ended before the message did. */
  public boolean complete() {
    return complete;
  }

  /** The number in a reply's status line. */
  public int status() {
    return Integer.parseInt(startLine.split(" ", 3)[1]);
  }

  /** A request's method. */
  public String method() {
    return startLine.split(" ", 3)[0];
  }

  /** A request's target, as sent. */
  public String target() {
    return startLine.split(" ", 3)[1];
  }

  /** The value of the only field of this name; null when there is none. */
  public @Nullable String field(String name) {
    List<String> values = fields(name);
    if (values.size() > 1) {
      throw new AssertionError(name + " came " + values.size() + " times: " + values);
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  /** The values of all fields of this name, in any case, in their order. */
  public List<String> fields(String name) {
    return fields.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  /** The content as UTF-8. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /**
   * Reads a message.
   *
   * @param bodiless whether it has no body whatever its head says, as the reply to a HEAD
   * @return null when the connection ended before the first byte
   */
  static @Nullable HttpMessage read(InputStream in, boolean bodiless) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int tail = 0;
    while (tail != 0x0d0a0d0a) {
      int next = in.read();
      if (next < 0) {
        if (bytes.size() == 0) {
          return null;
        }
        throw new EOFException(
            "ended inside a head: " + bytes.toString(StandardCharsets.ISO_8859_1));
      }
      bytes.write(next);
      tail = tail << 8 | next;
    }
    String head = bytes.toString(StandardCharsets.ISO_8859_1);
    String[] lines = head.split("\r\n");
    List<Field> fields = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 0) {
        throw new IOException("not a header line: " + lines[i]);
      }
      fields.add(new Field(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
    }
    HttpMessage bare =
        new HttpMessage(head, lines[0], List.copyOf(fields), new byte[0], new byte[0], true);
    return bodiless ? bare : bare.withBody(in);
  }

  private HttpMessage withBody(InputStream in) throws IOException {
    boolean reply = startLine.startsWith("HTTP/");
    if (reply && (status() < 200 || status() == 204 || status() == 304)) {
      return this;
    }
    List<String> codings = fields("transfer-encoding");
    if (!codings.isEmpty() && codings.getLast().toLowerCase(Locale.ROOT).endsWith("chunked")) {
      return chunked(in);
    }
    String length = field("content-length");
    if (length != null) {
      byte[] body = in.readNBytes(Integer.parseInt(length));
      return with(body, body, body.length == Integer.parseInt(length));
    }
    if (!reply) {
      return this;
    }
    byte[] body = in.readAllBytes();
    return with(body, body, true);
  }

  private HttpMessage chunked(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    ByteArrayOutputStream framed = new ByteArrayOutputStream();
    try {
      while (true) {
        String line = line(in, framed);
        int size = Integer.parseInt(line.split(";", 2)[0].strip(), 16);
        if (size == 0) {
          while (!line(in, framed).isEmpty()) {
            // Trailers are in the framed bytes.
          }
          return with(body.toByteArray(), framed.toByteArray(), true);
        }
        byte[] chunk = in.readNBytes(size);
        body.write(chunk);
        framed.write(chunk);
        if (chunk.length < size) {
          throw new EOFException();
        }
        if (!line(in, framed).isEmpty()) {
          throw new IOException("a chunk is longer than its size says");
        }
      }
    } catch (EOFException e) {
      return with(body.toByteArray(), framed.toByteArray(), false);
    }
  }

  private static String line(InputStream in, ByteArrayOutputStream framed) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException();
      }
      framed.write(next);
      if (next == '\n') {
        int end = line.length() - 1;
        if (end < 0 || line.charAt(end) != '\r') {
          throw new IOException("a line of the chunked framing ends without CR");
        }
        return line.substring(0, end);
      }
      line.append((char) next);
    }
  }

  private HttpMessage with(byte[] content, byte[] exact, boolean whole) {
    return new HttpMessage(head, startLine, fields, content, exact, whole);
  }
}
