package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final long BOUND = 1 << 20;

  @TempDir private Path folder;

  @Test
  void givesBackInOrderWhatItWasGiven() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      assertThat(spool.next()).isNull();
      append(spool, 1, 1_500);
      assertThat(spool.waiting()).isEqualTo(1_500);
      assertThat(sequences(spool, 1_500)).isEqualTo(numbers(1, 1_500));
      assertThat(spool.next()).isNull();
      append(spool, 1_501, 1_600);
      assertThat(sequences(spool, 100)).isEqualTo(numbers(1_501, 1_600));
    }
  }

  @Test
  void keepsEveryPartOfAnEvent() throws Exception {
    OutgoingEvent event =
        new OutgoingEvent(
            "topic", "key\u00e4", "a.type.v1", "acme", 1_700_000_000_123L, bytes("{\"n\":1}"));
    OutgoingEvent traced =
        new OutgoingEvent(
            "topic",
            "key",
            "a.type.v1",
            "acme",
            1,
            bytes("{}"),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    try (Spool spool = new Spool(folder, BOUND)) {
      spool.append(new Pending(traced, "an-id", "a-run", 76));
      assertThat(spool.next().event()).usingRecursiveComparison().isEqualTo(traced);
      spool.append(new Pending(event, "an-id", "a-run", 77));
      Pending read = spool.next();
      assertThat(read.id()).isEqualTo("an-id");
      assertThat(read.run()).isEqualTo("a-run");
      assertThat(read.sequence()).isEqualTo(77);
      assertThat(read.event()).usingRecursiveComparison().isEqualTo(event);
    }
  }

  @Test
  void whatIsThroughIsDeletedAndDoesNotComeBack() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 3_000);
      Pending last = null;
      for (int i = 0; i < 2_000; i++) {
        last = spool.next();
      }
      long before = spool.bytes();
      spool.commit(last.spooledTo());
      assertThat(spool.bytes()).isLessThan(before);
    }
    try (Spool again = new Spool(folder, BOUND)) {
      assertThat(again.waiting()).isEqualTo(1_000);
      assertThat(sequences(again, 1_000)).isEqualTo(numbers(2_001, 3_000));
    }
  }

  @Test
  void whenAllIsThroughNoFileOfEventsRemains() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 3_000);
      Pending last = null;
      for (Pending next = spool.next(); next != null; next = spool.next()) {
        last = next;
      }
      spool.commit(last.spooledTo());
      assertThat(spool.bytes()).isZero();
      assertThat(eventFiles()).isEmpty();
      append(spool, 3_001, 3_010);
      assertThat(sequences(spool, 10)).isEqualTo(numbers(3_001, 3_010));
    }
  }

  @Test
  void whatIsPassedOverIsNotGivenButKeptUntilItIsThrough() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 10);
      spool.passOver();
      assertThat(spool.waiting()).isZero();
      append(spool, 11, 20);
      assertThat(sequences(spool, 10)).isEqualTo(numbers(11, 20));
    }
    try (Spool again = new Spool(folder, BOUND)) {
      assertThat(sequences(again, 20)).isEqualTo(numbers(1, 20));
    }
  }

  @Test
  void itsBoundHolds() throws Exception {
    try (Spool spool = new Spool(folder, 200_000)) {
      int taken = 0;
      while (spool.append(event(taken + 1))) {
        taken++;
      }
      assertThat(spool.bytes()).isBetween(190_000L, 200_000L);
      assertThat(diskBytes()).isLessThanOrEqualTo(200_000L);
      Pending last = null;
      for (int i = 0; i < taken / 2; i++) {
        last = spool.next();
      }
      spool.commit(last.spooledTo());
      assertThat(spool.append(event(taken + 1))).as("there is room again").isTrue();
    }
  }

  @Test
  void aTornLastRecordIsLeftOut() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 10);
    }
    Path file = eventFiles().getLast();
    try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
      torn.setLength(torn.length() - 5);
    }
    try (Spool again = new Spool(folder, BOUND)) {
      assertThat(again.waiting()).isEqualTo(9);
      append(again, 11, 12);
      List<Long> read = sequences(again, 11);
      assertThat(read).startsWith(1L, 2L).endsWith(9L, 11L, 12L);
      assertThat(again.next()).isNull();
    }
  }

  @Test
  void aDamagedRecordCostsTheRestOfItsFileOnly() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 1_000);
    }
    List<Path> files = eventFiles();
    assertThat(files.size()).isGreaterThan(2);
    try (RandomAccessFile damaged = new RandomAccessFile(files.getFirst().toFile(), "rw")) {
      damaged.seek(30);
      damaged.write(0xff);
    }
    try (Spool again = new Spool(folder, BOUND)) {
      List<Long> read = new ArrayList<>();
      Pending last = null;
      for (Pending next = again.next(); next != null; next = again.next()) {
        read.add(next.sequence());
        last = next;
      }
      assertThat(read).isNotEmpty().endsWith(1_000L);
      assertThat(read).isEqualTo(numbers(read.getFirst(), 1_000));
      assertThat(again.waiting()).isZero();
      again.commit(last.spooledTo());
      assertThat(eventFiles()).isEmpty();
    }
  }

  @Test
  void aLostPositionMeansDoublesNotLosses() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      append(spool, 1, 10);
      spool.next();
      spool.commit(spool.next().spooledTo());
    }
    Files.write(folder.resolve("position"), new byte[24]);
    try (Spool again = new Spool(folder, BOUND)) {
      assertThat(sequences(again, 10)).isEqualTo(numbers(1, 10));
    }
  }

  @Test
  void aFolderHasOneUser() throws Exception {
    try (Spool spool = new Spool(folder, BOUND)) {
      assertThatThrownBy(() -> new Spool(folder, BOUND))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use");
      assertThat(spool.waiting()).isZero();
    }
    new Spool(folder, BOUND).close();
  }

  /** Any order of appending, reading, confirming and reopening behaves as a queue does. */
  @Property(tries = 200)
  void behavesAsAQueue(@ForAll @Size(max = 60) List<Step> steps) throws Exception {
    Path fresh = Files.createTempDirectory("spool");
    Deque<Long> waiting = new ArrayDeque<>();
    Deque<Pending> read = new ArrayDeque<>();
    long next = 1;
    Spool spool = new Spool(fresh, BOUND);
    try {
      for (Step step : steps) {
        switch (step) {
          case APPEND -> {
            for (int i = 0; i < 40; i++) {
              if (spool.append(event(next))) {
                waiting.add(next++);
              }
            }
          }
          case READ -> {
            for (int i = 0; i < 25; i++) {
              Pending pending = spool.next();
              Long expected = waiting.poll();
              assertThat(pending == null ? null : (Long) pending.sequence()).isEqualTo(expected);
              if (pending != null) {
                read.add(pending);
              }
            }
          }
          case CONFIRM -> {
            for (int i = 0; i < 15 && !read.isEmpty(); i++) {
              spool.commit(read.poll().spooledTo());
            }
          }
          case REOPEN -> {
            spool.close();
            spool = new Spool(fresh, BOUND);
            Deque<Long> again = new ArrayDeque<>();
            read.forEach(pending -> again.add(pending.sequence()));
            again.addAll(waiting);
            waiting = again;
            read.clear();
          }
        }
        assertThat(spool.waiting()).isEqualTo(waiting.size());
      }
    } finally {
      spool.close();
      try (Stream<Path> files = Files.list(fresh)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(fresh);
    }
  }

  enum Step {
    APPEND,
    READ,
    CONFIRM,
    REOPEN
  }

  private static void append(Spool spool, long from, long to) throws IOException {
    for (long sequence = from; sequence <= to; sequence++) {
      assertThat(spool.append(event(sequence))).isTrue();
    }
  }

  private static List<Long> sequences(Spool spool, int count) throws IOException {
    List<Long> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sequences.add(spool.next().sequence());
    }
    return sequences;
  }

  private static List<Long> numbers(long from, long to) {
    List<Long> numbers = new ArrayList<>();
    for (long number = from; number <= to; number++) {
      numbers.add(number);
    }
    return numbers;
  }

  private static Pending event(long sequence) {
    OutgoingEvent event =
        new OutgoingEvent(
            Topics.REQUESTS,
            "acme",
            "a.v1",
            "acme",
            1L,
            bytes("x".repeat(100 + (int) sequence % 7)));
    return new Pending(event, "id-" + sequence, "run", sequence);
  }

  private List<Path> eventFiles() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".events")).sorted().toList();
    }
  }

  private long diskBytes() throws IOException {
    long bytes = 0;
    for (Path file : eventFiles()) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
