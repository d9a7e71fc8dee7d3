package dev.aegis.gateway.upstream;

import dev.aegis.gateway.upstream.Exchange.Fault;

/** Thrown inside one attempt: it has ended, and this is whose fault it was. */
final class Failed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Fault fault;

  Failed(Fault fault, String detail) {
    super(detail, null, false, false); // an expected end of an exchange, not a bug
    this.fault = fault;
  }

  Fault fault() {
    return fault;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
