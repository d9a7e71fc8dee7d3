package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.upstream.Deadlines;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.ConnectionContext;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The bytes of one caller's connection, both ways, with the bounds on waiting for them. */
final class CallerLeg {
  private static final byte[] NOTHING = {};
  private static final int GATHERED = 16 * 1024;

  private final HelidonSocket socket;
  private final DataReader reader;
  private final DataWriter writer;
  private final Deadlines deadlines;
  private final Duration perWait;
  private final Deadlines.Wait reading = new Reading();
  private final Deadlines.Wait writing = new Closing();
  private boolean boundEachRead;
  private boolean sent;
  // Who may speak to the caller: settled between the request's threads and the one of Deadlines.
  private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.REPLY);
  private volatile Late late = out -> {};
  final Input input = new SocketInput();
  final Output output = new SocketOutput();

  CallerLeg(ConnectionContext context, Deadlines deadlines, Duration perWait) {
    this.socket = context.serverSocket();
    this.reader = context.dataReader();
    this.writer = context.dataWriter();
    this.deadlines = deadlines;
    this.perWait = perWait;
    deadlines.add(reading);
    deadlines.add(writing);
  }

  private enum Turn {
    /** Nobody waits for the caller, and nobody has begun to answer. */
    OPEN,
    /** A thread waits for the caller's bytes. */
    AWAITING,
    /** A reply is under way, or there is no request. */
    REPLY,
    /** The caller took too long and is being told; nothing else may be sent any more. */
    LATE
  }

  /** What a caller is told who took too long with a request. */
  interface Late {
    void tell(Output out) throws IOException;
  }

  /**
   * A request begins: whoever takes too long with it, and has got nothing of a reply, is told so.
   */
  void beginRequest(Late whenLate) {
    late = whenLate;
    turn.set(Turn.OPEN);
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

  /** Reads from now on have no bound: another looks after the connection. */
  void unboundReads() {
    boundEachRead = false;
    deadlines.end(reading);
  }

  /** A reply begins: nothing of it was sent yet. */
  void beginReply() {
    sent = false;
  }

  /** Whether the caller was sent anything of the last reply. */
  boolean replyBegun() {
    return sent;
  }

  /** Ends looking after the connection. */
  void release() {
    deadlines.remove(reading);
    deadlines.remove(writing);
  }

  /** Closes the connection; whoever waits for it is woken. */
  void close() {
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

  /** Its end must not wait for the caller either: the thread that calls it looks after all. */
  private final class Reading extends Deadlines.Wait {
    @Override
    protected void expire() {
      if (turn.compareAndSet(Turn.AWAITING, Turn.LATE)) {
        Thread.ofVirtual().name("late").start(CallerLeg.this::tellLate);
      } else {
        close();
      }
    }
  }

  /** RFC 9110 section 15.5.9: says 408, and closes. */
  private void tellLate() {
    try {
      late.tell(new LateOutput());
    } catch (IOException e) {
      // The caller is gone: nobody is left to be told.
    } finally {
      close();
    }
  }

  private void write(byte[] bytes, int from, int length) throws LegFailure {
    deadlines.begin(writing, perWait);
    try {
      writer.writeNow(BufferData.create(bytes, from, length));
    } catch (UncheckedIOException e) {
      throw new LegFailure(LegFailure.Leg.CALLER, writing.expired(), e);
    } finally {
      deadlines.end(writing);
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
      turn.compareAndSet(Turn.OPEN, Turn.AWAITING);
      byte[] more = next();
      boolean tooLate = !turn.compareAndSet(Turn.AWAITING, Turn.OPEN) && turn.get() == Turn.LATE;
      if (boundEachRead) {
        deadlines.end(reading);
      }
      if (tooLate) {
        throw new LegFailure(LegFailure.Leg.CALLER, true, new EOFException());
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
      Turn before = turn.get();
      while (before != Turn.REPLY) {
        if (before == Turn.LATE) {
          throw new LegFailure(LegFailure.Leg.CALLER, true, new EOFException());
        }
        turn.compareAndSet(before, Turn.REPLY);
        before = turn.get();
      }
      sent = true;
      CallerLeg.this.write(bytes, from, length);
    }
  }

  private final class LateOutput extends Output {
    LateOutput() {
      super(1024, GATHERED);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws LegFailure {
      CallerLeg.this.write(bytes, from, length);
    }
  }
}
