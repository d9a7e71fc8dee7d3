package dev.aegis.gateway.http1;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** What was written, and in how many writes. */
final class Written extends Output {
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private int writes;

  Written() {
    this(16, 1024);
  }

  Written(int first, int most) {
    super(first, most);
  }

  @Override
  protected void send(byte[] bytes, int from, int length) {
    sent.write(bytes, from, length);
    writes++;
  }

  int writes() {
    return writes;
  }

  /** All of it as ISO 8859-1, flushed. */
  String text() throws java.io.IOException {
    flush();
    return sent.toString(StandardCharsets.ISO_8859_1);
  }
}
