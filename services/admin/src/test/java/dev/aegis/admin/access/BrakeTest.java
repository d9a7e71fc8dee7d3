package dev.aegis.admin.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When an address is not listened to. */
final class BrakeTest {
  private static final InetAddress GUESSER = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress OTHER = InetAddress.ofLiteral("192.0.2.2");

  private Instant now = Instant.parse("2030-01-01T00:00:00Z");
  private final Brake brake = new Brake(3, 10, () -> now);

  private void pass(Duration time) {
    now = now.plus(time);
  }

  private void wrong(InetAddress address, int times) {
    for (int i = 0; i < times; i++) {
      brake.wrong(address);
    }
  }

  @Test
  void anAddressThatGuessesIsNotListenedToForTheRestOfTheWindow() {
    wrong(GUESSER, 2);
    assertThat(brake.pause(GUESSER)).isZero();
    pass(Duration.ofMillis(10_500));
    wrong(GUESSER, 1);
    assertThat(brake.pause(GUESSER)).isEqualTo(50);
    assertThat(brake.pause(OTHER)).isZero();
    pass(Duration.ofMillis(49_499));
    assertThat(brake.pause(GUESSER)).isEqualTo(1);
    pass(Duration.ofMillis(1));
    assertThat(brake.pause(GUESSER)).isZero();
  }

  @Test
  void whenAllTogetherGuessTooMuchOneWrongTokenIsEnough() {
    for (int i = 0; i < 10; i++) {
      wrong(InetAddress.ofLiteral("198.51.100." + i), 1);
    }
    assertThat(brake.pause(InetAddress.ofLiteral("198.51.100.1"))).isEqualTo(60);
    assertThat(brake.pause(OTHER)).isZero();
    wrong(OTHER, 1);
    assertThat(brake.pause(OTHER)).isEqualTo(60);
    pass(Brake.WINDOW);
    assertThat(brake.pause(OTHER)).isZero();
  }

  @Test
  void whoMayChooseTheirAddressAreOne() {
    wrong(InetAddress.ofLiteral("2001:db8:1:2::1"), 2);
    wrong(InetAddress.ofLiteral("2001:db8:1:2:ffff::7"), 1);
    assertThat(brake.pause(InetAddress.ofLiteral("2001:db8:1:2::9"))).isEqualTo(60);
    assertThat(brake.pause(InetAddress.ofLiteral("2001:db8:1:3::9"))).isZero();
  }

  @Test
  void itsMemoryIsBounded() {
    for (int i = 0; i < Brake.MOST_ADDRESSES + 100; i++) {
      wrong(InetAddress.ofLiteral("10.1." + (i >> 8) + "." + (i & 255)), 1);
    }
    assertThat(brake.remembered()).isEqualTo(Brake.MOST_ADDRESSES);
    pass(Brake.WINDOW);
    assertThat(brake.pause(OTHER)).isZero();
    assertThat(brake.remembered()).isZero();
  }
}
