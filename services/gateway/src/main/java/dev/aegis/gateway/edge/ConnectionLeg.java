package dev.aegis.gateway.edge;

import dev.aegis.gateway.http1.Http1Reply;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.ReplyTo;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.http1.Turnstile;
import dev.aegis.gateway.http2.Transport;
import dev.aegis.gateway.identity.CallerCertificate;
import dev.aegis.gateway.pipeline.Handshake;
import dev.aegis.gateway.proxies.Front;
import dev.aegis.gateway.tls.Secured;
import dev.aegis.gateway.upstream.Deadlines;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.ConnectionContext;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A caller's connection: all of it, as HTTP/1.1 has it, or what carries the frames of HTTP/2; with
 * the bounds on waiting for its bytes.
 */
final class ConnectionLeg extends CallerLeg implements Transport {
  private static final byte[] NOTHING = {};
  private static final int GATHERED = 16 * 1024;

  /** How long a connection that is to be closed is still read. */
  static final Duration LINGER = Duration.ofSeconds(1);

  private final @Nullable Secured secured;
  private final Handshake handshake;
  private volatile InetAddress from;
  private final HelidonSocket socket;
  private final DataReader reader;
  private final DataWriter writer;
  private final Deadlines deadlines;
  private final Duration perWait;
  private final ReadAhead ahead;
  private final Deadlines.Wait reading = new Reading();
  private final Deadlines.Wait writing = new Closing();
  private final Duration idle;
  private final Duration rest;
  private final BooleanSupplier ending;
  private volatile @Nullable Runnable whenIdle;
  private volatile boolean awaitsStream;
  private boolean boundEachRead;
  private boolean sent;
  // Who may speak to the caller: settled between the request's threads and the one of Deadlines.
  private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.REPLY);
  private volatile Late late = out -> {};
  private final Input input = new SocketInput();
  private final Output output = new SocketOutput();

  ConnectionLeg(
      ConnectionContext context,
      Deadlines deadlines,
      EdgeSettings bounds,
      @Nullable Secured secured,
      BooleanSupplier ending) {
    this.ending = ending;
    this.idle = bounds.idle();
    this.rest = bounds.head();
    this.secured = secured;
    this.handshake = secured == null ? Handshake.PLAIN : handshake(secured);
    this.from = ((InetSocketAddress) context.remotePeer().address()).getAddress();
    this.socket = context.serverSocket();
    this.reader = context.dataReader();
    this.writer = context.dataWriter();
    this.deadlines = deadlines;
    this.perWait = bounds.body();
    this.ahead = new ReadAhead(deadlines, this::next);
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

  @Override
  Input input() {
    return input;
  }

  @Override
  ReplyTo reply(RequestHead head) {
    return new Http1Reply(output, head.minorVersion() == 1);
  }

  @Override
  String protocol(RequestHead head) {
    return head.minorVersion() == 1 ? "1.1" : "1.0";
  }

  @Override
  Handshake handshake() {
    return handshake;
  }

  @Override
  InetAddress from() {
    return from;
  }

  /** Hears whom a proxy speaks for; over TLS it was heard before the handshake. */
  void introduce(Front front) throws IOException {
    from = secured == null ? front.from(from, input::read) : secured.from();
  }

  private static Handshake handshake(Secured secured) {
    X509Certificate shown = secured.shown();
    return new Handshake(
        true,
        secured.serverName(),
        secured.authorities(),
        shown == null ? null : CallerCertificate.of(shown));
  }

  @Override
  boolean secure() {
    return secured != null;
  }

  @Override
  boolean ending() {
    return ending.getAsBoolean();
  }

  @Override
  void whenGone(Runnable action, boolean bodyIsRead) {
    if (!bodyIsRead) {
      ahead.begin(action); // two threads cannot read one connection
    }
  }

  @Override
  void forgetGone() {
    ahead.end();
  }

  @Override
  boolean gone() {
    return ahead.gone();
  }

  @Override
  void unboundReads() {
    boundEachRead = false;
    deadlines.end(reading);
  }

  @Override
  void beginReply() {
    sent = false;
  }

  @Override
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
    ahead.release();
  }

  /**
   * Lets a caller over TLS know that it has got everything; one that does not listen is not waited
   * for for long.
   */
  void goodbye() {
    if (secured != null) {
      deadlines.begin(writing, LINGER);
      secured.goodbye();
      deadlines.end(writing);
    }
  }

  /** There is no request any more that one could be late with: other rules hold from now on. */
  void endRequests() {
    turn.set(Turn.REPLY);
  }

  /** What to do with a connection on which nothing has been asked for too long, but to close it. */
  void whenIdle(Runnable action) {
    whenIdle = action;
  }

  @Override
  public int read(byte[] to, int from, int most) throws IOException {
    return input.take(to, from, most);
  }

  @Override
  public void awaits(Awaited what) {
    awaitsStream = what == Awaited.STREAM;
    switch (what) {
      case STREAM -> deadlines.begin(reading, idle);
      case REST -> deadlines.begin(reading, rest);
      case FRAME -> deadlines.end(reading);
    }
  }

  @Override
  public void finish() {
    goodbye();
    whenIdle = null; // it is over
    deadlines.begin(reading, LINGER);
  }

  @Override
  public void close() {
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

  /** Its end must not wait for the caller either: the thread that calls it looks after all. */
  private final class Reading extends Deadlines.Wait {
    @Override
    protected void expire() {
      if (turn.compareAndSet(Turn.AWAITING, Turn.LATE)) {
        Thread.ofVirtual().name("late").start(ConnectionLeg.this::tellLate);
        return;
      }
      Runnable goodbye = whenIdle;
      if (awaitsStream && goodbye != null) {
        goodbye.run();
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

  @Override
  public void write(byte[] bytes, int from, int length) throws LegFailure {
    deadlines.begin(writing, perWait);
    try {
      writer.writeNow(BufferData.create(bytes, from, length));
    } catch (UncheckedIOException e) {
      throw new LegFailure(LegFailure.Leg.CALLER, writing.expired(), e);
    } finally {
      deadlines.end(writing);
    }
  }

  /** Waits for bytes; null when the caller has ended. */
  private byte @Nullable [] next() throws LegFailure {
    try {
      int there = reader.available(); // what Helidon read to see who should take the connection
      return there > 0 ? reader.readBytes(there) : socket.get();
    } catch (UncheckedIOException e) {
      throw new LegFailure(LegFailure.Leg.CALLER, reading.expired(), e);
    }
  }

  private final class SocketInput extends Input {
    SocketInput() {
      super(NOTHING);
    }

    @Override
    protected boolean fill() throws LegFailure {
      Turnstile.pass();
      if (boundEachRead) {
        deadlines.begin(reading, perWait);
      }
      turn.compareAndSet(Turn.OPEN, Turn.AWAITING);
      byte[] more = ahead.taken() ? ahead.take() : next();
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
      ConnectionLeg.this.write(bytes, from, length);
    }
  }

  private final class LateOutput extends Output {
    LateOutput() {
      super(1024, GATHERED);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws LegFailure {
      ConnectionLeg.this.write(bytes, from, length);
    }
  }
}
