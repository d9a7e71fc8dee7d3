package dev.aegis.analytics.rollup;

/**
 * The sum of the requests that share one {@link CellKey}. Adding is all that ever happens to it, in
 * any order, so a late request needs no special case.
 *
 * @param requests how many
 * @param errors how many of them were answered with 500 or more
 * @param bytesIn body bytes from callers
 * @param bytesOut body bytes to callers
 * @param latencies how long they took
 */
public record Cell(long requests, long errors, long bytesIn, long bytesOut, Latencies latencies) {
  /** No request. */
  public static final Cell EMPTY = new Cell(0, 0, 0, 0, Latencies.NONE);

  /** First byte of the stored form, so that a later one can be told apart. */
  private static final byte VERSION = 1;

  /** This and one more request. */
  public Cell plus(Observation one) {
    return new Cell(
        requests + 1,
        errors + (one.error() ? 1 : 0),
        bytesIn + one.bytesIn(),
        bytesOut + one.bytesOut(),
        latencies.plus(one.durationMicros()));
  }

  /** This and another. */
  public Cell plus(Cell other) {
    return new Cell(
        requests + other.requests,
        errors + other.errors,
        bytesIn + other.bytesIn,
        bytesOut + other.bytesOut,
        latencies.plus(other.latencies));
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
    if (version != VERSION) {
      throw new IllegalArgumentException("Cells of version " + version + " are not known");
    }
    return new Cell(in.number(), in.number(), in.number(), in.number(), Latencies.readFrom(in));
  }
}
