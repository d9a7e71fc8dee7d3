package dev.aegis.analytics.rollup;

/**
 * The hundreds of an HTTP status: fine enough to tell who was at fault, coarse enough for a key.
 */
public enum StatusClass {
  /** No answer was sent: the caller went away first. */
  NONE('0', "none"),
  /** 100 to 199, a protocol switch. */
  INFORMATIONAL('1', "1xx"),
  /** 200 to 299. */
  SUCCESS('2', "2xx"),
  /** 300 to 399. */
  REDIRECTION('3', "3xx"),
  /** 400 to 499. */
  CALLER_ERROR('4', "4xx"),
  /** 500 to 599. */
  SERVER_ERROR('5', "5xx");

  private static final StatusClass[] BY_HUNDREDS = values();

  private final byte digit;
  private final String wireName;

  StatusClass(char digit, String wireName) {
    this.digit = (byte) digit;
    this.wireName = wireName;
  }

  /** The name on the wire, such as {@code 2xx}. */
  public String wireName() {
    return wireName;
  }

  /** The class of {@code status}; {@link #NONE} for anything that is no HTTP status. */
  public static StatusClass of(int status) {
    return status < 100 || status > 599 ? NONE : BY_HUNDREDS[status / 100];
  }

  /** The class that {@link #digit} was taken from; {@link #NONE} for any other byte. */
  static StatusClass ofDigit(byte digit) {
    for (StatusClass each : BY_HUNDREDS) {
      if (each.digit == digit) {
        return each;
      }
    }
    return NONE;
  }

  /** One byte for a key: the digit of the hundreds. */
  byte digit() {
    return digit;
  }
}
