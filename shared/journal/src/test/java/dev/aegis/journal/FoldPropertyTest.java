package dev.aegis.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

class FoldPropertyTest {
  private static final List<String> KEYS =
      List.of(
          "tenants/a",
          "tenants/b",
          "tenants/a/routes/x",
          "tenants/a/routes/y",
          "tenants/b/routes/x",
          "tenants/a/upstreams/x",
          "tenants/a/plugins/p",
          "plugins/p",
          "tenants/a/gadgets/g",
          "tenants/b/gadgets/g",
          "widgets/w");

  /** A record as it stands in the journal: any change, or bytes that are none. */
  @Provide
  Arbitrary<List<byte[]>> records() {
    Arbitrary<byte[]> changes =
        Combinators.combine(
                Arbitraries.of(KEYS),
                Arbitraries.of(true, true, false),
                Arbitraries.longs().between(Change.ANY, 40))
            .as((key, put, expected) -> record(key, put, expected));
    Arbitrary<byte[]> poison =
        Arbitraries.strings().ofMaxLength(20).map(s -> s.getBytes(StandardCharsets.UTF_8));
    return Arbitraries.frequencyOf(Tuple.of(9, changes), Tuple.of(1, poison)).list().ofMaxSize(60);
  }

  private static byte[] record(String key, boolean put, long expected) {
    String known = key.replace("gadgets", "routes").replace("widgets", "plugins");
    byte[] record = (put ? Changes.put(known, expected) : Changes.delete(known, expected)).toJson();
    return new String(record, StandardCharsets.UTF_8)
        .replace(known, key)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Property
  void theSameRecordsMakeTheSameState(@ForAll("records") List<byte[]> records) throws Exception {
    assertThat(state(fold(records, null))).isEqualTo(state(fold(records, null)));
  }

  @Property(tries = 200)
  void aRestartInBetweenChangesNothing(@ForAll("records") List<byte[]> records, @ForAll int seed)
      throws Exception {
    int cut = records.isEmpty() ? 0 : Math.floorMod(seed, records.size());
    assertThat(state(fold(records, cut))).isEqualTo(state(fold(records, null)));
  }

  @Property
  void everyObjectBelongsToATenantThatExists(@ForAll("records") List<byte[]> records)
      throws Exception {
    Fold fold = fold(records, null);
    int objects = fold.list(Kind.PLUGIN, null).size();
    for (String tenant : fold.tenants()) {
      assertThat(fold.find(ObjectKey.tenant(tenant))).isNotNull();
      for (Kind kind : Kind.values()) {
        for (Entry entry : fold.list(kind, tenant)) {
          assertThat(entry.key().tenant()).isEqualTo(tenant);
          assertThat(fold.find(entry.key())).isEqualTo(entry);
          objects++;
        }
      }
    }
    assertThat(fold.size()).isEqualTo(objects);
  }

  /** Of changes with the same expectation of the same object, one is granted. */
  @Property
  void aRevisionIsReplacedOnce(@ForAll("records") List<byte[]> records) throws Exception {
    Fold fold = new Fold();
    Set<String> granted = new HashSet<>();
    for (int i = 0; i < records.size(); i++) {
      if (!(parse(records.get(i)) instanceof Change change)) {
        fold.skip(i, "poison, or not known");
        continue;
      }
      Entry before = fold.find(change.key());
      if (fold.apply(i, change) instanceof Verdict.Applied && change.expected() >= 0) {
        assertThat(before.revision()).isEqualTo(change.expected());
        assertThat(granted.add(change.key() + "@" + change.expected())).isTrue();
      }
    }
  }

  @Property(tries = 200)
  void whatIsLoadedIsWhatWasSaved(@ForAll("records") List<byte[]> records) throws Exception {
    Fold fold = fold(records, null);
    assertThat(FoldImage.of("journal", throughDisk(fold))).isEqualTo(FoldImage.of("journal", fold));
  }

  /** Folds the records; with {@code cut}, through the disk after that many. */
  private static Fold fold(List<byte[]> records, @Nullable Integer cut) throws IOException {
    Fold fold = new Fold();
    for (int i = 0; i < records.size(); i++) {
      if (cut != null && i == cut) {
        fold = throughDisk(fold);
      }
      JournalRecord change = parse(records.get(i));
      if (change == null) {
        fold.skip(i, "poison");
      } else {
        fold.apply(i, change);
      }
    }
    return fold;
  }

  private static Fold throughDisk(Fold fold) throws IOException {
    Path file = Files.createTempFile("fold", "");
    try {
      new FoldFile(file).save(FoldImage.of("journal", fold));
      return new FoldFile(file).load().fold();
    } finally {
      Files.delete(file);
    }
  }

  private static @Nullable JournalRecord parse(byte[] record) {
    try {
      return JournalRecord.parse(record);
    } catch (IOException e) {
      return null;
    }
  }

  private static List<Object> state(Fold fold) {
    List<Object> state = new ArrayList<>();
    state.add(fold.revision());
    state.add(Set.copyOf(fold.rejected()));
    state.add(List.copyOf(fold.list(Kind.PLUGIN, null)));
    for (String tenant : fold.tenants()) {
      for (Kind kind : Kind.values()) {
        state.addAll(fold.list(kind, tenant));
      }
    }
    state.add(FoldImage.of("journal", fold).unknown());
    return state;
  }
}
