package dev.aegis.egress;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of one call to a receiver. */
public sealed interface CallResult {
  /**
   * The receiver answered.
   *
   * @param status of its final reply, 200 to 599
   * @param retryAfter text of its {@code Retry-After}, or null
   */
  record Answered(int status, @Nullable String retryAfter, Duration latency)
      implements CallResult {}

  /** The receiver, or the way to it, failed. */
  record Failed(Failure failure, Duration latency) implements CallResult {}

  /**
   * The call was not made, or not to its end, for a reason that lies in this process; it says
   * nothing about the receiver.
   *
   * @param why for the log
   */
  record NotMade(String why) implements CallResult {}

  /** How a call can fail. */
  enum Failure {
    /** The host's name has no address, or no name server answered. */
    DNS("dns_failed"),
    /** The name leads to an address that may not be called, see {@link EgressGuard}. */
    ADDRESS("address_not_allowed"),
    /** Nobody accepted the connection. */
    CONNECT("connect_failed"),
    /** TLS could not be agreed on, or the certificate is not good for the host. */
    TLS("tls_failed"),
    /** No reply within the time that a call may take. */
    TIMEOUT("timeout"),
    /** The connection broke before a reply. */
    LOST("connection_lost"),
    /** What came back is not an HTTP/1.1 reply, or its head is too long. */
    MALFORMED("malformed_reply");

    private final String code;

    Failure(String code) {
      this.code = code;
    }

    /** Stable name in records and answers. */
    public String code() {
      return code;
    }
  }
}
