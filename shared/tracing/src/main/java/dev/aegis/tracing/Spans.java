package dev.aegis.tracing;

import org.jspecify.annotations.Nullable;

/** Where spans go. For any thread; never waits. */
public interface Spans extends AutoCloseable {
  /** Nowhere: tracing is off. */
  Spans NONE =
      new Spans() {
        @Override
        public boolean wanted() {
          return false;
        }

        @Override
        public void add(Span span) {
          // Nobody wants it.
        }
      };

  /** Whether anybody takes them, so that it is worth making them. */
  boolean wanted();

  /**
   * Whether there is room for so many, asked before they are made. If not, they are counted as
   * lost, and not to be added.
   *
   * @param spans more than 0
   */
  default boolean room(int spans) {
    return true;
  }

  /** Takes one; what there is no room for is counted. */
  void add(Span span);

  /** Why spans do not arrive at the moment, null while they do. */
  default @Nullable String wrong() {
    return null;
  }

  /** Sends what there is, as far as there is time, and takes no more. */
  @Override
  default void close() {}
}
