package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.aegis.model.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a later version wrote and this one does not know. */
class UnknownKindTest {
  private static final String LATER = "tenants/acme/gadgets/g";

  @TempDir private Path folder;
  private final Fold fold = new Fold();

  @Test
  void itIsKeptByTheRulesOfEverythingElse() throws Exception {
    assertThat(rejected(put(LATER, Change.ANY))).isEqualTo(Verdict.Reason.NO_TENANT);
    put("tenants/acme", Change.ABSENT);
    assertThat(rejected(delete(LATER, Change.ANY))).isEqualTo(Verdict.Reason.MISSING);

    assertThat(put(LATER, Change.ABSENT)).isEqualTo(new Verdict.Kept(UnknownKey.parse(LATER)));
    long made = fold.revision();
    assertThat(rejected(put(LATER, Change.ABSENT))).isEqualTo(Verdict.Reason.STALE);
    assertThat(put(LATER, made)).isInstanceOf(Verdict.Kept.class);
    assertThat(rejected(delete(LATER, made))).isEqualTo(Verdict.Reason.STALE);
    assertThat(kept().getFirst().createdAt()).isEqualTo(Changes.AT);
    assertThat(fold.size()).as("known ones").isEqualTo(1);

    assertThat(delete(LATER, Change.ANY)).isInstanceOf(Verdict.Kept.class);
    assertThat(kept()).isEmpty();
    assertThat(fold.findings()).isEmpty();
  }

  @Test
  void itGoesWithItsTenant() throws Exception {
    put("tenants/acme", Change.ABSENT);
    put("tenants/beta", Change.ABSENT);
    put(LATER, Change.ABSENT);
    put("tenants/beta/gadgets/g", Change.ABSENT);
    put("widgets/w", Change.ABSENT);
    assertThat(fold.findings())
        .extracting(Finding::subject, Finding::message)
        .containsExactly(tuple("gadgets", message(2)), tuple("widgets", message(1)));

    delete("tenants/acme", Change.ANY);

    assertThat(kept())
        .extracting(each -> each.key().toString())
        .containsExactly("widgets/w", "tenants/beta/gadgets/g");
    assertThat(fold.findings().getFirst().message()).isEqualTo(message(1));
  }

  @Test
  void itComesBackFromTheDiskAsItWas() throws Exception {
    put("tenants/acme", Change.ABSENT);
    put(LATER, Change.ABSENT);
    put("widgets/w", Change.ABSENT);
    put("tenants/acme/routes/r", Change.ABSENT);

    Fold loaded = throughDisk(path -> {});

    assertThat(FoldImage.of("j", loaded)).isEqualTo(FoldImage.of("j", fold));
    assertThat(loaded.findings()).isEqualTo(fold.findings());
    assertThat(loaded.apply(9, JournalRecord.parse(record(LATER, "delete", 1))))
        .isInstanceOf(Verdict.Kept.class);
  }

  /** To the version that knows them, a saved fold of one that did not holds objects like others. */
  @Test
  void theVersionThatKnowsItUnderstandsWhatWasSaved() throws Exception {
    put("tenants/acme", Change.ABSENT);
    put("tenants/acme/rout3s/r", Change.ABSENT);
    UnknownEntry kept = kept().getFirst();

    // What makes a kind known is its name alone, so another name stands for another version.
    Fold upgraded =
        throughDisk(
            path -> Files.writeString(path, Files.readString(path).replace("rout3s", "routes")));

    assertThat(upgraded.find(ObjectKey.parse("tenants/acme/routes/r")))
        .isEqualTo(
            new Entry(
                ObjectKey.parse("tenants/acme/routes/r"),
                kept.revision(),
                kept.createdAt(),
                kept.updatedAt(),
                kept.body()));
    assertThat(upgraded.findings()).isEmpty();
  }

  @Test
  void aKnownKindInAPlaceThatIsNotKnownIsKeptToo() throws Exception {
    assertThat(put("routes/r", Change.ABSENT)).isInstanceOf(Verdict.Kept.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gadgets",
        "gadgets/",
        "/g",
        "Gadgets/g",
        "gadgets/g/h",
        "tenants/acme/gadgets",
        "tenants/acme/gadgets/",
        "tenants/ACME/gadgets/g",
        "tenants/acme/tenants/beta",
        "tenants/acme/gadgets/g/h",
        "tenants/Acme",
        "tenants/acme/routes/a b",
      })
  void whatHasNotTheFormOfAKeyCannotBeRead(String key) {
    assertThatThrownBy(() -> JournalRecord.parse(record(key, "put", Change.ANY)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void anOperationThatIsNotKnownCannotBeRead() {
    assertThatThrownBy(() -> JournalRecord.parse(record(LATER, "merge", Change.ANY)))
        .isInstanceOf(IOException.class);
  }

  private interface Edit {
    void of(Path file) throws IOException;
  }

  private Fold throughDisk(Edit edit) throws IOException {
    Path path = folder.resolve("fold");
    new FoldFile(path).save(FoldImage.of("j", fold));
    edit.of(path);
    return new FoldFile(path).load().fold();
  }

  private List<UnknownEntry> kept() {
    return FoldImage.of("j", fold).unknown();
  }

  private static String message(int count) {
    return "objects of a kind that this version does not know: "
        + count
        + "; they are kept, and in force nowhere";
  }

  private static Verdict.Reason rejected(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    return ((Verdict.Rejected) verdict).reason();
  }

  private Verdict put(String key, long expected) throws IOException {
    return fold.apply(fold.revision() + 1, JournalRecord.parse(record(key, "put", expected)));
  }

  private Verdict delete(String key, long expected) throws IOException {
    return fold.apply(fold.revision() + 1, JournalRecord.parse(record(key, "delete", expected)));
  }

  private static byte[] record(String key, String op, long expected) {
    return Json.write(
        Json.object()
            .put("key", key)
            .put("op", op)
            .put("expected", expected)
            .put("actor", "later")
            .put("at", Changes.AT.toString())
            .set(
                "definition",
                op.equals("put")
                    ? Changes.json("{'id':'x','new':[1,{'\u00e4':null}],'big':1e400}")
                    : null));
  }
}
