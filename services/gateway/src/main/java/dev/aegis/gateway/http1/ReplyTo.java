package dev.aegis.gateway.http1;

import java.io.IOException;

/**
 * One reply on its way to a caller. Its head is put as lines of HTTP/1.1, status line first and the
 * empty line left out; how it and the body get there is the caller's protocol's.
 */
public abstract class ReplyTo {
  /** Where the lines of a head are put. */
  public abstract Output out();

  /** Whether interim replies mean anything to the caller. */
  public abstract boolean takesInterim();

  /** Whether the caller can be told where a body of unknown length ends, other than by closing. */
  public abstract boolean framesAll();

  /** Ends the lines of an interim reply, and sends them. */
  public abstract void interim() throws IOException;

  /**
   * Ends the lines of the head.
   *
   * @param length of the body that follows, 0 when none does, -1 when it is not known
   */
  public abstract void begin(long length) throws IOException;

  /** Passes on a whole body, its trailer too, and so ends the reply. */
  public abstract void relay(Body body) throws IOException, BadMessage;

  /** Sends a whole body, which may be empty, and so ends the reply. */
  public abstract void end(byte[] body) throws IOException;
}
