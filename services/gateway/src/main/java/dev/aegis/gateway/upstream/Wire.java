package dev.aegis.gateway.upstream;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * What carries bytes to a target and back, whatever they mean. One thread may read while another
 * writes, each blocking; {@link #close}, by any thread, wakes both.
 */
interface Wire extends AutoCloseable {
  /** Connects to a target. */
  static Wire open(Target target, Duration timeout) throws IOException {
    InetSocketAddress address = target.address();
    if (address.isUnresolved()) {
      throw new IOException("unknown host");
    }
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.socket().connect(address, (int) timeout.toMillis());
      return new PlainWire(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

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
