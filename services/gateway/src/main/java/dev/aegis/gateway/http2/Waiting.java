package dev.aegis.gateway.http2;

import java.io.IOException;

/** How one side of one stream is waited for: with which bound, and whose fault it is if in vain. */
public interface Waiting {
  /** A wait begins. */
  void begin();

  /** It is over. */
  void end();

  /** What to throw to whoever waits, when the stream has ended before its time. */
  IOException failure(StreamFailure why);
}
