package dev.aegis.bus;

/**
 * A place in the spool.
 *
 * @param segment number of the file, rising
 * @param offset bytes from its start
 */
record SpoolPosition(long segment, long offset) implements Comparable<SpoolPosition> {
  static final SpoolPosition START = new SpoolPosition(0, 0);

  @Override
  public int compareTo(SpoolPosition other) {
    int bySegment = Long.compare(segment, other.segment);
    return bySegment == 0 ? Long.compare(offset, other.offset) : bySegment;
  }
}
