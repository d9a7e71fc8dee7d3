package dev.aegis.tests;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Callers that ask for one path over kept connections until they are told to stop, as a load
 * balancer would: a gateway that does not say that it is ready is left for the next. Nothing is
 * forgiven: a request that was sent and got no reply, or another than 200, has failed.
 */
final class SteadyLoad implements AutoCloseable {
  private static final Duration READ_BOUND = Duration.ofSeconds(20);

  private final String request;
  private final List<Gateway> gateways;
  private final List<Thread> callers = new ArrayList<>();
  private final AtomicLong done = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean enough;

  /**
   * Starts the callers.
   *
   * @param path that they GET, which needs no token
   * @param gateways that they choose from
   */
  SteadyLoad(int count, String path, List<Gateway> gateways) {
    this(count, Installation.HOST, path, gateways);
  }

  /** The same for another host of the tenant. */
  SteadyLoad(int count, String host, String path, List<Gateway> gateways) {
    this.request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    this.gateways = gateways;
    for (int caller = 0; caller < count; caller++) {
      int first = caller;
      callers.add(Thread.ofVirtual().start(() -> run(first)));
    }
  }

  /** Where a gateway takes requests, and where it says whether it is ready. */
  record Gateway(int port, int managementPort) {
    boolean ready() {
      try {
        return HttpProbe.once(managementPort, "GET /health/ready HTTP/1.1\r\nHost: gateway\r\n\r\n")
                .status()
            == 200;
      } catch (IOException e) {
        return false; // It does not even answer.
      }
    }
  }

  /** Requests that were answered with 200. */
  long done() {
    return done.get();
  }

  /** What has failed so far. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Ends it and tells what failed. */
  List<String> stop() {
    close();
    return failures();
  }

  private void run(int first) {
    for (int turn = first; !enough; turn++) {
      Gateway gateway = gateways.get(turn % gateways.size());
      if (!gateway.ready()) {
        continue;
      }
      try (HttpProbe probe = HttpProbe.connect(gateway.port(), READ_BOUND)) {
        while (!enough) {
          probe.send(request);
          HttpMessage reply = probe.read();
          if (reply.status() != 200) {
            failures.add(reply.head() + reply.text());
          } else {
            done.incrementAndGet();
          }
          if (closes(reply.field("Connection"))) {
            break;
          }
        }
      } catch (IOException e) {
        failures.add(e.toString());
      }
    }
  }

  private static boolean closes(@Nullable String connection) {
    return connection != null && connection.equalsIgnoreCase("close");
  }

  @Override
  public void close() {
    enough = true;
    for (Thread caller : callers) {
      try {
        caller.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
