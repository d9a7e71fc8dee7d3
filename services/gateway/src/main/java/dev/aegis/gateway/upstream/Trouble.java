package dev.aegis.gateway.upstream;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a target could not be spoken to over TLS when that was last tried. Requests only note it; one
 * thread asks for {@link #news}, so that it is told once and not with every request.
 */
final class Trouble {
  private volatile @Nullable String why;
  private @Nullable String told;

  /** It could not, and why. */
  void is(String reason) {
    why = reason;
  }

  /** It could. */
  void over() {
    if (why != null) { // as a rule it is null, and nobody writes
      why = null;
    }
  }

  /** What has changed since the last call: a reason, {@code ""} for an end; null for nothing. */
  @Nullable String news() {
    String now = why;
    if (Objects.equals(now, told)) {
      return null;
    }
    told = now;
    return now == null ? "" : now;
  }
}
