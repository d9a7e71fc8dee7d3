package dev.aegis.gateway.upstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a request may tie it to a target: all that the choice of one looks at. */
public interface Affinity {
  /** The caller's address. */
  String address();

  /** Who the caller is, null where nobody asks. */
  @Nullable String subject();

  /**
   * The value of the caller's first header line with this name, or null.
   *
   * @param name in lower case
   */
  @Nullable String field(String name);

  /** Whether it has a wish of its own which target it goes to. */
  default boolean wishes() {
    return false;
  }

  /**
   * Its wish among {@code fit}: the place of one, -1 for none. May take a while.
   *
   * @param fit at least two that can do with one more
   */
  default int wish(List<Fit> fit) {
    return -1;
  }

  /**
   * A target that can do with one more request.
   *
   * @param authority host and port
   * @param weight its share, at least 1
   * @param active requests under way to it
   */
  record Fit(String authority, int weight, int active) {}
}
