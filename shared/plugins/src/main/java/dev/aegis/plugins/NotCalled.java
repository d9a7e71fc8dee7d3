package dev.aegis.plugins;

/** Thrown by a {@link Foreign} filter that did not get to call what others wrote. */
public final class NotCalled extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param why for an operator
   */
  public NotCalled(String why) {
    super(why, null, false, false); // an expected end of a call, not a bug
  }
}
