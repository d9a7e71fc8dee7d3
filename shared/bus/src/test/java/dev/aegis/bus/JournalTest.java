package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldFile;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Verdict;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.KafkaPeer;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final Duration LONG = Duration.ofSeconds(120);

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<Told> told = new CopyOnWriteArrayList<>();
  private KafkaPeer kafka;

  /** What a listener was told. */
  private record Told(long revision, Set<String> tenants, Set<ObjectKey> changed, boolean all) {}

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    if (kafka != null) {
      kafka.close();
    }
  }

  @Test
  void changesAreFoldedInTheOrderOfTheJournal() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    assertThat(reader.awaitCaughtUp(LONG)).isTrue();
    assertThat(reader.connected()).isTrue();
    await().atMost(LONG).until(reader::current);
    assertThat(told).containsExactly(new Told(-1, Set.of(), Set.of(), true));

    long made = writer.append(put("acme", Change.ABSENT));
    assertThat(reader.await(made, LONG)).isEqualTo(new Verdict.Applied(ObjectKey.tenant("acme")));
    long changed = writer.append(put("acme", made));
    assertThat(reader.await(changed, LONG)).isInstanceOf(Verdict.Applied.class);
    long stale = writer.append(put("acme", made));
    assertThat(reader.await(stale, LONG))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Verdict.Reason.STALE));

    assertThat(reader.revision()).isEqualTo(stale);
    assertThat(told.getLast().revision()).as("told before who waits").isEqualTo(stale);
    assertThat(told.get(1).changed()).containsExactly(ObjectKey.tenant("acme"));
    assertThat(told.subList(1, told.size())).noneMatch(Told::all);
    assertThatThrownBy(() -> reader.await(stale + 1, Duration.ofMillis(50)))
        .isInstanceOf(TimeoutException.class);

    JournalHistory history = closing(new JournalHistory(settings()));
    assertThat(history.read(made, 10))
        .extracting(JournalHistory.Recorded::revision)
        .containsExactly(made, changed, stale);
    assertThat(history.read(changed, 1).getFirst().change().expected()).isEqualTo(made);
    assertThat(history.read(stale + 1, 10)).isEmpty();
  }

  @Test
  void ofWritersWithTheSameExpectationExactlyOneWins() throws Exception {
    kafka = KafkaPeer.start();
    JournalReader reader = reader();
    reader.start();
    List<JournalWriter> writers = List.of(writer(), writer());
    long revision = writers.getFirst().append(put("acme", Change.ABSENT));
    assertThat(reader.await(revision, LONG)).isInstanceOf(Verdict.Applied.class);

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 20; round++) {
        long expected = revision;
        List<Callable<Long>> race =
            writers.stream()
                .map(writer -> (Callable<Long>) () -> writer.append(put("acme", expected)))
                .toList();
        List<Long> applied = new ArrayList<>();
        for (Future<Long> future : threads.invokeAll(race)) {
          if (reader.await(future.get(), LONG) instanceof Verdict.Applied) {
            applied.add(future.get());
          }
        }
        assertThat(applied).hasSize(1);
        revision = applied.getFirst();
      }
    }
  }

  @Test
  void aReaderStartsFromDiskWhileKafkaIsAwayAndGoesOnWhenItIsThere() throws Exception {
    int port = FreePorts.next();
    kafka = KafkaPeer.start(folder.resolve("kafka"), port);
    JournalWriter writer = writer();
    long made = writer.append(put("acme", Change.ABSENT));
    JournalReader first = reader();
    first.start();
    assertThat(first.await(made, LONG)).isInstanceOf(Verdict.Applied.class);
    first.close();
    kafka.kill();
    told.clear();

    JournalReader second = reader();
    second.start();
    assertThat(told).containsExactly(new Told(made, Set.of("acme"), Set.of(), true));
    assertThat(second.connected()).isFalse();
    assertThat(second.read(Fold::tenants)).contains("acme");
    assertThatThrownBy(() -> writer.append(put("late", Change.ABSENT)))
        .isInstanceOf(BusUnavailable.class);

    kafka.restart();
    await().atMost(LONG).until(second::connected);
    long more = writer.append(put("beta", Change.ABSENT));
    assertThat(second.await(more, LONG)).isInstanceOf(Verdict.Applied.class);
    assertThat(told.getLast().changed()).contains(ObjectKey.tenant("beta"));
    assertThat(told.subList(1, told.size()))
        .as("it went on, not from the start")
        .noneMatch(Told::all);
  }

  @Test
  void aRestartOfKafkaIsSurvived() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    long made = writer.append(put("acme", Change.ABSENT));
    assertThat(reader.await(made, LONG)).isInstanceOf(Verdict.Applied.class);

    kafka.kill();
    await().atMost(LONG).until(() -> !reader.connected());
    assertThat(reader.revision()).isEqualTo(made);
    kafka.restart();
    await().atMost(LONG).until(reader::connected);
    long more = writer.append(put("beta", Change.ABSENT));
    assertThat(reader.await(more, LONG)).isInstanceOf(Verdict.Applied.class);
    assertThat(told.stream().filter(Told::all)).hasSize(1);
  }

  @Test
  void whatCannotBeReadIsPassedOver() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    long made = writer.append(put("acme", Change.ABSENT));
    try (var raw = Clients.producer(settings(), "raw", Map.of())) {
      for (String poison : new String[] {"", "{", "[]", "{\"key\":\"nowhere\",\"expected\":1}"}) {
        raw.send(new ProducerRecord<>(Topics.CONFIG, bytes("x"), bytes(poison))).get();
      }
      raw.send(new ProducerRecord<>(Topics.CONFIG, null, null)).get();
      raw.send(
              new ProducerRecord<>(
                  Topics.CONFIG,
                  bytes("tenants/later"),
                  bytes(
                      "{\"key\":\"tenants/later\",\"op\":\"put\",\"expected\":-1,\"actor\":\"a\","
                          + "\"at\":\"2026-01-01T00:00:00Z\",\"definition\":{\"id\":\"later\"},"
                          + "\"reason\":\"a member of a later version\"}")))
          .get();
    }
    long last = writer.append(put("beta", Change.ABSENT));

    assertThat(last).isEqualTo(made + 7);
    assertThat(reader.await(last, LONG)).isInstanceOf(Verdict.Applied.class);
    assertThat(reader.await(made + 1, LONG))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Verdict.Reason.UNREADABLE));
    assertThat(reader.<Set<String>>read(fold -> Set.copyOf(fold.tenants())))
        .containsExactlyInAnyOrder("acme", "beta", "later");
    JournalHistory history = closing(new JournalHistory(settings()));
    assertThat(history.read(0, 100)).hasSize(3);
  }

  /**
   * Of a later version, in both of the ways that a reader comes by it: the journal and the disk.
   */
  @Test
  void anObjectOfAKindThatIsNotKnownIsKept() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    writer.append(put("acme", Change.ABSENT));
    long kept;
    try (var raw = Clients.producer(settings(), "raw", Map.of())) {
      byte[] record =
          bytes(
              "{\"key\":\"tenants/acme/gadgets/g\",\"op\":\"put\",\"expected\":-1,\"actor\":\"a\","
                  + "\"at\":\"2026-01-01T00:00:00Z\",\"definition\":{\"id\":\"g\"}}");
      kept = raw.send(new ProducerRecord<>(Topics.CONFIG, bytes("g"), record)).get().offset();
    }
    long last = writer.append(put("beta", Change.ABSENT));
    assertThat(reader.await(last, LONG)).isInstanceOf(Verdict.Applied.class);
    assertThat(reader.await(kept, LONG)).isInstanceOf(Verdict.Kept.class);
    assertThat(reader.read(Fold::findings))
        .singleElement()
        .satisfies(finding -> assertThat(finding.subject()).isEqualTo("gadgets"));
    assertThat(told).noneMatch(each -> each.changed().size() > 2);
    reader.close();

    assertThat(Files.readString(folder.resolve("fold"))).contains("tenants/acme/gadgets/g");
    JournalReader next = reader();
    next.start();
    assertThat(next.read(Fold::findings)).isEqualTo(reader.read(Fold::findings));
  }

  @Test
  void aJournalMadeAnewIsFoldedFromItsStart() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    for (String tenant : List.of("a", "b", "c")) {
      assertThat(reader.await(writer.append(put(tenant, Change.ABSENT)), LONG))
          .isInstanceOf(Verdict.Applied.class);
    }
    told.clear();

    makeAnew(List.of("x", "y", "z", "a", "q"));

    await().atMost(LONG).until(() -> told.stream().anyMatch(Told::all));
    Told first = told.getFirst();
    assertThat(first.all()).isTrue();
    assertThat(first.tenants()).as("nothing of the old one").doesNotContain("b", "c");
    await().atMost(LONG).until(() -> reader.revision() == 4);
    assertThat(reader.<Set<String>>read(fold -> Set.copyOf(fold.tenants())))
        .containsExactlyInAnyOrder("x", "y", "z", "a", "q");
  }

  @Test
  void aNewJournalWithoutARecordReplacesNothing() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    long made = writer.append(put("acme", Change.ABSENT));
    assertThat(reader.await(made, LONG)).isInstanceOf(Verdict.Applied.class);
    told.clear();
    makeAnew(List.of());
    reader.close();

    JournalReader next = reader();
    next.start();
    assertThat(next.awaitCaughtUp(LONG)).isTrue();
    assertThat(next.read(Fold::tenants)).contains("acme");
    assertThat(next.connected()).isTrue();
    assertThat(next.current()).as("what is in force is not of this journal").isFalse();

    try (JournalWriter again = new JournalWriter(settings())) {
      again.append(put("fresh", Change.ABSENT));
    }
    await().atMost(LONG).until(() -> next.read(fold -> fold.tenants().contains("fresh")));
    assertThat(next.<Set<String>>read(fold -> Set.copyOf(fold.tenants()))).containsExactly("fresh");
    await().atMost(LONG).until(next::current);
  }

  /** A disk that hangs: whoever opens a pipe to write waits for a reader. */
  @Test
  void aSaveThatHangsHoldsNoChangeUp() throws Exception {
    kafka = KafkaPeer.start();
    Path pipe = folder.resolve("fold.new");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    JournalWriter writer = writer();
    JournalReader reader = reader();
    reader.start();
    long made = writer.append(put("acme", Change.ABSENT));
    assertThat(reader.await(made, LONG)).isInstanceOf(Verdict.Applied.class);
    await()
        .atMost(LONG)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().equals("fold-saver")));

    long more = writer.append(put("beta", Change.ABSENT));
    assertThat(reader.await(more, LONG)).isInstanceOf(Verdict.Applied.class);
    assertThat(folder.resolve("fold")).as("still hanging").doesNotExist();

    // Now the save goes on, and fails: a pipe cannot be synchronized. The next one finds none.
    try (InputStream in = Files.newInputStream(pipe)) {
      Files.delete(pipe);
      in.readAllBytes();
    }
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(new FoldFile(folder.resolve("fold")).load())
                    .isNotNull()
                    .extracting(saved -> saved.fold().revision())
                    .isEqualTo(more));
  }

  @Test
  void aBrokenFileMeansTheJournalIsReadAgain() throws Exception {
    kafka = KafkaPeer.start();
    Files.writeString(folder.resolve("fold"), "{\"format\":1,\"jour");
    JournalWriter writer = writer();
    long made = writer.append(put("acme", Change.ABSENT));
    JournalReader reader = reader();
    reader.start();
    assertThat(reader.await(made, LONG)).isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void aListenerThatFailsStopsNothing() throws Exception {
    kafka = KafkaPeer.start();
    JournalWriter writer = writer();
    JournalReader reader =
        closing(
            new JournalReader(
                settings(),
                folder.resolve("fold"),
                (fold, changed, all) -> {
                  throw new IllegalStateException("a bug");
                }));
    reader.start();
    assertThat(reader.await(writer.append(put("a", Change.ABSENT)), LONG))
        .isInstanceOf(Verdict.Applied.class);
    assertThat(reader.await(writer.append(put("b", Change.ABSENT)), LONG))
        .isInstanceOf(Verdict.Applied.class);
  }

  private void makeAnew(List<String> tenants) throws Exception {
    try (Admin admin = Clients.admin(settings(), "test")) {
      String before = id(admin);
      admin.deleteTopics(List.of(Topics.CONFIG)).all().get();
      await()
          .ignoreExceptions()
          .atMost(LONG)
          .until(
              () -> {
                Topics.ensure(admin);
                return !id(admin).equals(before);
              });
    }
    try (JournalWriter writer = new JournalWriter(settings())) {
      for (String tenant : tenants) {
        writer.append(put(tenant, Change.ABSENT));
      }
    }
  }

  private static String id(Admin admin) throws Exception {
    return admin
        .describeTopics(List.of(Topics.CONFIG))
        .allTopicNames()
        .get()
        .get(Topics.CONFIG)
        .topicId()
        .toString();
  }

  private JournalReader reader() {
    return closing(
        new JournalReader(
            settings(),
            folder.resolve("fold"),
            (fold, changed, all) ->
                told.add(
                    new Told(
                        fold.revision(), Set.copyOf(fold.tenants()), Set.copyOf(changed), all))));
  }

  private JournalWriter writer() throws Exception {
    Topics.ensure(settings());
    return closing(new JournalWriter(settings()));
  }

  private BusSettings settings() {
    return new BusSettings(kafka.bootstrap(), "test");
  }

  private <T extends AutoCloseable> T closing(T each) {
    open.add(each);
    return each;
  }

  private static Change put(String tenant, long expected) {
    return new Change(
        ObjectKey.tenant(tenant),
        Json.object().put("id", tenant).put("name", tenant),
        expected,
        "test",
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
