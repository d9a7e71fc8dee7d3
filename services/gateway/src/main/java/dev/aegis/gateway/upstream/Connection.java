package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Body;
import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http1.Output;
import dev.aegis.gateway.http1.Turnstile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to one target. One request at a time; closed, never reused, after any
 * doubt about where a reply ended.
 */
final class Connection extends TargetLeg {
  private static final int BUFFER = 16 * 1024;
  private static final long MAX_IDLE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long FRESH_NANOS = Duration.ofMillis(500).toNanos();

  private final Wire wire;
  private final @Nullable TargetTls tls;
  private final Input input = new WireInput();
  final Output output = new WireOutput();
  private long restingSince;

  private Connection(Wire wire, Target target, @Nullable TargetTls tls, Deadlines deadlines) {
    super(target, deadlines);
    this.wire = wire;
    this.tls = tls;
  }

  /** Connects to a target, see {@link Wire#open}. */
  @SuppressWarnings("MustBeClosedChecker")
  static Connection open(Target target, Duration timeout, Deadlines deadlines, Wire.Dialing dialing)
      throws IOException {
    TargetTls tls = target.tls(); // before connecting: if it changes meanwhile, it is not kept
    return new Connection(
        Wire.open(target, timeout, List.of(), deadlines, dialing), target, tls, deadlines);
  }

  @Override
  Input input() {
    return input;
  }

  /** How the target was spoken to over TLS when it was made, null when it was not. */
  @Nullable TargetTls tls() {
    return tls;
  }

  @Override
  void begin(byte[] message, int headLength, int length, boolean last, boolean trailers)
      throws LegFailure {
    send(message, 0, length);
  }

  @Override
  void endBody(byte[] trailer) {
    // Its framing has said so.
  }

  @Override
  boolean chunks() {
    return true;
  }

  @Override
  String protocol() {
    return head.minorVersion() == 1 ? "1.1" : "1.0";
  }

  @Override
  void finish(boolean sent, Body body) {
    if (sent && head.persistent() && input.available() == 0 && !body.untilClose()) {
      target().keep(this);
    } else {
      close();
    }
  }

  void rest() {
    restingSince = System.nanoTime();
  }

  boolean stale() {
    return System.nanoTime() - restingSince > MAX_IDLE_NANOS;
  }

  /**
   * Whether the target has neither closed it nor said anything unasked, which would be taken for
   * the reply to the next request. Asks whether it is closed only when it has rested for a while.
   */
  boolean usable() {
    long rested = System.nanoTime() - restingSince;
    return rested <= MAX_IDLE_NANOS && wire.usable(rested >= FRESH_NANOS);
  }

  @Override
  void send(byte[] bytes, int from, int length) throws LegFailure {
    ByteBuffer view = ByteBuffer.wrap(bytes, from, length);
    beginWriting();
    try {
      wire.write(view);
    } catch (IOException e) {
      throw new LegFailure(LegFailure.Leg.UPSTREAM, late(), e);
    } finally {
      endWriting();
    }
  }

  /** Tells the target that nothing more follows. */
  void endSending() throws IOException {
    wire.endSending();
  }

  @Override
  void cut() {
    wire.close();
  }

  private final class WireInput extends Input {
    private ByteBuffer view;

    WireInput() {
      super(new byte[BUFFER]);
      view = ByteBuffer.wrap(bytes);
    }

    @Override
    protected boolean fill() throws IOException {
      if (at == end) {
        at = 0;
        end = 0;
      } else if (end == bytes.length) {
        int held = end - at;
        if (at > 0) {
          System.arraycopy(bytes, at, bytes, 0, held);
        } else {
          bytes = Arrays.copyOf(bytes, bytes.length * 2);
          view = ByteBuffer.wrap(bytes);
        }
        at = 0;
        end = held;
      }
      view.limit(bytes.length).position(end);
      Turnstile.pass();
      beginReading();
      int read;
      try {
        read = wire.read(view);
      } catch (IOException e) {
        throw new LegFailure(LegFailure.Leg.UPSTREAM, late(), e);
      } finally {
        endReading();
      }
      if (read <= 0) {
        return false;
      }
      end += read;
      return true;
    }
  }

  private final class WireOutput extends Output {
    WireOutput() {
      super(1024, BUFFER);
    }

    @Override
    protected void send(byte[] bytes, int from, int length) throws IOException {
      Connection.this.send(bytes, from, length);
    }
  }
}
