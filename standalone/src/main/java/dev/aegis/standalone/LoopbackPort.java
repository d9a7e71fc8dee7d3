package dev.aegis.standalone;

import dev.aegis.chassis.StartFailure;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** A port on loopback for a peer that is about to start. */
final class LoopbackPort {
  static final InetAddress LOOPBACK = Inet4Address.ofLiteral("127.0.0.1");

  private LoopbackPort() {}

  /**
   * The wanted port, or a free one for 0.
   *
   * @param who is going to listen, for the message
   * @param setting that names another port
   * @throws StartFailure when something listens there already
   */
  static int of(int wanted, String who, String setting) throws StartFailure {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(LOOPBACK, wanted));
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new StartFailure(
          who
              + " cannot listen on port "
              + wanted
              + ", which is in use: free it, or set "
              + setting
              + " to another port (0 takes a free one)",
          e);
    }
  }
}
