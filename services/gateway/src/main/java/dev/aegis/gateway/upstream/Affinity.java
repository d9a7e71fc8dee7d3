package dev.aegis.gateway.upstream;

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
}
