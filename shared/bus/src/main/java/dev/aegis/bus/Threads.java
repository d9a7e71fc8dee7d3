package dev.aegis.bus;

import java.time.Duration;

/** Ends threads that were told to stop. */
final class Threads {
  private Threads() {}

  /**
   * Waits until {@code thread} has ended. A thread that waits for a Kafka which is away would take
   * many seconds, so it is interrupted after {@code patience}.
   */
  static void end(Thread thread, Duration patience) {
    boolean interrupted = false;
    long nanos = patience.toNanos();
    while (thread.isAlive()) {
      long began = System.nanoTime();
      try {
        if (nanos > 0) {
          boolean _ = thread.join(Duration.ofNanos(nanos));
        } else {
          thread.interrupt();
          thread.join();
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      nanos -= System.nanoTime() - began;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
