package dev.aegis.bus;

import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldFile;
import dev.aegis.journal.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A fold, the journal it follows from, and the verdicts on its latest records. */
final class FoldState {
  private static final int MAX_VERDICTS = 10_000;

  private final @Nullable String journal;
  private final Fold fold;
  private final Map<Long, Verdict> verdicts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Verdict> eldest) {
          return size() > MAX_VERDICTS;
        }
      };

  private FoldState(@Nullable String journal, Fold fold) {
    this.journal = journal;
    this.fold = fold;
  }

  /** The state before anything is known. */
  static FoldState empty() {
    return new FoldState(null, new Fold());
  }

  /** The state before the first record of {@code journal}. */
  static FoldState startOf(String journal) {
    return new FoldState(journal, new Fold());
  }

  static FoldState of(FoldFile.Saved saved) {
    return new FoldState(saved.journal(), saved.fold());
  }

  /** Id that Kafka gave the topic, null while none is known. */
  @Nullable String journal() {
    return journal;
  }

  Fold fold() {
    return fold;
  }

  void judged(long revision, Verdict verdict) {
    verdicts.put(revision, verdict);
  }

  @Nullable Verdict verdict(long revision) {
    return verdicts.get(revision);
  }
}
