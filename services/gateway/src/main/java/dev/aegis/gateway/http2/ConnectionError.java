package dev.aegis.gateway.http2;

import java.io.IOException;

/** Thrown where a peer breaks the rules so that the whole connection must end (section 5.4.1). */
final class ConnectionError extends IOException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /**
   * @param code what GOAWAY says
   * @param detail the same for a person
   */
  ConnectionError(ErrorCode code, String detail) {
    super(detail);
    this.code = code;
  }

  ErrorCode code() {
    return code;
  }
}
