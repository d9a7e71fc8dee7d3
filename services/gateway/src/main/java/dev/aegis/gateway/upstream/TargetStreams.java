package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.BadMessage;
import dev.aegis.gateway.http1.LegFailure;
import dev.aegis.gateway.http2.Http2Connection;
import dev.aegis.gateway.http2.Stream;
import dev.aegis.gateway.http2.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection to a target in HTTP/2, which carries many requests of one tenant at once. */
final class TargetStreams extends Http2Connection {
  private final boolean secure;

  private TargetStreams(Carrier carrier, boolean secure) {
    super(carrier, false, 0);
    this.secure = secure;
    carrier.idle = this::leave;
  }

  /**
   * Begins to speak HTTP/2 (RFC 9113 section 3.4); a thread of its own reads what the target says.
   *
   * @param wire to the target, ended by this connection
   * @param tls how it is spoken to over TLS, null when it is not
   */
  static TargetStreams begin(Wire wire, @Nullable TargetTls tls, Deadlines deadlines)
      throws IOException {
    Carrier carrier = new Carrier(wire, deadlines);
    TargetStreams streams = new TargetStreams(carrier, tls != null);
    try {
      streams.begin();
    } catch (IOException e) {
      carrier.close();
      throw e;
    }
    Thread.ofVirtual().name("target").start(() -> streams.readAndClose(carrier));
    return streams;
  }

  private void readAndClose(Carrier carrier) {
    try {
      run();
    } finally {
      carrier.close();
    }
  }

  /** Whether the target is reached by TLS. */
  boolean secure() {
    return secure;
  }

  @Override
  protected void opened(Stream stream) {
    throw new IllegalStateException("Targets open no streams");
  }

  @Override
  protected void opened(Stream stream, BadMessage wrong) {
    throw new IllegalStateException("Targets open no streams");
  }

  /** The wire, with bounds on waiting for what no single request waits for. */
  private static final class Carrier implements Transport {
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration REST = Duration.ofSeconds(10);

    private final Wire wire;
    private final Deadlines deadlines;
    private final Deadlines.Wait reading = new Reading();
    private final Deadlines.Wait writing = new Writing();
    private volatile boolean resting;
    private volatile Runnable idle = () -> {};

    Carrier(Wire wire, Deadlines deadlines) {
      this.wire = wire;
      this.deadlines = deadlines;
      deadlines.add(reading);
      deadlines.add(writing);
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      return wire.read(ByteBuffer.wrap(to, from, most));
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      deadlines.begin(writing, REST);
      try {
        wire.write(ByteBuffer.wrap(bytes, from, length));
      } catch (IOException e) {
        throw new LegFailure(LegFailure.Leg.UPSTREAM, writing.expired(), e);
      } finally {
        deadlines.end(writing);
      }
    }

    @Override
    public void awaits(Awaited what) {
      resting = what == Awaited.STREAM;
      switch (what) {
        case STREAM -> deadlines.begin(reading, IDLE);
        case REST -> deadlines.begin(reading, REST);
        case FRAME -> deadlines.end(reading);
      }
    }

    @Override
    public void finish() {
      close();
    }

    @Override
    public void close() {
      deadlines.remove(reading);
      deadlines.remove(writing);
      wire.close();
    }

    private final class Reading extends Deadlines.Wait {
      @Override
      protected void expire() {
        if (resting) {
          idle.run();
        } else {
          close();
        }
      }
    }

    private final class Writing extends Deadlines.Wait {
      @Override
      protected void expire() {
        close();
      }
    }
  }
}
