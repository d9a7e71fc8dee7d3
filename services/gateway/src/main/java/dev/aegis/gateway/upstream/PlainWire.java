package dev.aegis.gateway.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Bytes over TCP as they are. */
final class PlainWire implements Wire {
  private final SocketChannel channel;

  /**
   * @param channel connected and blocking
   */
  PlainWire(SocketChannel channel) {
    this.channel = channel;
  }

  @Override
  public String protocol() {
    return "";
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public void write(ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }

  @Override
  public boolean usable(boolean thoroughly) {
    if (!channel.isOpen()) {
      return false;
    }
    try {
      if (!thoroughly) {
        return channel.socket().getInputStream().available() == 0;
      }
      channel.configureBlocking(false);
      int read = channel.read(ByteBuffer.allocate(1));
      channel.configureBlocking(true);
      return read == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void endSending() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Closed is what it was to become; there is nothing left to lose on it.
    }
  }
}
