package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class TurnstileTest {
  /** Each is ready again at once, as connections are that always have another request. */
  @Test
  void whatComesFromElsewhereRunsWhileConnectionsKeepTheCarriersBusy() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    int connections = 4 * Runtime.getRuntime().availableProcessors();
    CountDownLatch busy = new CountDownLatch(connections);
    List<Thread> threads = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        threads.add(Thread.ofVirtual().start(() -> serve(busy, enough)));
      }
      assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 20; i++) {
        CountDownLatch served = new CountDownLatch(1);
        Thread.ofVirtual().start(served::countDown);
        assertThat(served.await(10, TimeUnit.SECONDS)).as("new connection %d", i).isTrue();
      }
    } finally {
      enough.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // that others run is what is tested
  private static void serve(CountDownLatch busy, AtomicBoolean enough) {
    busy.countDown();
    while (!enough.get()) {
      Turnstile.pass();
      Thread.yield();
    }
  }
}
