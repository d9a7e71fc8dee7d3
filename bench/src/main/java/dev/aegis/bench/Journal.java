package dev.aegis.bench;

import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.FoldFile;
import dev.aegis.journal.FoldImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How long every reader of the journal takes with very many changes and objects, without Kafka: to
 * fold records as they come, to make an image of the fold, and to save and load it. Figures of a
 * JVM that has done none of it before, as at a start.
 */
final class Journal {
  private static final int TENANTS = 8_334;
  private static final int ROUTES = 10;
  private static final int CHANGES = 1_000_000;

  private Journal() {}

  /** Measures and prints it. */
  static void run() throws IOException {
    List<byte[]> records = records();
    Fold fold = new Fold();
    long began = System.nanoTime();
    for (int i = 0; i < CHANGES; i++) {
      fold.apply(i, Change.parse(records.get(i % records.size())));
    }
    System.out.printf(
        "%,d changes of %,d objects: folded in %.1f s (goal: 15)%n",
        CHANGES, fold.size(), seconds(began));

    Path folder = Files.createTempDirectory("aegis-journal");
    FoldFile file = new FoldFile(folder.resolve("fold.jsonl"));
    image("an image of it, the first", fold);
    fold.apply(CHANGES, Change.parse(records.getLast()));
    FoldImage image = image("an image after a change", fold);
    began = System.nanoTime();
    file.save(image);
    System.out.printf("saved in %.1f s, beside the changes%n", seconds(began));
    began = System.nanoTime();
    FoldFile.Saved saved = file.load();
    if (saved == null || saved.fold().size() != fold.size()) {
      throw new AssertionError("what was loaded is not what was saved");
    }
    System.out.printf("loaded in %.1f s%n", seconds(began));
  }

  private static FoldImage image(String what, Fold fold) {
    long began = System.nanoTime();
    FoldImage image = FoldImage.of("bench", fold);
    System.out.printf("%s: %.1f ms%n", what, seconds(began) * 1e3);
    return image;
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  /** One record for each of some 100,000 objects. */
  private static List<byte[]> records() {
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < TENANTS; i++) {
      String tenant = "tenants/t" + i;
      records.add(record(tenant, "{'id':'t" + i + "','name':'t" + i + "'}"));
      records.add(
          record(
              tenant + "/upstreams/u", "{'id':'u','targets':[{'url':'http://127.0.0.1:8080'}]}"));
      for (int route = 0; route < ROUTES; route++) {
        String id = "r" + route;
        records.add(
            record(
                tenant + "/routes/" + id,
                "{'id':'" + id + "','paths':['/" + id + "/**'],'upstream':'u','auth':'none'}"));
      }
    }
    return records;
  }

  private static byte[] record(String key, String definition) {
    String json =
        "{'key':'"
            + key
            + "','op':'put','expected':-2,'actor':'bench','at':'"
            + Instant.now()
            + "','definition':"
            + definition
            + "}";
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
