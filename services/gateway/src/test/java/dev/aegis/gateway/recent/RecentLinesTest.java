package dev.aegis.gateway.recent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How much of the access log is kept. */
final class RecentLinesTest {
  private static final int SIZE = 100 + RecentLines.OVERHEAD;

  private static byte[] batch(int length) {
    return ("x".repeat(length - 1) + '\n').getBytes(UTF_8);
  }

  private static Object[] numbers(RecentLines.Held held) {
    return held.newestFirst().stream().map(RecentLines.Batch::number).toArray();
  }

  @Test
  void theOldestGoWhenThereIsNoRoom() {
    RecentLines lines = new RecentLines(3L * SIZE);
    for (int i = 0; i < 3; i++) {
      lines.add(batch(100));
    }
    assertThat(numbers(lines.after(0))).containsExactly(3L, 2L, 1L);
    assertThat(lines.after(0).lost()).isFalse();

    lines.add(batch(100));
    assertThat(numbers(lines.after(0))).containsExactly(4L, 3L, 2L);
    assertThat(lines.after(0).lost()).isTrue();

    lines.add(batch(101)); // a byte more than what one that goes leaves
    assertThat(numbers(lines.after(0))).containsExactly(5L, 4L);
  }

  @Test
  void whoHasSeenSomeGetsTheRest() {
    RecentLines lines = new RecentLines(3L * SIZE);
    for (int i = 0; i < 5; i++) {
      lines.add(batch(100));
    }
    assertThat(numbers(lines.after(4))).containsExactly(5L);
    assertThat(numbers(lines.after(5))).isEmpty();
    assertThat(lines.after(5).last()).isEqualTo(5);
    assertThat(lines.after(2).lost()).isFalse();
    assertThat(lines.after(1).lost()).isTrue();
  }

  @Test
  void aBatchThatIsTooLargeLeavesNothing() {
    RecentLines lines = new RecentLines(3L * SIZE);
    lines.add(batch(100));
    lines.add(batch(1_000));
    assertThat(numbers(lines.after(0))).isEmpty();
    assertThat(lines.after(1).lost()).isTrue();
    lines.add(batch(100));
    assertThat(numbers(lines.after(0))).containsExactly(3L);
  }

  @Test
  void nothingIsKeptWithNoBytes() {
    RecentLines lines = new RecentLines(0);
    lines.add(batch(100));
    assertThat(lines.after(0).newestFirst()).isEmpty();
  }
}
