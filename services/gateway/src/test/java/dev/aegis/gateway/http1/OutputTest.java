package dev.aegis.gateway.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes gathered, and when they leave. */
final class OutputTest {
  @Property
  void writesDecimals(@ForAll @LongRange(min = 0) long number) throws Exception {
    Written out = new Written();
    out.putDecimal(number);
    assertThat(out.text()).isEqualTo(Long.toString(number));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9, 10, 99, 100, 999_999_999_999_999_999L, Long.MAX_VALUE})
  void writesDecimalsAtTheEdges(long number) throws Exception {
    Written out = new Written();
    out.putDecimal(number);
    assertThat(out.text()).isEqualTo(Long.toString(number));
  }

  @Test
  void refusesNegativeNumbers() {
    assertThatThrownBy(() -> new Written().putDecimal(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void sendsSmallThingsTogether() throws Exception {
    Written out = new Written(1, 100);
    out.put("head");
    out.endLine();
    out.header("A", "b");
    out.write(Pieces.latin1("x".repeat(88)), 0, 88);
    assertThat(out.writes()).isZero();
    assertThat(out.pending()).isEqualTo(100);
    out.write(Pieces.latin1("y"), 0, 1);
    assertThat(out.writes()).isEqualTo(1);
    assertThat(out.text()).isEqualTo("head\r\nA: b\r\n" + "x".repeat(88) + "y");
    out.flush();
    assertThat(out.writes()).isEqualTo(2);
  }

  @Test
  void passesManyBytesStraightThroughInTheirOrder() throws Exception {
    Written out = new Written(1, 10);
    out.put("a");
    out.write(Pieces.latin1("0123456789b"), 0, 10);
    out.put("c");
    assertThat(out.text()).isEqualTo("a0123456789c");
  }

  @Test
  void forgetsWhatIsCleared() throws Exception {
    Written out = new Written();
    out.put("a");
    out.clear();
    out.put("b");
    assertThat(out.text()).isEqualTo("b");
  }
}
