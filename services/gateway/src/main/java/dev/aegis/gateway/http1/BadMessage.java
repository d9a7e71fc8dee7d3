package dev.aegis.gateway.http1;

/**
 * Thrown where bytes are read: they are not the message they claim to be. The connection they came
 * on must be closed, since nobody can tell where the next message begins.
 */
public final class BadMessage extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Kind {
    /** The syntax or the framing (RFC 9112). */
    MALFORMED,
    /** The request line is longer than allowed. */
    TARGET_TOO_LONG,
    /** The head has more bytes or lines than allowed. */
    HEAD_TOO_LARGE,
    /** The other side ended in the middle of a message. */
    INCOMPLETE
  }

  private final Kind kind;

  /**
   * @param kind what is wrong
   * @param detail the same for a person, without bytes of the message
   */
  public BadMessage(Kind kind, String detail) {
    super(detail, null, false, false); // the place in the parser tells nobody anything
    this.kind = kind;
  }

  /** One that is not what the rules say. */
  public static BadMessage malformed(String detail) {
    return new BadMessage(Kind.MALFORMED, detail);
  }

  /** What is wrong. */
  public Kind kind() {
    return kind;
  }

  /** What is wrong, for a person. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}
