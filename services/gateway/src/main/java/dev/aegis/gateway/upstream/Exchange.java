package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.LegFailure;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What came of forwarding one request.
 *
 * @param status of the reply that the caller got, 0 when none was begun
 * @param fault what went wrong, null when nothing did
 * @param detail the same for the log
 * @param target authority of the last target tried, or null
 * @param attempts how many targets were tried
 * @param upstreamNanos from the last attempt to the head of the reply
 * @param bytesIn of the request's body, or of what followed a switch of protocols
 * @param bytesOut of the reply's body, or the same
 * @param retryAfter when the refused may come again, zero when nothing is known
 * @param rest what still reads the caller's body, null when nothing does
 */
public record Exchange(
    int status,
    @Nullable Fault fault,
    String detail,
    @Nullable String target,
    int attempts,
    long upstreamNanos,
    long bytesIn,
    long bytesOut,
    Duration retryAfter,
    @Nullable Rest rest) {

  /** One that was not even tried. */
  public static Exchange refused(Fault fault, String detail, Duration retryAfter) {
    return new Exchange(0, fault, detail, null, 0, 0, 0, 0, retryAfter, null);
  }

  /** What can go wrong. */
  public enum Fault {
    /** The upstream has no target. */
    NO_TARGET,
    /** The upstream has failed too often, and is not asked for a while. */
    CIRCUIT_OPEN,
    /** The upstream has as many requests under way as it may. */
    OVERLOADED,
    /** No target could be reached, or it broke the exchange off, or its reply is no HTTP. */
    UPSTREAM_FAILED,
    /** A target took too long. */
    UPSTREAM_TIMEOUT,
    /** The caller went away. */
    CALLER_GONE,
    /** The caller took too long with the body. */
    CALLER_TIMEOUT,
    /** The caller's body is not framed as it says. */
    CALLER_MALFORMED,
    /** The caller's body is larger than the route takes. */
    REQUEST_TOO_LARGE,
    /** The reply's body is larger than the route passes on. */
    REPLY_TOO_LARGE,
    /** The reply is good, but what has to be done with it failed here. */
    PLUGIN_FAILED;

    /** The name in lower case. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Of a caller's body that is not what it should be. */
    public static Fault of(BadMessage wrong) {
      return switch (wrong.kind()) {
        case INCOMPLETE -> CALLER_GONE;
        case BODY_TOO_LARGE -> REQUEST_TOO_LARGE;
        case MALFORMED, TARGET_TOO_LONG, HEAD_TOO_LARGE -> CALLER_MALFORMED;
      };
    }

    /** Of a caller that does not send its body. */
    public static Fault of(LegFailure broken) {
      return broken.timeout() ? CALLER_TIMEOUT : CALLER_GONE;
    }
  }

  /** A body that is still being read. */
  public interface Rest {
    /** Waits for its end; true when the connection then stands at the next request. */
    boolean settle(Duration bound);
  }
}
