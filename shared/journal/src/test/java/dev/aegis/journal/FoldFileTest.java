package dev.aegis.journal;

import static dev.aegis.journal.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldFileTest {
  @TempDir private Path folder;

  @Test
  void whatIsSavedIsLoaded() throws Exception {
    Fold fold = fold();
    file().save(FoldImage.of("journal-1", fold));

    FoldFile.Saved saved = file().load();

    assertThat(saved.journal()).isEqualTo("journal-1");
    assertThat(saved.fold().revision()).isEqualTo(7);
    assertThat(saved.fold().rejected()).containsExactly(6L, 7L);
    assertThat(saved.fold().size()).isEqualTo(3);
    for (String key : List.of("tenants/acme", "tenants/acme/routes/r", "plugins/p")) {
      assertThat(saved.fold().find(ObjectKey.parse(key)))
          .isEqualTo(fold.find(ObjectKey.parse(key)));
    }
    assertThat(saved.fold().apply(8, put("tenants/acme/routes/r", 4)))
        .isInstanceOf(Verdict.Applied.class);
  }

  @Test
  void anEmptyFoldIsSavedToo() throws Exception {
    file().save(FoldImage.of("journal-1", new Fold()));
    assertThat(file().load().fold().revision()).isEqualTo(-1);
  }

  @Test
  void withoutAFileThereIsNothing() throws Exception {
    assertThat(file().load()).isNull();
  }

  @Test
  void aFileThatWasCutOffAnywhereIsRefused() throws Exception {
    file().save(FoldImage.of("journal-1", fold()));
    byte[] whole = Files.readAllBytes(path());
    // Without the last line feed it is still whole.
    for (int length = 0; length < whole.length - 1; length++) {
      Files.write(path(), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> file().load())
          .as("cut at %d", length)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(path().toString());
    }
  }

  @Test
  void aLineThatIsMissingIsNoticed() throws Exception {
    file().save(FoldImage.of("journal-1", fold()));
    List<String> lines = Files.readAllLines(path());
    for (int missing = 0; missing < lines.size(); missing++) {
      List<String> rest = new ArrayList<>(lines);
      rest.remove(missing);
      Files.write(path(), rest);
      assertThatThrownBy(() -> file().load())
          .as("line %d", missing)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void otherFormatsAndGarbageAreRefused() throws Exception {
    for (String text :
        List.of(
            "",
            "\n",
            "nonsense\n",
            "{\"format\":2,\"journal\":\"j\",\"revision\":1}\n{\"objects\":0}\n",
            "{\"format\":1,\"journal\":\"j\"}\n{\"objects\":0}\n",
            "{\"format\":1,\"revision\":1}\n{\"objects\":0}\n",
            "{\"format\":1,\"journal\":\"j\",\"revision\":1}\n{\"key\":\"a/b\"}\n{\"objects\":1}\n")) {
      Files.writeString(path(), text);
      assertThatThrownBy(() -> file().load()).as(text).isInstanceOf(IOException.class);
    }
    Files.write(path(), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
    assertThatThrownBy(() -> file().load()).isInstanceOf(IOException.class);
  }

  @Test
  void aSaveThatFailsLeavesTheOldFile() throws Exception {
    file().save(FoldImage.of("journal-1", fold()));
    Files.createDirectory(folder.resolve("fold.new"));
    assertThatThrownBy(() -> file().save(FoldImage.of("journal-2", new Fold())))
        .isInstanceOf(IOException.class);
    assertThat(file().load().journal()).isEqualTo("journal-1");
  }

  /** More than are understood at a time, and one in the middle of them is none. */
  @Test
  void manyObjectsComeBackInTheirOrder() throws Exception {
    Fold fold = new Fold();
    for (int tenant = 0; tenant < 40; tenant++) {
      String key = "tenants/t" + tenant;
      fold.apply(fold.revision() + 1, put(key, Change.ABSENT));
      for (int route = 0; route < 100; route++) {
        fold.apply(fold.revision() + 1, put(key + "/routes/r" + route, Change.ABSENT));
      }
    }
    FoldImage image = FoldImage.of("journal-1", fold);
    file().save(image);
    assertThat(FoldImage.of("journal-1", file().load().fold())).isEqualTo(image);

    List<String> lines = new ArrayList<>(Files.readAllLines(path()));
    lines.set(2_345, "{}");
    Files.write(path(), lines);
    assertThatThrownBy(() -> file().load())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("an object has no body");
  }

  @Test
  void textOfAnyKindSurvives() throws Exception {
    Fold fold = new Fold();
    String text = "\u00e4\ud83d\ude00\n\u2028\"\\";
    fold.apply(
        0,
        new Change(
            ObjectKey.tenant("acme"),
            Json.object().put("id", "acme").put("name", text),
            Change.ABSENT,
            "x",
            Changes.AT));
    file().save(FoldImage.of("journal-1", fold));
    assertThat(Files.readString(path(), StandardCharsets.UTF_8)).isNotEmpty();
    assertThat(file().load().fold().find(ObjectKey.tenant("acme")).body().path("name").asText())
        .isEqualTo(text);
  }

  private static Fold fold() {
    Fold fold = new Fold();
    fold.apply(3, put("tenants/acme", Change.ABSENT));
    fold.apply(4, put("tenants/acme/routes/r", Change.ABSENT));
    fold.apply(5, put("plugins/p", Change.ABSENT));
    fold.apply(6, put("plugins/p", 1));
    fold.skip(7, "poison");
    return fold;
  }

  private FoldFile file() {
    return new FoldFile(path());
  }

  private Path path() {
    return folder.resolve("fold");
  }
}
