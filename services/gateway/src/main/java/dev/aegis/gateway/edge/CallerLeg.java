package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.tls.Secured;
import dev.aegis.gateway.upstream.Deadlines;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.ConnectionContext;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The bytes of one caller's connection, both ways, with the bounds on waiting for them. */
final class CallerLeg {
  private static final byte[] NOTHING = {};
  private static final int GATHERED = 16 * 1024;

  private final @Nullable Secured secured;
  private final HelidonSocket socket;
  private final DataReader reader;
  private final DataWriter writer;
  private final Deadlines deadlines;
  private final Duration perWait;
  private final Deadlines.Wait reading = new Closing();
  private final Deadlines.Wait writing = new Closing();
  private boolean boundEachRead;
  private boolean sent;
  final Input input = new SocketInput();
  final Output output = new SocketOutput();

  CallerLeg(
      ConnectionContext context, Deadlines deadlines, Duration perWait, @Nullable Secured secured) {
    this.secured = secured;
    this.socket = context.serverSocket();
    this.reader = context.dataReader();
    this.writer = context.dataWriter();
    this.deadlines = deadlines;
    this.perWait = perWait;
    deadlines.add(reading);
    deadlines.add(writing);
  }

  /** All reads until the next call of this or {@link #boundEachRead} must be over in time. */
  void boundReads(Duration bound) {
    boundEachRead = false;
    deadlines.begin(reading, bound);
  }

  /** Each read from now on has its own bound. */
  void boundEachRead() {
    deadlines.end(reading);
    boundEachRead = true;
  }

  /** A reply begins: nothing of it was sent yet. */
  void beginReply() {
    sent = false;
  }

  /** Whether the caller was sent anything of the last reply. */
  boolean replyBegun() {
    return sent;
  }

  /**
   * Ends looking after the connection; what is below TLS is closed here, as Helidon may fail to.
   */
  void release() {
    if (secured != null) {
      secured.abort();
    }
    deadlines.remove(reading);
    deadlines.remove(writing);
  }

  /**
   * Lets a caller over TLS know that it has got everything; one that does not listen is waited for
   * no longer than {@code bound}.
   */
  void finish(Duration bound) {
    if (secured != null) {
      deadlines.begin(writing, bound);
      secured.goodbye();
      deadlines.end(writing);
    }
  }

  /** Closes the connection; whoever waits for it is woken. */
  void close() {
    if (secured != null) {
      secured.abort();
      return;
    }
    try {
      socket.close();
    } catch (UncheckedIOException e) {
      // The caller closed it first: closed is what it was to become.
    }
  }

  private final class Closing extends Deadlines.Wait {
    @Override
    protected void expire() {
      close();
    }
  }

  private final class SocketInput extends Input {
    SocketInput() {
      super(NOTHING);
    }

    @Override
    protected boolean fill() throws LegFailure {
      if (boundEachRead) {
        deadlines.begin(reading, perWait);
      }
      byte[] more = next();
      if (boundEachRead) {
        deadlines.end(reading);
      }
      if (more == null) {
        if (reading.expired()) { // closed from this side looks like closed from the other
          throw new LegFailure(LegFailure.Leg.CALLER, true, new EOFException());
        }
        return false;
      }
      int held = end - at;
      if (held == 0) {
        bytes = more;
      } else {
        byte[] joined = new byte[held + more.length];
        System.arraycopy(bytes, at, joined, 0, held);
        System.arraycopy(more, 0, joined, held, more.length);
        bytes = joined;
      }
      at = 0;
      end = held + more.length;
      return true;
    }

    private byte @Nullable [] next() throws LegFailure {
      try {
        int ahead = reader.available(); // what Helidon read to see who should take the connection
        return ahead > 0 ? reader.readBytes(ahead) : socket.get();
      } catch (UncheckedIOException e) {
        throw new LegFailure(LegFailure.Leg.CALLER, reading.expired(), e);
      }
    }
  }

  private final class SocketOutput extends Output {
    SocketOutput() {
      super(1024, GATHERED);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws LegFailure {
      deadlines.begin(writing, perWait);
      sent = true;
      try {
        writer.writeNow(BufferData.create(bytes, from, length));
      } catch (UncheckedIOException e) {
        throw new LegFailure(LegFailure.Leg.CALLER, writing.expired(), e);
      } finally {
        deadlines.end(writing);
      }
    }
  }
}
