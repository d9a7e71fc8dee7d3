package dev.aegis.bus;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A process that publishes, says how far it is, and waits to be killed. */
final class PublishingProcess {
  private PublishingProcess() {}

  /** Arguments: port of Kafka, folder of the spool, how many events. */
  public static void main(String[] args) {
    int count = Integer.parseInt(args[2]);
    EventPublisher publisher =
        new EventPublisher(
            new BusSettings("127.0.0.1:" + args[0], "victim"),
            Path.of(args[1]),
            64 << 20,
            "/aegis/test");
    new NumberedEvents().publish(publisher, count);
    say("spooled", publisher.spooled() == count);
    while (publisher.published() < count / 10) {
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
    say("draining", true);
    while (!Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
    }
  }

  private static void say(String word, boolean condition) {
    System.out.println(condition ? word : "not " + word);
    System.out.flush();
  }
}
