package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http2.StreamFailure;
import dev.aegis.gateway.upstream.Exchange.Fault;
import java.io.IOException;
import javax.net.ssl.SSLException;

/** Thrown inside one attempt: it has ended, and this is whose fault it was. */
final class Failed extends Exception {
  private static final long serialVersionUID = 1L;

  private final Fault fault;
  private final int status;
  private final Had had;

  /** What the target had of the request. */
  private enum Had {
    /** There was no connection. */
    NOTHING,
    /** It has said that it did nothing with it (RFC 9113 section 8.7). */
    UNTOUCHED,
    /** Perhaps all. */
    SOME
  }

  Failed(Fault fault, String detail) {
    this(fault, detail, 0, Had.SOME);
  }

  private Failed(Fault fault, String detail, int status, Had had) {
    super(detail, null, false, false); // an expected end of an exchange, not a bug
    this.fault = fault;
    this.status = status;
    this.had = had;
  }

  /** No connection came about. */
  static Failed unreached(IOException why) {
    return new Failed(Fault.UPSTREAM_FAILED, "no connection: " + why.getMessage(), 0, Had.NOTHING);
  }

  /** The target's leg broke, or the caller's. */
  static Failed of(IOException e) {
    if (!(e instanceof LegFailure broken)) {
      return new Failed(Fault.UPSTREAM_FAILED, "connection lost");
    }
    Failed failed =
        broken.leg() == LegFailure.Leg.CALLER
            ? new Failed(Fault.CALLER_GONE, "gone")
            : ofTarget(broken);
    return broken.getCause() instanceof StreamFailure why && why.untouched()
        ? failed.untouched()
        : failed;
  }

  private static Failed ofTarget(LegFailure e) {
    if (e.timeout()) {
      return new Failed(Fault.UPSTREAM_TIMEOUT, "it took too long");
    }
    // A target that wants another certificate says so only after the handshake (RFC 8446 4.4.2.4).
    String tls = e.getCause() instanceof SSLException why ? ": TLS: " + why.getMessage() : "";
    return new Failed(Fault.UPSTREAM_FAILED, "connection lost" + tls);
  }

  /** What the target says is no reply, or is none that is passed on. */
  static Failed ofReply(BadMessage wrong) {
    boolean large = wrong.kind() == BadMessage.Kind.BODY_TOO_LARGE;
    return new Failed(
        large ? Fault.REPLY_TOO_LARGE : Fault.UPSTREAM_FAILED, "its reply: " + wrong.detail());
  }

  /** The same, when the target did nothing with the request. */
  Failed untouched() {
    return new Failed(fault, detail(), status, Had.UNTOUCHED);
  }

  /** Whether the request may be sent again whatever its method. */
  boolean isUntouched() {
    return had == Had.UNTOUCHED;
  }

  /** Whether the request was not even begun to be sent. */
  boolean isUnreached() {
    return had == Had.NOTHING;
  }

  /** The caller's body is not what it should be. */
  static Failed of(BadMessage wrong) {
    return new Failed(Fault.of(wrong), wrong.detail());
  }

  /** A whole reply came, but another attempt may get a better one. */
  static Failed dropped(int status) {
    return new Failed(Fault.UPSTREAM_FAILED, "status " + status, status, Had.SOME);
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
