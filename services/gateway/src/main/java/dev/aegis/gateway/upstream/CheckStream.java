package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.ResponseHead;
import dev.aegis.gateway.http2.Stream;
import dev.aegis.gateway.http2.StreamFailure;
import dev.aegis.gateway.http2.StreamOutput;
import dev.aegis.gateway.http2.Waiting;
import java.io.IOException;

/**
 * One check's request and reply in HTTP/2, on a connection that carries nothing else. Who asks
 * bounds it all by closing the wire, and closes it in the end.
 */
final class CheckStream {
  private static final int MOST = 1024;

  private final TargetStreams streams;
  private final Input input;

  private CheckStream(TargetStreams streams, Input input) {
    this.streams = streams;
    this.input = input;
  }

  /**
   * Sends a request.
   *
   * @param lines request line and header lines of HTTP/1.1, but the empty one
   * @param body may be empty
   */
  static CheckStream begin(Wire wire, Target target, Deadlines deadlines, byte[] lines, byte[] body)
      throws IOException {
    TargetStreams streams = TargetStreams.begin(wire, target.tls(), deadlines);
    boolean bare = body.length == 0;
    Stream stream = streams.open(lines, lines.length, streams.secure(), true, bare);
    if (stream == null) {
      throw StreamFailure.untouched("the connection has ended");
    }
    if (bare) {
      streams.send();
    } else {
      StreamOutput out = stream.output(new Unbounded(), MOST);
      out.put(body);
      out.end(new byte[0]);
    }
    return new CheckStream(streams, stream.input(new Unbounded()));
  }

  /** Waits for the reply's head, and returns its status. */
  int status() throws IOException, BadMessage {
    ResponseHead head = new ResponseHead();
    do {
      if (!head.read(input)) {
        throw new BadMessage(BadMessage.Kind.INCOMPLETE, "none came before the stream ended");
      }
    } while (head.interim());
    return head.status();
  }

  /** What follows the reply's head. */
  Input input() {
    return input;
  }

  /** Tells the target that this was all (RFC 9113 section 6.8). */
  void leave() {
    streams.leave();
    try {
      streams.send();
    } catch (IOException e) {
      // It has left first, which says nothing of its answer.
    }
  }

  /** No bounds on single waits: there is one on the whole check. */
  private static final class Unbounded implements Waiting {
    @Override
    public void begin() {
      // Whoever asks closes the wire in time.
    }

    @Override
    public void end() {
      // The same.
    }

    @Override
    public IOException failure(StreamFailure why) {
      return why;
    }
  }
}
