package dev.aegis.plugin;

/** What became of a request; a copy that stays as it is. */
public interface Ended {
  /** Status of the reply, 499 when the caller had gone. */
  int status();

  /**
   * Why Aegis itself refused it, or what went wrong: a code of a refusal, {@code ""} for neither.
   */
  String code();

  /** Id of the upstream that it was sent to, {@code ""} for none. */
  String upstream();

  /** Host and port of the last target that was asked, {@code ""} for none. */
  String target();

  /** Bytes of the request's body that were read. */
  long bytesIn();

  /** Bytes of the reply's body that were sent. */
  long bytesOut();

  /** Microseconds from its first byte to its end. */
  long micros();
}
