package dev.aegis.gateway.cache;

import java.time.Instant;

/** What the cache says to a request. */
public sealed interface Answer {
  /**
   * A fresh reply.
   *
   * @param message its head and body, as they would come over HTTP/1.1; not to be written to
   * @param age in seconds
   * @param notModified whether the caller has it already (RFC 9111 section 4.3.2)
   */
  @SuppressWarnings("ArrayRecordComponent") // one array for all who get the reply
  record Hit(byte[] message, long age, boolean notModified) implements Answer {}

  /**
   * Nothing that could be given; the upstream's reply may be kept.
   *
   * @param stamp tells whether the resource was changed in the meantime
   * @param asked when
   */
  record Miss(int stamp, Instant asked) implements Answer {}

  /** The upstream has to answer, and its reply is not kept. */
  record Bypass() implements Answer {}

  /** Nothing that could be given, and the caller wants nothing else. */
  record NotKept() implements Answer {}
}
