package dev.aegis.analytics.rollup;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the requests of one {@link Cell} have in common.
 *
 * <p>The stored form sorts by length of time, tenant, then time, so that the cells of a tenant's
 * range lie side by side: {@code tag tenant NUL minute(4, big-endian) route NUL method NUL
 * status-digit consumer}.
 *
 * @param granularity how long the cell is
 * @param tenant id, empty when the host belongs to none
 * @param minute first minute of the cell, in minutes since 1970 UTC
 * @param route id, empty when none matched
 * @param method an HTTP method or {@code OTHER}
 * @param statusClass of the answers
 * @param consumer subject of the credential, empty when there was none
 */
public record CellKey(
    Granularity granularity,
    String tenant,
    long minute,
    String route,
    String method,
    StatusClass statusClass,
    String consumer) {
  private static final byte NUL = 0;

  /** The key of the cell of length {@code granularity} that {@code one} counts in. */
  public static CellKey of(Granularity granularity, Observation one) {
    return new CellKey(
        granularity,
        one.tenant(),
        granularity.floor(one.minute()),
        one.route(),
        one.method(),
        one.statusClass(),
        one.consumer());
  }

  /** The stored form. */
  public byte[] toBytes() {
    CellBytes.Writer out = new CellBytes.Writer();
    out.octets(from(granularity, tenant, minute));
    out.octets(route.getBytes(StandardCharsets.UTF_8));
    out.octet(NUL);
    out.octets(method.getBytes(StandardCharsets.UTF_8));
    out.octet(NUL);
    out.octet(statusClass.digit());
    out.octets(consumer.getBytes(StandardCharsets.UTF_8));
    return out.toBytes();
  }

  /**
   * Reads the stored form.
   *
   * @throws IllegalArgumentException when the bytes are none
   */
  public static CellKey parse(byte[] bytes) {
    Granularity granularity = granularity(bytes);
    int tenantEnd = next(bytes, 1);
    int routeStart = tenantEnd + 1 + Integer.BYTES;
    int routeEnd = next(bytes, routeStart);
    int methodEnd = next(bytes, routeEnd + 1);
    if (methodEnd + 1 >= bytes.length) {
      throw new IllegalArgumentException("A cell's key is cut short");
    }
    return new CellKey(
        granularity,
        text(bytes, 1, tenantEnd),
        ByteBuffer.wrap(bytes).getInt(tenantEnd + 1),
        text(bytes, routeStart, routeEnd),
        text(bytes, routeEnd + 1, methodEnd),
        StatusClass.ofDigit(bytes[methodEnd + 1]),
        text(bytes, methodEnd + 2, bytes.length));
  }

  /** The least stored key of {@code tenant}'s cells that begin at {@code minute} or later. */
  public static byte[] from(Granularity granularity, String tenant, long minute) {
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(1 + name.length + 1 + Integer.BYTES);
    bytes.put(granularity.tag()).put(name).put(NUL).putInt(Math.toIntExact(minute));
    return bytes.array();
  }

  /** The least stored key of any tenant whose name sorts behind {@code tenant}. */
  public static byte[] behind(Granularity granularity, String tenant) {
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[1 + name.length + 1];
    bytes[0] = granularity.tag();
    System.arraycopy(name, 0, bytes, 1, name.length);
    bytes[bytes.length - 1] = 1;
    return bytes;
  }

  /** The least stored key of all cells of this length. */
  public static byte[] first(Granularity granularity) {
    return new byte[] {granularity.tag()};
  }

  /** A key greater than all cells of this length. */
  public static byte[] last(Granularity granularity) {
    return new byte[] {(byte) (granularity.tag() + 1)};
  }

  private static Granularity granularity(byte[] bytes) {
    for (Granularity each : Granularity.values()) {
      if (bytes.length > 0 && bytes[0] == each.tag()) {
        return each;
      }
    }
    throw new IllegalArgumentException("Not the key of a cell");
  }

  private static int next(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == NUL) {
        return i;
      }
    }
    throw new IllegalArgumentException("A cell's key is cut short");
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(Arrays.copyOfRange(bytes, from, to), StandardCharsets.UTF_8);
  }
}
