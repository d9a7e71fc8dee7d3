package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.events.Envelope;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventPublisherTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private Path folder;
  private final NumberedEvents events = new NumberedEvents();
  private KafkaPeer kafka;
  private EventPublisher publisher;

  @AfterEach
  void end() {
    if (publisher != null) {
      publisher.close(Duration.ZERO);
    }
    if (kafka != null) {
      kafka.close();
    }
  }

  @Test
  void eventsArriveOnceInOrderWithTheirEnvelope() throws Exception {
    kafka = KafkaPeer.start();
    publisher = publisher();
    events.publish(publisher, 5_000);
    await().atMost(LONG).until(() -> publisher.published() == 5_000);
    publisher.close(Duration.ofSeconds(5));

    events.assertArrived(kafka.bootstrap());
    ReceivedEvents received = ReceivedEvents.of(kafka.bootstrap(), Topics.REQUESTS);
    assertThat(received.all()).hasSize(5_000);
    assertThat(received.runs()).containsExactly(publisher.run());
    Envelope first = received.byKey().isEmpty() ? null : received.all().getFirst().envelope();
    assertThat(first.source()).isEqualTo("/aegis/test");
    assertThat(first.type()).isEqualTo("aegis.request.v1");
    assertThat(first.tenant()).isEqualTo(received.all().getFirst().key());
    assertThat(first.time().toEpochMilli()).isEqualTo(1_700_000_000_000L + first.sequence() - 1);
    assertThat(received.all().stream().map(each -> each.envelope().id()).distinct()).hasSize(5_000);
    assertThat(publisher.dropped()).isEmpty();
  }

  /**
   * A broker tells of a new topic before it has made all its partitions: it refuses the first
   * batches, and would take later ones. Many partitions make that long enough to be met.
   */
  @Test
  void theFirstEventsOfANewTopicAreNotOvertaken() throws Exception {
    kafka = KafkaPeer.start();
    publisher = publisher();
    await().atMost(LONG).until(publisher::connected);
    long before = 0;
    try (Admin admin = Clients.admin(new BusSettings(kafka.bootstrap(), "test"), "topics")) {
      for (int round = 0; round < 10; round++) {
        String topic = "fresh-" + round;
        NumberedEvents fresh = new NumberedEvents(topic);
        var made = admin.createTopics(List.of(new NewTopic(topic, 100, (short) 1)));
        fresh.publish(publisher, 5_000);
        long all = before + 5_000;
        await().atMost(LONG).until(() -> publisher.published() == all);
        made.all().get();
        fresh.assertArrived(kafka.bootstrap());
        before = all;
      }
    }
  }

  @Test
  void kafkaStoppedUnderLoadLosesNothing() throws Exception {
    outageUnderLoad(() -> kafka.stop());
  }

  @Test
  void kafkaKilledUnderLoadLosesNothing() throws Exception {
    outageUnderLoad(() -> kafka.kill());
  }

  @Test
  void kafkaAwayFromTheStartTakesTheEventsLater() throws Exception {
    int port = FreePorts.next();
    publisher =
        new EventPublisher(
            new BusSettings("127.0.0.1:" + port, "test"), spool(), 64 << 20, "/aegis/test");
    events.publish(publisher, 3_000);
    assertThat(publisher.connected()).isFalse();
    assertThat(publisher.spooled()).isEqualTo(3_000);
    assertThat(publisher.spoolBytes()).isBetween(3_000L, publisher.spoolBound());

    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    await().atMost(LONG).until(() -> publisher.published() == 3_000);
    assertThat(publisher.connected()).isTrue();
    assertThat(publisher.measured(ProducerMeasure.CONNECTIONS)).isPositive();
    assertThat(publisher.measured(ProducerMeasure.LATENCY)).isBetween(0.0, 10.0);
    assertThat(publisher.measured(ProducerMeasure.QUEUE)).isBetween(0.0, 10.0);
    assertThat(publisher.measured(ProducerMeasure.ROOM)).isGreaterThan(1 << 20);
    events.publish(publisher, 100);
    await().atMost(LONG).until(() -> publisher.published() == 3_100);
    events.assertArrived(kafka.bootstrap());
  }

  @Test
  void whatOneProcessLeavesTheNextSends() throws Exception {
    int port = FreePorts.next();
    BusSettings settings = new BusSettings("127.0.0.1:" + port, "test");
    publisher = new EventPublisher(settings, spool(), 64 << 20, "/aegis/test");
    events.publish(publisher, 1_000);
    publisher.close(Duration.ZERO);

    publisher = new EventPublisher(settings, spool(), 64 << 20, "/aegis/test");
    assertThat(publisher.spooled()).isEqualTo(1_000);
    events.publish(publisher, 1_000);
    kafka = KafkaPeer.start(folder.resolve("kafka"), port);

    await().atMost(LONG).until(() -> publisher.published() == 2_000);
    events.assertArrived(kafka.bootstrap());
    assertThat(ReceivedEvents.of(kafka.bootstrap(), Topics.REQUESTS).runs()).hasSize(2);
  }

  @Test
  void closedWhileKafkaIsAwayTheUnconfirmedEventsGoToTheNextRun() throws Exception {
    kafka = KafkaPeer.start();
    publisher = publisher();
    events.publish(publisher, 500);
    await().atMost(LONG).until(() -> publisher.published() == 500);
    kafka.kill();
    events.publish(publisher, 500);
    publisher.close(Duration.ofMillis(100));
    assertThat(publisher.dropped()).isEmpty();

    publisher = publisher();
    events.publish(publisher, 500);
    kafka.restart();
    await().atMost(LONG).until(() -> publisher.spooled() == 0 && publisher.unconfirmed() == 0);
    events.assertArrived(kafka.bootstrap());
  }

  /** Kafka goes away and comes back twice while events are published without a pause. */
  private void outageUnderLoad(Runnable outage) throws Exception {
    kafka = KafkaPeer.start();
    publisher = publisher();
    events.publish(publisher, 1_000);
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!stop.get()) {
                    events.publish(publisher, 20);
                    LockSupport.parkNanos(10_000_000);
                  }
                });
    try {
      for (int round = 0; round < 2; round++) {
        long before = publisher.published();
        await().atMost(LONG).until(() -> publisher.published() > before + 500);
        outage.run();
        await().atMost(LONG).until(() -> publisher.spooled() > 1_000);
        assertThat(publisher.connected()).isFalse();
        kafka.restart();
        await().atMost(LONG).until(() -> publisher.spooled() == 0 && publisher.connected());
      }
    } finally {
      stop.set(true);
      load.join();
    }
    await().atMost(LONG).until(() -> publisher.published() == events.count());
    assertThat(publisher.dropped()).isEmpty();
    assertThat(publisher.diskErrors()).isZero();
    publisher.close(Duration.ofSeconds(5));
    events.assertArrived(kafka.bootstrap());
    assertThat(ReceivedEvents.of(kafka.bootstrap(), Topics.REQUESTS).all().size())
        .as("one run needs no second try")
        .isEqualTo(events.count());
  }

  private EventPublisher publisher() {
    return new EventPublisher(
        new BusSettings(kafka.bootstrap(), "test"), spool(), 64 << 20, "/aegis/test");
  }

  private Path spool() {
    return folder.resolve("spool");
  }
}
