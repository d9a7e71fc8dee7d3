package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http2.ErrorCode;
import dev.aegis.gateway.http2.Stream;
import dev.aegis.gateway.http2.StreamFailure;
import dev.aegis.gateway.http2.StreamReply;
import dev.aegis.gateway.http2.Waiting;
import dev.aegis.gateway.upstream.Deadlines;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One stream of a caller's connection that carries many, with the bounds on waiting for it. */
final class StreamLeg extends CallerLeg {
  private final ConnectionLeg connection;
  private final Deadlines deadlines;
  private final Duration perWait;
  private final Stream stream;
  private final Bound reading = new Reading();
  private final Bound writing = new Writing();
  private final Input input;
  private final StreamReply reply;

  StreamLeg(ConnectionLeg connection, Stream stream, Deadlines deadlines, Duration perWait) {
    this.connection = connection;
    this.deadlines = deadlines;
    this.perWait = perWait;
    this.stream = stream;
    this.input = stream.input(reading);
    this.reply = new StreamReply(stream, writing);
  }

  @Override
  Input input() {
    return input;
  }

  @Override
  ReplyTo reply(RequestHead head) {
    return reply;
  }

  @Override
  String protocol(RequestHead head) {
    return "2.0";
  }

  @Override
  void beginReply() {
    // A stream has one reply, which knows whether it has begun.
  }

  @Override
  boolean replyBegun() {
    return reply.begun();
  }

  @Override
  void unboundReads() {
    throw new IllegalStateException("A stream stays one of HTTP");
  }

  @Override
  void close() {
    stream.reset(ErrorCode.INTERNAL_ERROR);
  }

  @Override
  @Nullable String serverName() {
    return connection.serverName();
  }

  @Override
  boolean secure() {
    return connection.secure();
  }

  @Override
  boolean ending() {
    return false; // the connection itself tells the caller
  }

  /** Ends looking after the stream. */
  void release() {
    deadlines.remove(reading);
    deadlines.remove(writing);
  }

  /** A bound on each wait of one direction. */
  private abstract class Bound extends Deadlines.Wait implements Waiting {
    private boolean added;

    @Override
    public void begin() {
      if (!added) {
        added = true;
        deadlines.add(this);
      }
      deadlines.begin(this, perWait);
    }

    @Override
    public void end() {
      deadlines.end(this);
    }

    @Override
    public IOException failure(StreamFailure why) {
      return new LegFailure(LegFailure.Leg.CALLER, expired(), why);
    }
  }

  /** A caller who is late with a body can still be told so. */
  private final class Reading extends Bound {
    @Override
    protected void expire() {
      stream.giveUpReading();
    }
  }

  private final class Writing extends Bound {
    @Override
    protected void expire() {
      stream.reset(ErrorCode.CANCEL);
    }
  }
}
