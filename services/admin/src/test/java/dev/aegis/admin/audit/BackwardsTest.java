package dev.aegis.admin.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.bus.BusUnavailable;
import dev.aegis.journal.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log from its end to its beginning. */
final class BackwardsTest {
  private final List<String> asked = new ArrayList<>();

  private List<Backwards.Item> everyThird(long from, long count) {
    asked.add(from + "+" + count);
    List<Backwards.Item> items = new ArrayList<>();
    for (long offset = from; offset < from + count; offset++) {
      if (offset % 3 == 0) {
        items.add(new Backwards.Item(offset, Instant.EPOCH, Json.object()));
      }
    }
    return items;
  }

  private static List<Long> drain(Backwards log, int most) throws BusUnavailable {
    List<Long> offsets = new ArrayList<>();
    for (Backwards.Item next = log.peek(); next != null && offsets.size() < most; ) {
      offsets.add(next.offset());
      log.pass();
      next = log.peek();
    }
    return offsets;
  }

  @Test
  void readsAllFromTheEndInPieces() throws Exception {
    List<Long> offsets = drain(new Backwards(this::everyThird, 0, 1_201), 10_000);
    assertThat(offsets).hasSize(401).startsWith(1_200L, 1_197L).endsWith(3L, 0L);
    assertThat(asked).containsExactly("701+500", "201+500", "0+201");
  }

  @Test
  void neverAsksForWhatIsGone() throws Exception {
    assertThat(drain(new Backwards(this::everyThird, 1_000, 1_010), 100))
        .containsExactly(1_008L, 1_005L, 1_002L);
    assertThat(drain(new Backwards(this::everyThird, 1_000, 700), 100)).isEmpty();
    assertThat(asked).containsExactly("1000+10");
  }

  @Test
  void aLaterReaderGoesOnWhereOneStopped() throws Exception {
    List<Long> offsets = new ArrayList<>();
    long position = 100;
    while (position > 0) {
      Backwards log = new Backwards(this::everyThird, 0, position);
      offsets.addAll(drain(log, 7));
      position = log.position();
    }
    assertThat(offsets).doesNotHaveDuplicates().hasSize(34);
  }
}
