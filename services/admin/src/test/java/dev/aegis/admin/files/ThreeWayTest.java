package dev.aegis.admin.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.journal.Json;
import dev.aegis.journal.Kind;
import dev.aegis.journal.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ThreeWayTest {
  private static final ObjectKey KEY = key("limit");

  /** Each way in which one object can stand in the three; {@code -} is not there. */
  @ParameterizedTest(name = "base {0}, file {1}, configuration {2}: {3}")
  @CsvSource({
    "-,-,-,agreed", "-,-,1,agreed", "-,1,-,wish", "-,1,1,agreed", "-,1,2,conflict",
    "1,-,-,agreed", "1,-,1,wish", "1,-,2,conflict", "1,1,-,agreed", "1,1,1,agreed",
    "1,1,2,agreed", "1,2,-,conflict", "1,2,1,wish", "1,2,2,agreed", "1,2,3,conflict",
  })
  void oneObject(String base, String file, String configuration, String expected) {
    ThreeWay merged = ThreeWay.of(one(base), one(file), one(configuration));
    assertThat(merged.conflicts())
        .isEqualTo(expected.equals("conflict") ? List.of(KEY) : List.of());
    assertThat(merged.wishes())
        .isEqualTo(
            expected.equals("wish")
                ? List.of(new ThreeWay.Wanted(KEY, one(file).get(KEY)))
                : List.of());
    assertThat(merged.agreed()).isEqualTo(expected.equals("agreed") ? one(file) : Map.of());
  }

  /**
   * Whatever both sides do to objects of which the other touches none, both get all of it, and
   * afterwards nothing is left to do.
   */
  @Test
  void changesOfDifferentObjectsAreAllKept() {
    Random random = new Random(20);
    for (int round = 0; round < 2_000; round++) {
      SortedMap<ObjectKey, ObjectNode> base = new TreeMap<>(PluginsText.ORDER);
      SortedMap<ObjectKey, ObjectNode> file = new TreeMap<>(PluginsText.ORDER);
      SortedMap<ObjectKey, ObjectNode> configuration = new TreeMap<>(PluginsText.ORDER);
      Map<ObjectKey, ObjectNode> expected = new HashMap<>();
      for (int i = 0; i < 6; i++) {
        ObjectKey key = key("p" + i);
        int before = random.nextInt(3);
        int after = random.nextInt(3);
        boolean byFile = random.nextBoolean();
        put(base, key, before);
        put(file, key, byFile ? after : before);
        put(configuration, key, byFile ? before : after);
        put(expected, key, after);
      }
      ThreeWay merged = ThreeWay.of(base, file, configuration);
      assertThat(merged.conflicts()).isEmpty();
      for (ThreeWay.Wanted wanted : merged.wishes()) {
        put(configuration, wanted.key(), wanted.document());
      }
      assertThat(configuration).isEqualTo(expected);
      assertThat(ThreeWay.of(configuration, configuration, configuration).wishes()).isEmpty();
    }
  }

  /** A wish never touches what the configuration changed since the base, whatever the file says. */
  @Test
  void nothingThatWasChangedElsewhereIsUndone() {
    Random random = new Random(21);
    for (int round = 0; round < 2_000; round++) {
      List<SortedMap<ObjectKey, ObjectNode>> three = new ArrayList<>();
      for (int side = 0; side < 3; side++) {
        SortedMap<ObjectKey, ObjectNode> objects = new TreeMap<>(PluginsText.ORDER);
        for (int i = 0; i < 4; i++) {
          put(objects, key("p" + i), random.nextInt(4));
        }
        three.add(objects);
      }
      ThreeWay merged = ThreeWay.of(three.get(0), three.get(1), three.get(2));
      for (ThreeWay.Wanted wanted : merged.wishes()) {
        assertThat(three.get(2).get(wanted.key())).isEqualTo(three.get(0).get(wanted.key()));
      }
      // Until the file is rewritten, what it says of the rest is no edit.
      SortedMap<ObjectKey, ObjectNode> base = new TreeMap<>(three.get(0));
      for (int i = 0; i < 4; i++) {
        ObjectKey key = key("p" + i);
        boolean open =
            merged.conflicts().contains(key)
                || merged.wishes().stream().anyMatch(wanted -> wanted.key().equals(key));
        if (!open) {
          put(base, key, merged.agreed().get(key));
        }
      }
      ThreeWay again = ThreeWay.of(base, three.get(1), three.get(2));
      assertThat(again.wishes()).isEqualTo(merged.wishes());
      assertThat(again.conflicts()).isEqualTo(merged.conflicts());
    }
  }

  private static ObjectKey key(String id) {
    return new ObjectKey(Kind.PLUGIN, null, id);
  }

  private static Map<ObjectKey, ObjectNode> one(String order) {
    Map<ObjectKey, ObjectNode> objects = new HashMap<>();
    put(objects, KEY, order.equals("-") ? 0 : Integer.parseInt(order));
    return objects;
  }

  private static void put(Map<ObjectKey, ObjectNode> objects, ObjectKey key, int order) {
    put(objects, key, order == 0 ? null : Json.object().put("order", order));
  }

  private static void put(Map<ObjectKey, ObjectNode> objects, ObjectKey key, ObjectNode document) {
    if (document == null) {
      objects.remove(key);
    } else {
      objects.put(key, Objects.requireNonNull(document));
    }
  }
}
