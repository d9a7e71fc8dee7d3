package dev.aegis.gateway.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.signature.Nonces.Answer;
import org.junit.jupiter.api.Test;

/** What is remembered of nonces, and for how long. */
final class NoncesTest {
  private final Nonces nonces = new Nonces();

  private Answer ask(String tenant, String key, String nonce, long now) {
    return nonces.ask(tenant, key, nonce, now, true);
  }

  @Test
  void aNonceIsOneOfItsKeyAndTenantForAsLongAsItsSignatureIsTaken() {
    assertThat(nonces.ask("a", "k", "n", 0, false)).isEqualTo(Answer.FRESH);
    assertThat(ask("a", "k", "n", 0)).isEqualTo(Answer.FRESH);
    long last = RequestSignature.LIFETIME.plus(RequestSignature.AHEAD).toMillis();
    assertThat(ask("a", "k", "n", last)).isEqualTo(Answer.SEEN);
    assertThat(ask("a", "l", "n", last)).isEqualTo(Answer.FRESH);
    assertThat(ask("b", "k", "n", last)).isEqualTo(Answer.FRESH);
    assertThat(ask("a", "k", "n", 2 * last)).isEqualTo(Answer.FRESH);
  }

  @Test
  void whatCannotBeRememberedIsNotTakenAndOtherTenantsDoNotNotice() {
    for (int i = 0; i < Nonces.MOST; i++) {
      assertThat(ask("a", "k", Integer.toString(i), 0)).isEqualTo(Answer.FRESH);
    }
    assertThat(ask("a", "k", "more", 1)).isEqualTo(Answer.FULL);
    assertThat(ask("a", "k", "0", 1)).isEqualTo(Answer.SEEN);
    assertThat(ask("b", "k", "more", 1)).isEqualTo(Answer.FRESH);
    long over = 2 * RequestSignature.LIFETIME.plus(RequestSignature.AHEAD).toMillis();
    assertThat(ask("a", "k", "more", over)).isEqualTo(Answer.FRESH);
  }
}
