package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http2.ErrorCode;
import dev.aegis.gateway.http2.Stream;
import dev.aegis.gateway.http2.StreamFailure;
import dev.aegis.gateway.http2.StreamOutput;
import dev.aegis.gateway.http2.Waiting;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A stream on a connection in HTTP/2 that it shares with other requests of its tenant. */
final class TargetStream extends TargetLeg {
  private static final int MOST = 16 * 1024;

  private final TargetStreams streams;
  private final Waiting reading = new Reading();
  private final Waiting writing = new Writing();
  private volatile @Nullable Stream stream;
  private Input input = new Nothing();
  private @Nullable StreamOutput output;

  TargetStream(TargetStreams streams, Target target, Deadlines deadlines) {
    super(target, deadlines);
    this.streams = streams;
  }

  @Override
  Input input() {
    return input;
  }

  @Override
  void begin(byte[] message, int headLength, int length, boolean last, boolean trailers)
      throws IOException {
    boolean bare = last && headLength == length;
    Stream opened = streams.open(message, headLength - 2, streams.secure(), trailers, bare);
    if (opened == null) {
      throw failure(StreamFailure.untouched("the connection takes no more"));
    }
    stream = opened;
    input = opened.input(reading);
    output = opened.output(writing, MOST);
    if (late()) {
      cut(); // the deadline came before there was a stream to end
    }
    if (!bare) {
      output.put(message, headLength, length - headLength);
      if (last) {
        output.end(new byte[0]);
        return;
      }
    }
    streams.send();
  }

  @Override
  void send(byte[] bytes, int from, int length) throws IOException {
    out().write(bytes, from, length);
    out().flush();
  }

  @Override
  void endBody(byte[] trailer) throws IOException {
    out().end(trailer);
  }

  private StreamOutput out() {
    if (output == null) {
      throw new IllegalStateException("Nothing was asked yet");
    }
    return output;
  }

  @Override
  boolean chunks() {
    return false;
  }

  @Override
  String protocol() {
    return "2.0";
  }

  @Override
  void finish(boolean sent, Body body) {
    close(); // of a stream that has ended on both sides nothing is left
  }

  @Override
  void cut() {
    Stream open = stream;
    if (open != null) {
      open.reset(ErrorCode.CANCEL);
    }
    if (late()) {
      streams.leaveSoon(); // perhaps nobody is there any more: the next request finds out anew
    }
  }

  private LegFailure failure(IOException why) {
    return new LegFailure(LegFailure.Leg.UPSTREAM, late(), why);
  }

  /** What a target says that was asked nothing. */
  private static final class Nothing extends Input {
    Nothing() {
      super(new byte[0]);
    }

    @Override
    protected boolean fill() {
      return false;
    }
  }

  private final class Reading implements Waiting {
    @Override
    public void begin() {
      beginReading();
    }

    @Override
    public void end() {
      endReading();
    }

    @Override
    public IOException failure(StreamFailure why) {
      return TargetStream.this.failure(why);
    }
  }

  private final class Writing implements Waiting {
    @Override
    public void begin() {
      beginWriting();
    }

    @Override
    public void end() {
      endWriting();
    }

    @Override
    public IOException failure(StreamFailure why) {
      return TargetStream.this.failure(why);
    }
  }
}
