package dev.aegis.analytics.rollup;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The sum of the requests that share one {@link CellKey}. Adding is all that ever happens to it, in
 * any order, so a late request needs no special case.
 *
 * @param requests how many
 * @param errors how many of them were answered with 500 or more
 * @param bytesIn body bytes from callers
 * @param bytesOut body bytes to callers
 * @param latencies how long they took
 * @param slowest which took longest, null if that is not known of any
 */
public record Cell(
    long requests,
    long errors,
    long bytesIn,
    long bytesOut,
    Latencies latencies,
    @Nullable Slowest slowest) {
  /** No request. */
  public static final Cell EMPTY = new Cell(0, 0, 0, 0, Latencies.NONE, null);

  /** First byte of the stored form. */
  private static final byte VERSION = 2;

  /** The form before it, which has no slowest request. */
  private static final byte WITHOUT_SLOWEST = 1;

  /** This and one more request. */
  public Cell plus(Observation one) {
    return new Cell(
        requests + 1,
        errors + (one.error() ? 1 : 0),
        bytesIn + one.bytesIn(),
        bytesOut + one.bytesOut(),
        latencies.plus(one.durationMicros()),
        Slowest.of(slowest, Slowest.of(one)));
  }

  /** This and another. */
  public Cell plus(Cell other) {
    return new Cell(
        requests + other.requests,
        errors + other.errors,
        bytesIn + other.bytesIn,
        bytesOut + other.bytesOut,
        latencies.plus(other.latencies),
        Slowest.of(slowest, other.slowest));
  }

  /** The stored form. */
  public byte[] toBytes() {
    CellBytes.Writer out = new CellBytes.Writer();
    out.octet(VERSION);
    out.number(requests);
    out.number(errors);
    out.number(bytesIn);
    out.number(bytesOut);
    latencies.writeTo(out);
    byte[] id =
        slowest == null ? new byte[0] : slowest.requestId().getBytes(StandardCharsets.US_ASCII);
    out.number(id.length);
    if (slowest != null) {
      out.octets(id);
      out.number(slowest.micros());
    }
    return out.toBytes();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  public static Cell parse(byte[] bytes) {
    CellBytes.Reader in = new CellBytes.Reader(bytes);
    byte version = in.octet();
    if (version != VERSION && version != WITHOUT_SLOWEST) {
      throw new IllegalArgumentException("Cells of version " + version + " are not known");
    }
    return new Cell(
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        Latencies.readFrom(in),
        version == WITHOUT_SLOWEST ? null : slowest(in));
  }

  private static @Nullable Slowest slowest(CellBytes.Reader in) {
    long length = in.number();
    if (length < 0 || length > Slowest.MAX_ID) {
      throw new IllegalArgumentException("A cell has a request id of " + length + " bytes");
    }
    if (length == 0) {
      return null;
    }
    String id = new String(in.octets((int) length), StandardCharsets.US_ASCII);
    return new Slowest(in.number(), id);
  }
}
