package dev.aegis.plugins.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.plugins.Measures;
import dev.aegis.plugins.Owner;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a module makes the gateway keep has bounds. */
final class BoundsTest {
  @Test
  void namesThatAreTouchedAreCounted() {
    HeaderView view = new HeaderView(List.of("a", "1"));
    for (int i = 0; i < 256; i++) {
      view.remove("x" + i);
    }
    assertThatThrownBy(() -> view.remove("one-more")).isInstanceOf(Status.Fault.class);
    view.remove("x7");
    assertThatThrownBy(() -> new HeaderView(List.of()).remove("n".repeat(257)))
        .isInstanceOf(Status.Fault.class);
  }

  @Test
  void whatWasReplacedDoesNotGrow() {
    MemoryShares shares = new MemoryShares(100L << 20);
    Owner owner = new Owner("a", "x", Measures.NONE);
    MemoryShares.Share before = shares.of(owner);
    assertThat(before.take(10)).isTrue();
    MemoryShares.Share after = shares.of(owner);
    assertThat(before.take(1)).isFalse();
    assertThat(before.take(-10)).isTrue();
    assertThat(after.take(1)).isTrue();
  }
}
