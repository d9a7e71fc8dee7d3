package dev.aegis.admin.access;

/** Whether somebody was let in. */
public sealed interface Access {
  /** It was an operator. */
  record Granted(Operator operator) implements Access {}

  /**
   * It is not listened to, because too many tokens from there were wrong.
   *
   * @param seconds for how long, at least 1
   */
  record Paused(long seconds) implements Access {}

  /**
   * It is somebody whom the issuer of operators vouches for, and who may do nothing here.
   *
   * @param name how the log names who it is
   */
  record Stranger(String name) implements Access {}

  /** Nobody can say: the keys of the issuer of operators are not known, and it does not answer. */
  record Undecided() implements Access {}

  /** It was nobody known; the constants are the codes of the problem. */
  enum Refused implements Access {
    /** There was no bearer token. */
    MISSING("missing_credentials", "Send the operator token as Authorization: Bearer <token>"),
    /** The token is not known. */
    INVALID("invalid_token", "The operator token is not known"),
    /** The issuer of operators made it, and its time is over. */
    EXPIRED("token_expired", "The token is over; get another from its issuer");

    private final String code;
    private final String detail;

    Refused(String code, String detail) {
      this.code = code;
      this.detail = detail;
    }

    /** Stable code of the problem. */
    public String code() {
      return code;
    }

    /** What to do, for a person. */
    public String detail() {
      return detail;
    }
  }
}
