package dev.aegis.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldFile;
import dev.aegis.journal.FoldImage;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fold goes to disk beside the changes: one save at a time, each of one moment. */
class FoldSaverTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir private Path folder;
  private final Fold fold = new Fold();

  /** Lets each save through that {@link #gate} has a permit for. */
  private final Semaphore gate = new Semaphore(0);

  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final List<FoldImage> saved = new CopyOnWriteArrayList<>();
  private final FoldSaver saver = new FoldSaver(this::save);

  private void save(FoldImage image) throws IOException {
    assertThat(atOnce.incrementAndGet()).isEqualTo(1);
    begun.incrementAndGet();
    gate.acquireUninterruptibly();
    atOnce.decrementAndGet();
    if (broken.get()) {
      throw new IOException("the disk is full");
    }
    saved.add(image);
  }

  @AfterEach
  void end() {
    gate.release(1_000);
    saver.await();
  }

  @Test
  void aSlowDiskHoldsNobodyUp() {
    put("a");
    saver.begin("j", fold);
    await().atMost(LONG).until(() -> begun.get() == 1);
    put("b");
    saver.begin("j", fold); // one is under way: this one is for later
    gate.release();
    saver.await();
    assertThat(saved).extracting(FoldImage::revision).containsExactly(0L);
    assertThat(saved.getFirst().entries())
        .extracting(entry -> entry.key().id())
        .as("as it was when the save began")
        .containsExactly("a");

    gate.release();
    saver.begin("j", fold);
    saver.await();
    assertThat(saved).extracting(FoldImage::revision).containsExactly(0L, 1L);
  }

  @Test
  void aSaveThatFailedIsMadeUpFor() {
    gate.release(1_000);
    put("a");
    broken.set(true);
    saver.begin("j", fold);
    saver.await();
    assertThat(begun).hasValue(1);
    assertThat(saved).isEmpty();

    broken.set(false);
    saver.begin("j", fold);
    saver.await();
    assertThat(saved).extracting(FoldImage::revision).containsExactly(0L);
  }

  @Test
  void whatIsOnDiskIsNotSavedAgain() {
    gate.release(1_000);
    saver.begin(null, fold);
    saver.begin("j", fold);
    saver.await();
    assertThat(begun).as("there is nothing yet").hasValue(0);

    put("a");
    saver.loaded("j", 0);
    saver.begin("j", fold);
    saver.await();
    assertThat(begun).hasValue(0);

    saver.begin("another", fold);
    saver.await();
    saver.begin("another", fold);
    saver.await();
    assertThat(saved).extracting(FoldImage::journal).containsExactly("another");
  }

  @Test
  void aFileSavedAmidChangesIsTheFoldOfOneMoment() throws Exception {
    FoldFile file = new FoldFile(folder.resolve("fold"));
    FoldSaver toDisk = new FoldSaver(file::save);
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      FoldImage then = FoldImage.of("j", fold);
      toDisk.begin("j", fold);
      for (int i = 0; i < 200; i++) {
        change(random);
      }
      toDisk.await();
      FoldFile.Saved loaded = file.load();
      if (round > 0) {
        assertThat(loaded).isNotNull();
        assertThat(FoldImage.of("j", loaded.fold())).isEqualTo(then);
      }
    }
  }

  private void put(String tenant) {
    apply(ObjectKey.tenant(tenant), false);
  }

  /** Tenants and their routes come, change and go. */
  private void change(Random random) {
    String tenant = "tenants/t" + random.nextInt(20);
    String key = random.nextInt(4) == 0 ? tenant : tenant + "/routes/r" + random.nextInt(20);
    apply(ObjectKey.parse(key), random.nextInt(3) == 0);
  }

  private void apply(ObjectKey key, boolean delete) {
    long at = fold.revision() + 1;
    fold.apply(
        at,
        new Change(
            key,
            delete ? null : Json.object().put("id", key.id()).put("name", "at " + at),
            Change.ANY,
            "test",
            Instant.EPOCH));
  }
}
