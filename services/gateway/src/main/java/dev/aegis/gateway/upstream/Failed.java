package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.upstream.Exchange.Fault;

/** Thrown inside one attempt: it has ended, and this is whose fault it was. */
final class Failed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Fault fault;
  private final int status;

  Failed(Fault fault, String detail) {
    this(fault, detail, 0);
  }

  private Failed(Fault fault, String detail, int status) {
    super(detail, null, false, false); // an expected end of an exchange, not a bug
    this.fault = fault;
    this.status = status;
  }

  /** The caller's body is not what it should be. */
  static Failed of(BadMessage wrong) {
    boolean gone = wrong.kind() == BadMessage.Kind.INCOMPLETE;
    return new Failed(gone ? Fault.CALLER_GONE : Fault.CALLER_MALFORMED, wrong.detail());
  }

  /** A whole reply came, but another attempt may get a better one. */
  static Failed dropped(int status) {
    return new Failed(Fault.UPSTREAM_FAILED, "status " + status, status);
  }

  /** Status of the reply that was dropped, 0 when there was none. */
  int status() {
    return status;
  }

  Fault fault() {
    return fault;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
