package dev.aegis.admin.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.changes.Publishing;
import dev.aegis.bus.JournalReader;
import dev.aegis.chassis.Reasons;
import dev.aegis.journal.Entry;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins as a file, kept in step both ways: what the configuration becomes is written there,
 * and what a person writes there becomes the configuration, or is refused as a whole and left
 * alone.
 *
 * <p>Looks four times a second. A text is judged when two looks in a row have seen it, and refused
 * when {@value #CERTAIN} have, since an editor may be in the middle of it. Nothing is done while
 * Kafka does not answer: an edit waits, and whoever changed something meanwhile is not known.
 */
public final class PluginsFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginsFile.class);
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final Duration STOP = Duration.ofSeconds(1);

  /** Looks after which a text that says nothing will not be mended any more by who writes it. */
  private static final int CERTAIN = 4;

  private static final String FAILED = "is not looked at: an error, which the log has";

  /** Lower than the revision before the first. */
  private static final long NONE = -2;

  private final WholeFile file;
  private final Agreed agreed;
  private final JournalReader reader;
  private final Edits edits;
  private final Consumer<List<Finding>> reporting;
  private final CountDownLatch closing = new CountDownLatch(1);
  private @Nullable Thread thread;

  // What the last looks saw, and how many in a row.
  private byte @Nullable [] seen;
  private int looks;
  // The last text and revision that need no further thought.
  private byte @Nullable [] judgedText;
  private long judgedRevision = NONE;
  private String complaint = "";

  /** The plugins in force, and the revision of each. */
  record Standing(long revision, SortedMap<ObjectKey, Entry> entries) {
    SortedMap<ObjectKey, ObjectNode> objects() {
      SortedMap<ObjectKey, ObjectNode> objects = new TreeMap<>(PluginsText.ORDER);
      entries.forEach((key, entry) -> objects.put(key, PluginsText.sayable(key, entry.body())));
      return objects;
    }
  }

  /**
   * @param path the file
   * @param agreedPath where this instance keeps what both sides last agreed on
   * @param reader the configuration in force
   * @param publishing carries out edits
   * @param reporting hears what is wrong with the file, and of nothing when it is mended
   */
  public PluginsFile(
      Path path,
      Path agreedPath,
      JournalReader reader,
      Publishing publishing,
      Consumer<List<Finding>> reporting) {
    this.file = new WholeFile(path);
    this.agreed = new Agreed(agreedPath);
    this.reader = reader;
    this.edits = new Edits(publishing);
    this.reporting = reporting;
  }

  /** Begins to look. */
  public void start() {
    thread = Thread.ofPlatform().daemon().name("plugins-file").start(this::run);
  }

  private void run() {
    agreed.load();
    try {
      while (!closing.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          // What is not yet read of the journal would seem to have been taken away.
          if (reader.awaitCaughtUp(Duration.ZERO)) {
            look();
          }
        } catch (IOException e) {
          judgedRevision = NONE;
          complain("cannot be kept: " + Reasons.of(e));
        } catch (RuntimeException e) {
          judgedRevision = NONE;
          if (!complaint.equals(FAILED)) {
            LOG.error("Looking at {} failed", file.path(), e);
          }
          complain(FAILED);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the service is stopping
    }
  }

  private void look() throws IOException {
    if (!reader.connected() || !reader.current()) {
      return;
    }
    byte[] text = file.read();
    looks = Arrays.equals(text, seen) ? looks + 1 : 1;
    seen = text;
    boolean known = judgedRevision == reader.revision() && Arrays.equals(judgedText, text);
    if (!known && looks >= 2) {
      judge(text);
    }
  }

  private void judge(byte @Nullable [] text) throws IOException {
    if (text == null) {
      // Nobody deletes every plugin by deleting the file; it is written again.
      reconcile(null, new TreeMap<>(agreed.objects()));
      return;
    }
    switch (PluginsText.read(text)) {
      case PluginsText.Reading.Understood(var objects) -> reconcile(text, objects);
      case PluginsText.Reading.Broken(var faults) -> {
        if (looks >= CERTAIN) {
          refuse(text, reader.revision(), faults);
        }
      }
    }
  }

  private void reconcile(byte @Nullable [] text, SortedMap<ObjectKey, ObjectNode> objects)
      throws IOException {
    Standing standing = reader.read(PluginsFile::standing);
    ThreeWay merged = ThreeWay.of(agreed.objects(), objects, standing.objects());
    switch (edits.carryOut(merged, standing, agreed)) {
      case Edits.Outcome.Refused(var faults) -> refuse(text, standing.revision(), faults);
      case Edits.Outcome.Again again -> {}
      case Edits.Outcome.Waits(String why) -> complain("has an edit that waits: " + why);
      case Edits.Outcome.Done(int count) -> {
        if (count > 0) {
          LOG.info("{} changed {} plugins", file.path(), count);
        }
        settle(text, objects);
      }
    }
  }

  /** Makes the file say what is in force, if it does not already. */
  private void settle(byte @Nullable [] text, SortedMap<ObjectKey, ObjectNode> objects)
      throws IOException {
    Standing standing = reader.read(PluginsFile::standing);
    SortedMap<ObjectKey, ObjectNode> now = standing.objects();
    byte[] kept = text;
    if (text == null || !now.equals(objects)) {
      kept = PluginsText.write(now);
      if (!file.replace(text, kept)) {
        return; // somebody has just saved it
      }
      seen = kept;
    }
    agreed.set(now);
    agreed.save();
    judgedText = kept;
    judgedRevision = standing.revision();
    if (!complaint.isEmpty()) {
      LOG.info("{} is in step with the configuration again", file.path());
      complaint = "";
      reporting.accept(List.of());
    }
  }

  private void refuse(byte @Nullable [] text, long revision, List<String> faults) {
    judgedText = text;
    judgedRevision = revision;
    complain("is refused, left alone, and not written until it is mended: " + told(faults));
  }

  private static String told(List<String> faults) {
    int most = 5;
    List<String> told = new ArrayList<>(faults.subList(0, Math.min(most, faults.size())));
    if (faults.size() > most) {
      told.add((faults.size() - most) + " more");
    }
    return String.join("; ", told);
  }

  /** Says it once, for as long as it is the same. */
  private void complain(String what) {
    if (!what.equals(complaint)) {
      complaint = what;
      LOG.warn("{} {}", file.path(), what);
      reporting.accept(List.of(Finding.warning(file.path().toString(), what)));
    }
  }

  private static Standing standing(Fold fold) {
    SortedMap<ObjectKey, Entry> entries = new TreeMap<>(PluginsText.ORDER);
    fold.list(Kind.PLUGIN, null).forEach(entry -> entries.put(entry.key(), entry));
    for (String tenant : fold.tenants()) {
      fold.list(Kind.PLUGIN, tenant).forEach(entry -> entries.put(entry.key(), entry));
    }
    return new Standing(fold.revision(), entries);
  }

  /** Stops looking. What was edited and not judged is judged after the next start. */
  @Override
  public void close() {
    closing.countDown();
    Thread looking = thread;
    if (looking != null) {
      try {
        if (!looking.join(STOP)) {
          looking.interrupt();
          looking.join(STOP);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
