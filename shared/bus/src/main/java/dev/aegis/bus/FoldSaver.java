package dev.aegis.bus;

import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldImage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the fold on disk on a thread of its own, one save at a time: to write many objects takes
 * long, and changes must not wait for it. A save that fails is said once and made up for by a later
 * one. One thread at a time uses it.
 */
final class FoldSaver {
  private static final Logger LOG = LoggerFactory.getLogger(FoldSaver.class);

  /** Where images go: {@link dev.aegis.journal.FoldFile#save}. */
  @FunctionalInterface
  interface Disk {
    void save(FoldImage image) throws IOException;
  }

  /** A place in a journal. */
  private record Place(String journal, long revision) {}

  private final Disk disk;
  private volatile @Nullable Place saved;
  private boolean failed;
  private @Nullable Thread saving;

  FoldSaver(Disk disk) {
    this.disk = disk;
  }

  /** Notes that this is what is on disk. */
  void loaded(String journal, long revision) {
    saved = new Place(journal, revision);
  }

  /**
   * Begins to save the fold unless a save is under way, or this is on disk already. The fold may
   * change as soon as this returns.
   *
   * @param journal id that Kafka gave the topic; null saves nothing, and neither does a fold
   *     without a record
   */
  void begin(@Nullable String journal, Fold fold) {
    if (saving != null && saving.isAlive()
        || journal == null
        || fold.revision() < 0
        || new Place(journal, fold.revision()).equals(saved)) {
      return;
    }
    FoldImage image = FoldImage.of(journal, fold);
    saving = Thread.ofPlatform().daemon().name("fold-saver").start(() -> save(image));
  }

  /** Waits until no save is under way, however long the disk takes. */
  void await() {
    boolean interrupted = false;
    while (saving != null && saving.isAlive()) {
      try {
        saving.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** On the saving thread, of which there is one at a time. */
  private void save(FoldImage image) {
    try {
      disk.save(image);
      saved = new Place(image.journal(), image.revision());
      if (failed) {
        LOG.info("The fold can be saved again");
      }
      failed = false;
    } catch (IOException | RuntimeException e) {
      if (!failed) {
        LOG.warn("The fold cannot be saved, a restart will read the journal instead", e);
      }
      failed = true;
    }
  }
}
