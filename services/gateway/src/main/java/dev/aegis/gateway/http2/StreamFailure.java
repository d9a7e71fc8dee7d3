package dev.aegis.gateway.http2;

import java.io.IOException;

/** Thrown to those who read or write a stream that has ended before its time. */
public final class StreamFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final boolean untouched;

  /**
   * @param untouched whether the peer has said that it did nothing with the request
   */
  StreamFailure(ErrorCode code, boolean untouched, String detail) {
    super(detail, null);
    this.code = code;
    this.untouched = untouched;
  }

  /** Why. */
  public ErrorCode code() {
    return code;
  }

  /**
   * Whether the peer did nothing with the request, so that it may be sent again whatever its method
   * (RFC 9113 section 8.7).
   */
  public boolean untouched() {
    return untouched;
  }
}
