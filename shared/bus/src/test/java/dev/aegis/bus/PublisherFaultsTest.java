package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublisherFaultsTest {
  private static final Duration LONG = Duration.ofSeconds(120);

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
  void beyondTheBoundTheNewestAreDroppedAndCounted() throws Exception {
    int port = FreePorts.next();
    publisher = publisher(port, 1 << 20);
    int taken = 0;
    for (int i = 0; i < 5_000; i++) {
      taken += publisher.publish(event("a.v1", i)) ? 1 : 0;
    }
    assertThat(publisher.publish(event("b.v1", 5_000))).isFalse();
    long kept = publisher.spooled();
    assertThat(taken).as("what it said it took").isEqualTo((int) kept);
    assertThat(publisher.dropped()).isEqualTo(Map.of("a.v1", 5_000 - kept, "b.v1", 1L));
    assertThat(publisher.diskErrors()).isZero();
    try (Stream<Path> files = Files.list(folder.resolve("spool"))) {
      assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(1_100_000);
    }

    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    await().atMost(LONG).until(() -> publisher.published() == kept);
    List<String> texts =
        ReceivedEvents.of(kafka.bootstrap(), Topics.REQUESTS).once().stream()
            .map(ReceivedEvents.Received::text)
            .toList();
    assertThat(texts).hasSize((int) kept).startsWith(text(0), text(1));
    assertThat(texts.getLast()).isEqualTo(text((int) kept - 1));
    publisher.publish(event("b.v1", 5_001));
    await().atMost(LONG).until(() -> publisher.published() == kept + 1);
  }

  @Test
  void aDiskThatFailsIsCountedAndMemoryTakesWhatItCan() throws Exception {
    Files.writeString(folder.resolve("spool"), "a file stands where the folder should be");
    int port = FreePorts.next();
    publisher = publisher(port, 64 << 20);
    assertThat(publisher.diskErrors()).isPositive();
    events.publish(publisher, 2_000);
    assertThat(publisher.dropped()).isEmpty();
    assertThat(publisher.unconfirmed()).isEqualTo(2_000);

    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    await().atMost(LONG).until(() -> publisher.published() == 2_000);
    events.publish(publisher, 1_000);
    await().atMost(LONG).until(() -> publisher.published() == 3_000);
    events.assertArrived(kafka.bootstrap());
  }

  @Test
  void memoryHasABoundTooWhenTheDiskFails() throws Exception {
    Files.writeString(folder.resolve("spool"), "a file stands where the folder should be");
    publisher = publisher(FreePorts.next(), 64 << 20);
    for (int i = 0; i < 25_000; i++) {
      publisher.publish(event("a.v1", i));
    }
    assertThat(publisher.unconfirmed()).isEqualTo(20_000);
    assertThat(publisher.dropped()).isEqualTo(Map.of("a.v1", 5_000L));
  }

  @Test
  void aDiskThatWorksAgainIsUsedAgain() throws Exception {
    Files.writeString(folder.resolve("spool"), "a file stands where the folder should be");
    int port = FreePorts.next();
    publisher = publisher(port, 64 << 20);
    events.publish(publisher, 100);
    assertThat(publisher.unconfirmed()).isEqualTo(100);
    Files.delete(folder.resolve("spool"));
    await()
        .atMost(LONG)
        .until(
            () -> {
              events.publish(publisher, 1);
              return publisher.spooled() > 0;
            });
    assertThat(publisher.dropped()).isEmpty();

    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    await().atMost(LONG).until(() -> publisher.spooled() == 0 && publisher.unconfirmed() == 0);
    events.assertArrived(kafka.bootstrap());
  }

  @Test
  void whatIsTooLargeIsDroppedAlone() throws Exception {
    kafka = KafkaPeer.start();
    publisher = publisher(kafka.port(), 64 << 20);
    events.publish(publisher, 10);
    publisher.publish(
        new OutgoingEvent(
            Topics.REQUESTS, "k", "big.v1", "k", 1L, new byte[EventPublisher.MAX_DATA + 1]));
    events.publish(publisher, 10);
    await().atMost(LONG).until(() -> publisher.published() == 20);
    assertThat(publisher.dropped()).isEqualTo(Map.of("big.v1", 1L));
    events.assertArrived(kafka.bootstrap());
  }

  @Test
  void anEventAfterTheCloseIsCounted() {
    publisher = publisher(FreePorts.next(), 64 << 20);
    publisher.close(Duration.ZERO);
    publisher.publish(event("a.v1", 1));
    assertThat(publisher.dropped()).isEqualTo(Map.of("a.v1", 1L));
    publisher.close();
  }

  /** A process that publishes is killed while its spool is being drained. */
  @Test
  void aKilledPublishersSpoolIsSentByTheNextRun() throws Exception {
    int port = FreePorts.next();
    Path spool = folder.resolve("spool");
    Process first = publishingProcess(port, spool, 30_000);
    readTo(first, "spooled");
    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    readTo(first, "draining");
    first.destroyForcibly().waitFor();

    publisher = publisher(port, 64 << 20);
    await().atMost(LONG).until(() -> publisher.spooled() == 0 && publisher.unconfirmed() == 0);
    ReceivedEvents received = ReceivedEvents.of(kafka.bootstrap(), Topics.REQUESTS);
    assertThat(received.once().stream().map(ReceivedEvents.Received::text).distinct().count())
        .isEqualTo(30_000);
    assertThat(received.once()).as("doubles are known by run and sequence").hasSize(30_000);
    assertThat(received.all().size()).isGreaterThanOrEqualTo(30_000);
    assertThat(publisher.dropped()).isEmpty();
  }

  /** Reads on to this line; its log may come in between. */
  private static void readTo(Process process, String word) throws IOException {
    List<String> said = new ArrayList<>();
    while (said.isEmpty() || !said.getLast().equals(word)) {
      String line = process.inputReader().readLine();
      assertThat(line).as("what follows " + said).isNotNull();
      said.add(line);
    }
  }

  private static Process publishingProcess(int port, Path spool, int count) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            PublishingProcess.class.getName(),
            Integer.toString(port),
            spool.toString(),
            Integer.toString(count))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private EventPublisher publisher(int port, long bound) {
    return new EventPublisher(
        new BusSettings("127.0.0.1:" + port, "test"),
        folder.resolve("spool"),
        bound,
        "/aegis/test");
  }

  private static OutgoingEvent event(String type, int number) {
    return new OutgoingEvent(
        Topics.REQUESTS,
        "acme",
        type,
        "acme",
        1_700_000_000_000L,
        text(number).getBytes(StandardCharsets.UTF_8));
  }

  private static String text(int number) {
    return "{\"n\":" + number + ",\"filler\":\"" + "x".repeat(200) + "\"}";
  }
}
