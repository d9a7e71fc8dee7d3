package dev.aegis.chassis.datadog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** One request's body, compressed. */
final class Payload {
  private final byte[] body;
  private final int items;

  private Payload(byte[] body, int items) {
    this.body = body;
    this.items = items;
  }

  /**
   * A payload of this JSON.
   *
   * @param items how many points or lines are in it
   */
  static Payload of(byte[] json, int items) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length / 8 + 64);
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory does not fail", e);
    }
    return new Payload(out.toByteArray(), items);
  }

  /** In gzip; not to be changed. */
  byte[] body() {
    return body;
  }

  int items() {
    return items;
  }
}
