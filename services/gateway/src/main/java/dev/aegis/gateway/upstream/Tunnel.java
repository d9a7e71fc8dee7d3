package dev.aegis.gateway.upstream;

import dev.aegis.gateway.http1.Input;
import dev.aegis.gateway.http1.Output;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes both ways once a target has switched protocols, each passed on as it comes. Ends when the
 * target ends, when either leg breaks, or when neither side has said anything for the upstream's
 * idle bound; a caller that ends only its own direction still gets what the target has to say.
 *
 * <p>However it ends, both connections are closed: HTTP is over on them.
 */
final class Tunnel extends Deadlines.Wait {
  private final Connection connection;
  private final Outbound.Beyond beyond;
  private final Output caller;
  private final AtomicLong bytesIn = new AtomicLong();
  private long bytesOut;

  Tunnel(Connection connection, Outbound.Beyond beyond, Output caller) {
    this.connection = connection;
    this.beyond = beyond;
    this.caller = caller;
  }

  /** Bytes from the caller so far. */
  long bytesIn() {
    return bytesIn.get();
  }

  /** Bytes from the target so far. */
  long bytesOut() {
    return bytesOut;
  }

  /** Passes bytes on until it is over, blocking. */
  void run() {
    Input input = beyond.input();
    connection.sending(); // the target owes no reply any more, so only this object bounds its waits
    connection.watch(this);
    Thread thread = Thread.ofVirtual().name("tunnel").start(() -> fromCaller(input));
    try {
      for (int count = 0; count >= 0; count = connection.input().relay(caller)) {
        bytesOut += count;
        connection.stir(this);
      }
    } catch (IOException e) {
      // Either side broke it off, or both were silent for too long: that is how tunnels end.
    } finally {
      connection.unwatch(this);
      close();
      join(thread);
    }
  }

  private void fromCaller(Input input) {
    try {
      for (int count = 0; count >= 0; count = input.relay(connection.output)) {
        bytesIn.addAndGet(count);
        connection.stir(this);
      }
      connection.endSending();
    } catch (IOException e) {
      connection.close(); // wakes the other thread, which ends the tunnel
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void close() {
    connection.close();
    beyond.close();
  }

  @Override
  protected void expire() {
    close();
  }
}
