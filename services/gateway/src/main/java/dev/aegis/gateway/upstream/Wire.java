package dev.aegis.gateway.upstream;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLEngine;

/**
 * What carries bytes to a target and back, whatever they mean. One thread may read while another
 * writes, each blocking; {@link #close}, by any thread, wakes both.
 */
interface Wire extends AutoCloseable {
  /** Somebody who may want to end the wait for a connection. */
  interface Dialing {
    /** Somebody who does not. */
    Dialing PATIENT =
        new Dialing() {
          @Override
          public void begins(SocketChannel channel) {
            // Its bound is enough.
          }

          @Override
          public void ends() {
            // As it should.
          }
        };

    /** {@code channel} is about to be connected: closing it ends the wait. */
    void begins(SocketChannel channel);

    /** It is connected: it must not be closed any more, others may use it. */
    void ends();
  }

  /**
   * Connects to a target, over TLS if it is spoken to so.
   *
   * @param timeout for all handshakes together
   * @param protocols offered for what follows (RFC 7301), see {@link #protocol}; may be empty
   */
  static Wire open(Target target, Duration timeout, List<String> protocols, Deadlines deadlines)
      throws IOException {
    return open(target, timeout, protocols, deadlines, Dialing.PATIENT);
  }

  /**
   * The same, by somebody who may want to end it on the way.
   *
   * @param dialing is told of it
   */
  static Wire open(
      Target target, Duration timeout, List<String> protocols, Deadlines deadlines, Dialing dialing)
      throws IOException {
    long until = System.nanoTime() + timeout.toNanos();
    InetSocketAddress address = target.address();
    if (address.isUnresolved()) {
      throw new IOException("unknown host");
    }
    SocketChannel channel = SocketChannel.open();
    try {
      dialing.begins(channel);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.socket().connect(address, (int) timeout.toMillis());
      TargetTls tls = target.tls();
      Wire wire =
          tls == null
              ? new PlainWire(channel)
              : secured(channel, target, tls, protocols, until, deadlines);
      dialing.ends();
      return wire;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Shakes hands until {@code until} at the latest, a point on the monotonic clock. */
  private static Wire secured(
      SocketChannel channel,
      Target target,
      TargetTls tls,
      List<String> protocols,
      long until,
      Deadlines deadlines)
      throws IOException {
    SSLEngine engine = tls.engine(target.host(), target.port(), protocols);
    Deadlines.Wait handshake =
        new Deadlines.Wait() {
          @Override
          protected void expire() {
            try {
              channel.close();
            } catch (IOException e) {
              // Closed is what it was to become.
            }
          }
        };
    deadlines.until(handshake, until);
    deadlines.add(handshake);
    try {
      Wire wire = SecureWire.over(channel, engine, tls);
      target.trouble().over();
      return wire;
    } catch (IOException e) {
      IOException why =
          handshake.expired() ? new SocketTimeoutException("TLS: the handshake took too long") : e;
      if (!(why instanceof ClosedChannelException)) { // it was given up from this side
        target.trouble().is(String.valueOf(why.getMessage()));
      }
      throw why;
    } finally {
      deadlines.remove(handshake);
    }
  }

  /**
   * What the target has chosen of the protocols that were offered, {@code ""} when it said nothing.
   */
  String protocol();

  /**
   * Waits for bytes and puts them into {@code into}, which has room.
   *
   * @return how many, at least 1, or -1 when the target has ended
   * @throws IOException also when it was closed or cut off
   */
  int read(ByteBuffer into) throws IOException;

  /** Sends all of {@code from}. */
  void write(ByteBuffer from) throws IOException;

  /**
   * Whether the target has neither closed it nor said anything unasked, while nobody reads or
   * writes.
   *
   * @param thoroughly whether to ask also if it is closed, which costs more
   */
  boolean usable(boolean thoroughly);

  /** Tells the target that nothing more follows; reading goes on. */
  void endSending() throws IOException;

  /** Ends it at once. Waits for nobody. */
  @Override
  void close();
}
