package dev.aegis.plugin;

/** Whether a request goes on. */
public sealed interface Verdict {
  /** It does. */
  Verdict PASS = new Pass();

  /** It does. */
  record Pass() implements Verdict {}

  /**
   * It does not; the caller gets a problem with code {@code plugin_refused}.
   *
   * @param status of the reply, 400 to 499 or 503
   * @param detail what the caller is told, of printable ASCII
   * @param retryAfterSeconds when it is worth another try, 0 to say nothing of that
   */
  record Refuse(int status, String detail, int retryAfterSeconds) implements Verdict {
    /** One that says nothing of another try. */
    public Refuse(int status, String detail) {
      this(status, detail, 0);
    }

    public Refuse {
      if (retryAfterSeconds < 0) {
        throw new IllegalArgumentException("nothing is worth a try in the past");
      }
      if ((status < 400 || status > 499) && status != 503) {
        throw new IllegalArgumentException(
            "a plugin refuses with 400 to 499 or 503, not " + status);
      }
      if (!detail.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
        throw new IllegalArgumentException("a detail is of printable ASCII");
      }
    }
  }
}
