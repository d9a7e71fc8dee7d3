package dev.aegis.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.tokens.Proof;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tokens that were verified before, in bounded memory. */
final class VerifiedTokensTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Tokens BY = new Tokens(List.of());
  private static final Principal PRINCIPAL =
      new Principal("alice", "acme", List.of(), null, NOW, NOW.plusSeconds(60));
  private static final Verified.Valid VALID = new Verified.Valid(PRINCIPAL, Proof.LASTING);

  private final VerifiedTokens<String> verified = new VerifiedTokens<>();

  @Test
  void givesBackWhatItWasTold() {
    VerifiedTokens.Known<String> told = verified.remember("token", BY, VALID, "access");
    assertThat(told.principal()).isEqualTo(PRINCIPAL);
    assertThat(told.access()).isEqualTo("access");
    assertThat(verified.find("token", BY, NOW)).isSameAs(told);
  }

  /** Of tokens of 8 KiB, those that 64 Mi characters have room for stay. */
  @Test
  void staysWithinItsBound() {
    String filler = "x.".repeat(2) + "x".repeat(Tokens.MAX_LENGTH - 12);
    int tokens = 12_000; // more than there is room for; each weighs 8 KiB and what stands around it
    for (int i = 0; i < tokens; i++) {
      verified.remember(token(filler, i), BY, VALID, "access");
    }
    int kept = 0;
    for (int i = 0; i < tokens; i++) {
      kept += verified.find(token(filler, i), BY, NOW) == null ? 0 : 1;
    }
    assertThat(kept).isBetween(4_000, 64 * 1024 * 1024 / (Tokens.MAX_LENGTH + 256));
  }

  /** What an issuer says of a short token that only it can read may be long. */
  @Test
  void countsShortTokensForWhatIsSaidOfThem() {
    Principal lavish = PRINCIPAL.with(Collections.nCopies(1_000, "r".repeat(52)));
    int tokens = 2_000;
    for (int i = 0; i < tokens; i++) {
      verified.remember(Integer.toString(i), BY, new Verified.Valid(lavish), "access");
    }
    int kept = 0;
    for (int i = 0; i < tokens; i++) {
      kept += verified.find(Integer.toString(i), BY, NOW) == null ? 0 : 1;
    }
    assertThat(kept).isBetween(300, 64 * 1024 * 1024 / 100_000);
  }

  @Test
  void countsShortTokensForWhatStandsAroundThem() {
    int tokens = 300_000;
    for (int i = 0; i < tokens; i++) {
      verified.remember(Integer.toString(i), BY, VALID, "access");
    }
    int kept = 0;
    for (int i = 0; i < tokens; i++) {
      kept += verified.find(Integer.toString(i), BY, NOW) == null ? 0 : 1;
    }
    assertThat(kept).isBetween(100_000, 64 * 1024 * 1024 / 256);
  }

  private static String token(String filler, int number) {
    return filler + (10_000_000 + number);
  }
}
