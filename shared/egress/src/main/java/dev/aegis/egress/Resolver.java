package dev.aegis.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/** Finds the addresses of a host. */
@FunctionalInterface
public interface Resolver {
  /**
   * All addresses of {@code host}, at least one.
   *
   * @param limit how long to wait for an answer
   * @throws UnknownHostException when there is none, or none in time
   */
  List<InetAddress> resolve(String host, Duration limit)
      throws UnknownHostException, InterruptedException;
}
