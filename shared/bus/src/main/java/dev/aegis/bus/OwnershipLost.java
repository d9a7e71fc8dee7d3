package dev.aegis.bus;

import org.jspecify.annotations.Nullable;

/** Thrown when a partition is not, or no longer, the writer's. */
public final class OwnershipLost extends Exception {
  private static final long serialVersionUID = 1L;

  OwnershipLost(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
